"""What a Consul server tells about who can do without it."""

from typing import Any

import pytest

from providers.consul import ConsulError, ServerLeewayProvider
from tests.unit.providers.consul.fake_consul import MANAGEMENT, FakeSites, ssh
from tests.unit.providers.galera.fake_server import FakeClock

SERVERS = ["db-1", "db-2", "db-3"]


def change(name: str) -> dict[str, Any]:
    props: dict[str, Any] = {"ssh": ssh(name), "member": name, "servers": SERVERS, "http_port": 8500.0}
    props["token"] = MANAGEMENT
    old, new = {**props, "triggers": ["old"]}, {**props, "triggers": ["new"]}
    return dict(ServerLeewayProvider().update(name, old, new).outs or {})


def test_a_server_is_not_restarted_beside_one_that_is_away(sites: FakeSites, clock: FakeClock) -> None:
    assert change("db-1")["triggers"] == ["new"]
    sites.consul.unhealthy = {"db-3"}
    with pytest.raises(ConsulError, match="db-1 is not restarted for this change: with db-3 away"):
        change("db-1")
    assert change("db-3")["triggers"] == ["new"], "the one that is away is to be repaired"


def test_one_that_autopilot_took_from_the_list_is_away(sites: FakeSites, clock: FakeClock) -> None:
    sites.consul.peers = ["db-1", "db-2"]
    with pytest.raises(ConsulError, match="with db-3 away"):
        change("db-1")


def test_without_a_leader_or_an_acl_system_a_repair_goes_on(sites: FakeSites, clock: FakeClock) -> None:
    sites.consul.unhealthy = {"db-3"}
    sites.consul.management = None
    assert change("db-1")["triggers"] == ["new"]
    sites.consul.management, sites.consul.leader = MANAGEMENT, None
    assert change("db-1")["triggers"] == ["new"]
