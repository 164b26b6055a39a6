"""The WordPress site: replicas that are alike, files in one place, nothing of it where it is off."""

import base64
import json
from typing import Any

import pytest

from components.load_balancer_config import BalancerPlan, SitePlan, configuration
from components.server_plan import host_plan
from tests.unit.components.fake_engine import FakeEngine, opened
from tests.unit.components.fake_plan import RefusedError
from tests.unit.components.stacks import (
    CONFIG,
    DATABASE,
    GUARD,
    RUNNING,
    SECRET,
    SERVICE,
    USER,
    Stacks,
    touched,
)

PROOF = "pulumi-python:dynamic/wordpress:InstalledSite"
BALANCING = "pulumi-python:dynamic/load-balancer:ServingBalancer"
ON: dict[str, Any] = {
    "loadBalancer.enabled": True,
    "wordpress.enabled": True,
    "wordpress.adminEmail": "admin@example.com",
    "wordpress.uploads.kind": "volume",
}
ON_NFS = ON | {
    "wordpress.uploads": {"kind": "nfs", "nfsServer": "10.1.2.3", "nfsPath": "/export/uploads"},
}

ON_S3 = ON | {
    "wordpress.image": "registry.example.com/blog:1",
    "wordpress.uploads": {
        "kind": "s3",
        "s3Bucket": "media",
        "s3Region": "eu-de",
        "s3Endpoint": "https://s3.example.com",
        "s3AccessKey": "AKIA",
        "s3SecretKey": "hush-hush",
    },
}


@pytest.fixture(scope="module")
def on(stacks: Stacks) -> FakeEngine:
    return stacks.deployed(ON)


def spec(engine: FakeEngine, service: str) -> dict[str, Any]:
    found: dict[str, Any] = engine[SERVICE, service].plain["taskSpec"]
    return found


def test_off_it_leaves_no_trace(stacks: Stacks) -> None:
    engine = stacks.deployed({"loadBalancer": {"enabled": True}})
    assert not any("wordpress" in one.name.lower() for one in engine.registered.values())


def test_the_replica_with_the_files_is_pinned_and_the_others_are_elsewhere(on: FakeEngine) -> None:
    keeper, others = spec(on, "wordpress-files"), spec(on, "wordpress")
    assert keeper["placement"]["constraints"] == ["node.labels.galera-swarm.server==db-1"]
    assert others["placement"]["constraints"] == ["node.labels.galera-swarm.server!=db-1"]
    (mount,) = keeper["containerSpec"]["mounts"]
    assert (mount["source"], mount["target"]) == ("wordpress-uploads", "/var/www/html/wp-content/uploads")
    assert not others["containerSpec"].get("mounts")


@pytest.mark.parametrize(
    ("changes", "uploads"),
    [
        (ON, {"kind": "volume", "server": "db-1"}),
        (ON | {"wordpress.uploads.server": "db-2"}, {"kind": "volume", "server": "db-2"}),
        (ON_NFS, {"kind": "nfs"}),
        (ON_S3, {"kind": "s3"}),
        (ON | {"wordpress.enabled": False}, None),
    ],
)
def test_the_topology_tells_where_the_files_lie(
    stacks: Stacks, changes: dict[str, Any], uploads: dict[str, str] | None
) -> None:
    guard = stacks.deployed(changes)[GUARD, "topology"].plain
    assert guard.get("uploads") == uploads
    assert guard.get("start_empty") is None


def test_files_are_left_behind_only_when_that_is_asked_for(stacks: Stacks, on: FakeEngine) -> None:
    moved = ON | {"wordpress.uploads.server": "db-2"}
    with pytest.raises(RefusedError, match=r"uploads\.server db-2 in place of db-1 would leave the site"):
        stacks.deployed(moved, previous=on)
    after = stacks.deployed(moved | {"wordpress.uploads.startEmpty": True}, previous=on)
    assert spec(after, "wordpress-files")["placement"]["constraints"] == [
        "node.labels.galera-swarm.server==db-2"
    ]
    assert touched(stacks.deployed(moved, previous=after)) == {}


def test_replicas_are_alike_but_for_the_word_on_uploads(on: FakeEngine) -> None:
    files = {
        service: {one["configName"] for one in spec(on, service)["containerSpec"]["configs"]}
        | {one["secretName"] for one in spec(on, service)["containerSpec"]["secrets"]}
        for service in ("wordpress", "wordpress-files")
    }
    assert files["wordpress-files"] < files["wordpress"]
    (more,) = files["wordpress"] - files["wordpress-files"]
    assert more.startswith("wordpress-uploads-elsewhere-php-")


def test_secrets_are_files_of_the_web_server_alone(on: FakeEngine) -> None:
    secrets = spec(on, "wordpress")["containerSpec"]["secrets"]
    assert {(one["fileName"], one["fileUid"], int(one["fileMode"])) for one in secrets} == {
        ("/run/secrets/wordpress_database_password", "33", 0o400),
        ("/run/secrets/wordpress_salt", "33", 0o400),
    }
    assert not spec(on, "wordpress")["containerSpec"].get("env")
    for one in on.of_type(SECRET):
        assert type(one.inputs["data"]).__name__ == "Secret"


def test_the_site_is_told_every_server_and_nothing_secret(on: FakeEngine) -> None:
    data = opened(on[CONFIG, "wordpress-site-json"].plain["data"])
    assert json.loads(base64.b64decode(data)) == {
        "addresses": [f"10.141.0.{9 + number}:8080" for number in (1, 2, 3)],
        "database": "wordpress",
        "host": "load-balancer:6446",
        "reachesOut": True,
        "uploads": "db-1",
        "url": "",
        "user": "wordpress",
    }


def test_it_is_installed_behind_database_user_and_load_balancers(on: FakeEngine) -> None:
    proof = on[PROOF, "wordpress-installed"]
    before = on.before(proof)
    assert {one.urn for one in on.of_type(BALANCING)} <= before
    assert on[DATABASE, "wordpress-sql-wordpress"].urn in before
    assert on[USER, "wordpress-sql-wordpress-any"].urn in before
    services = {on[SERVICE, name].urn for name in ("wordpress", "wordpress-files")}
    assert services <= proof.property_dependencies["triggers"]
    assert proof.plain["services"] == {"wordpress-files": 1, "wordpress": 1}
    assert type(proof.inputs["admin_password"]).__name__ == "Secret"


def test_replicas_of_a_change_roll_one_service_after_the_other(on: FakeEngine) -> None:
    assert on[SERVICE, "wordpress-files"].urn in on.before(on[SERVICE, "wordpress"])


def test_with_nfs_all_replicas_are_one_service_with_the_mount(stacks: Stacks) -> None:
    engine = stacks.deployed(ON_NFS)
    assert "wordpress-files" not in {one.name for one in engine.of_type(SERVICE)}
    (mount,) = spec(engine, "wordpress")["containerSpec"]["mounts"]
    assert mount["volumeOptions"] == {
        "driverName": "local",
        "driverOptions": {
            "type": "nfs",
            "o": "addr=10.1.2.3,rw,nfsvers=4,soft,timeo=100",
            "device": ":/export/uploads",
        },
    }
    assert engine[SERVICE, "wordpress"].plain["mode"] == {"replicated": {"replicas": 2}}


def test_with_s3_all_replicas_are_one_service_and_the_key_is_a_secret_file(stacks: Stacks) -> None:
    engine = stacks.deployed(ON_S3)
    assert "wordpress-files" not in {one.name for one in engine.of_type(SERVICE)}
    container = spec(engine, "wordpress")["containerSpec"]
    assert not container.get("mounts")
    paths = {one["fileName"] for one in container["secrets"]}
    assert "/run/secrets/wordpress_s3_secret_key" in paths
    assert "/var/www/html/wp-content/mu-plugins/uploads-on-s3.php" in {
        one["fileName"] for one in container["configs"]
    }
    told = base64.b64decode(opened(engine[CONFIG, "wordpress-site-json"].plain["data"])).decode()
    assert "hush-hush" not in told
    assert json.loads(told)["s3"] == {
        "accessKey": "AKIA",
        "acl": "public-read",
        "bucket": "media",
        "endpoint": "https://s3.example.com",
        "publicUrl": "https://s3.example.com/media",
        "region": "eu-de",
    }


def test_another_title_or_password_touches_nothing(stacks: Stacks, on: FakeEngine) -> None:
    """They are of the first installation, which is over."""
    changes = ON | {"wordpress.title": "Other", "wordpress.adminPassword": "hush-another-one"}
    after = stacks.deployed(changes, previous=on)
    assert {what for what in touched(after) if SERVICE in what or PROOF in what} == set()


def test_outputs(on: FakeEngine) -> None:
    site = on.outputs["wordpress"]
    assert site["version"] == "6.1.9"
    assert site["endpoints"][0] == {"server": "db-1", "host": "10.141.0.10", "port": 8080}
    assert type(on.outputs["wordpressAdminPassword"]).__name__ == "Secret"


@pytest.mark.parametrize(("public", "ports"), [(False, ()), (True, (8080,))])
def test_the_world_sees_it_only_if_it_shall(stacks: Stacks, public: bool, ports: tuple[int, ...]) -> None:
    plan = host_plan(stacks.settings(ON | {"wordpress.public": public}))
    assert plan.firewall.public_ports == ports


class TestFrontend:
    """The site's part of HAProxy's configuration."""

    def text(self, **changes: Any) -> str:
        plan = SitePlan(**{"replicas_name": "all", "replicas": 2} | changes)
        return configuration(BalancerPlan(members_name="m", members=3, site=plan))

    def test_without_a_keeper_of_files_every_replica_gets_everything(self) -> None:
        text = self.text()
        assert "server-template replica 1-24 all:80 check" in text
        assert "site-files" not in text

    def test_what_may_touch_files_goes_to_their_keeper_first(self) -> None:
        text = self.text(files_name="keeper")
        rule = "use_backend site-files if !{ method GET HEAD OPTIONS } || { path_beg /wp-admin/"
        assert rule in text
        backend = text.split("backend site-files\n")[1]
        assert "server-template files 1-24 keeper:80" in backend
        assert backend.count(" backup") == 1
        site = text.split("backend site\n")[1].split("backend ")[0]
        cut = [line for line in text.splitlines() if "on-marked-down" in line and "replica" in line]
        assert "on-marked-down" not in site, "a replica that waits for the database goes on"
        assert cut == []
        assert "keeper:80" in next(line for line in backend.splitlines() if "on-marked-down" in line)

    def test_the_database_part_is_the_same_with_and_without_a_site(self) -> None:
        without = configuration(BalancerPlan(members_name="m", members=3))
        assert self.text().startswith(without.rstrip("\n"))


def test_the_second_service_is_changed_when_the_first_runs_again(on: FakeEngine) -> None:
    proof = on[RUNNING, "wordpress-files-running"]
    assert proof.urn in on.before(on[SERVICE, "wordpress"])
    assert on[SERVICE, "wordpress-files"].urn in on.before(proof)


def test_a_site_with_an_address_of_its_own_is_not_changed_by_growth(stacks: Stacks) -> None:
    engine = stacks.deployed({**ON, "wordpress.url": "https://site.example"})
    data = opened(engine[CONFIG, "wordpress-site-json"].plain["data"])
    assert json.loads(base64.b64decode(data))["addresses"] == []
