"""Percona XtraDB Cluster: the same services, with the flavor's own image, scripts and user."""

import base64
from typing import Any

from tests.unit.components.fake_engine import FakeEngine
from tests.unit.components.stacks import CONFIG, DATABASE, SERVICE, Stacks

PERCONA: dict[str, Any] = {"database.flavor": "percona-xtradb-cluster"}


def container(engine: FakeEngine, service: str) -> dict[str, Any]:
    found: dict[str, Any] = engine[SERVICE, service].plain["taskSpec"]["containerSpec"]
    return found


def script(engine: FakeEngine, name: str) -> str:
    return base64.b64decode(engine[CONFIG, name].plain["data"]).decode()


def test_its_image_starts_our_entrypoint_as_root(stacks: Stacks) -> None:
    """The image itself would start as 1001, who can neither take a volume over nor read the secrets."""
    engine = stacks.deployed(PERCONA)
    for member in ("galera-1", "galera-2", "galera-3"):
        found = container(engine, member)
        assert "percona/percona-xtradb-cluster" in found["image"]
        assert found["user"] == "0"
        assert found["commands"] == ["/opt/galera-swarm/entrypoint"]


def test_its_own_script_lies_in_the_place_of_mariadbs(stacks: Stacks) -> None:
    engine, other = stacks.deployed(PERCONA), stacks.deployed()
    assert "xtrabackup-v2" in script(engine, "galera-flavor-sh")
    assert "wsrep_sst_auth" in script(other, "galera-flavor-sh")
    names = {one.name for one in engine.of_type(CONFIG)}
    assert names == {one.name for one in other.of_type(CONFIG)}
    for name in names - {"galera-flavor-sh"}:
        assert script(engine, name) == script(other, name)


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
    assert "xtrabackup-v2" in script(engine, "galera-flavor-sh")
    assert "etcd" in script(engine, "galera-discovery-sh")
