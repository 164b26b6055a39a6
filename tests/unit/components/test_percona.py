"""Percona XtraDB Cluster: the same services, with the flavor's own image, scripts and user."""

import base64
from typing import Any

from tests.unit.components.fake_engine import FakeEngine
from tests.unit.components.stacks import CONFIG, DATABASE, SERVICE, Stacks

END = "### end of %s"
PERCONA: dict[str, Any] = {"database.flavor": "percona-xtradb-cluster"}


def container(engine: FakeEngine, service: str) -> dict[str, Any]:
    found: dict[str, Any] = engine[SERVICE, service].plain["taskSpec"]["containerSpec"]
    return found


def scripts(engine: FakeEngine) -> dict[str, list[str]]:
    """The lines of each script that the members are given."""
    text = base64.b64decode(engine[CONFIG, "galera-scripts"].plain["data"]).decode()
    parts = [part.split("\n") for part in text.split("\ncat >/opt/galera-swarm/")[1:]]
    return {lines[0].split(" ")[0]: lines[1 : lines.index(END % lines[0].split(" ")[0])] for lines in parts}


def test_its_image_starts_our_entrypoint_as_root(stacks: Stacks) -> None:
    """The image itself would start as 1001, who can neither take a volume over nor read the secrets."""
    engine = stacks.deployed(PERCONA)
    for member in ("galera-1", "galera-2", "galera-3"):
        found = container(engine, member)
        assert "percona/percona-xtradb-cluster" in found["image"]
        assert found["user"] == "0"
        assert found["commands"] == ["/opt/galera-swarm.sh"]


def test_its_own_script_lies_in_the_place_of_mariadbs(stacks: Stacks) -> None:
    ours, mariadbs = scripts(stacks.deployed(PERCONA)), scripts(stacks.deployed())
    assert any("xtrabackup-v2" in line for line in ours.pop("flavor.sh"))
    assert any("wsrep_sst_auth" in line for line in mariadbs.pop("flavor.sh"))
    assert ours == mariadbs
    assert {"entrypoint", "health", "decide.sh"} <= ours.keys()


def test_mariadbs_spec_says_nothing_of_a_user(stacks: Stacks) -> None:
    assert "user" not in container(stacks.deployed(), "galera-1")


def test_a_database_gets_the_flavors_collation(stacks: Stacks) -> None:
    changes = {"database.databases": [{"name": "shop"}]}
    engine = stacks.deployed({**PERCONA, **changes})
    assert engine[DATABASE, "sql-shop"].plain["collation"] == "utf8mb4_0900_ai_ci"
    assert stacks.deployed(changes)[DATABASE, "sql-shop"].plain["collation"] == "utf8mb4_general_ci"


def test_members_that_find_each_other_through_etcd_have_both_scripts(stacks: Stacks) -> None:
    engine = stacks.deployed({**PERCONA, "database.mode": "homogeneous", "etcd.enabled": True})
    assert container(engine, "galera")["user"] == "0"
    given = scripts(engine)
    assert any("xtrabackup-v2" in line for line in given["flavor.sh"])
    assert any("etcd" in line for line in given["discovery.sh"])
