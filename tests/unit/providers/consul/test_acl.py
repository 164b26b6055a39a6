"""The ACL system: set up once, found again after a kill, and kept as declared."""

import copy
from typing import Any

import pytest

from providers.consul import AclSystemProvider, ConsulError
from tests.unit.providers.consul.fake_consul import MANAGEMENT, FakeSites, ssh

DNS = {"name": "dns", "rules": "r", "accessor": "a-dns", "secret": "s-dns"}
AGENT = {"name": "agent-db-1", "rules": "r1", "accessor": "a-1", "secret": "s-1"}


def props(**changes: Any) -> dict[str, Any]:
    return {
        "servers": [ssh("db-1"), ssh("db-2"), ssh("db-3")],
        "http_port": 8500.0,
        "management_token": MANAGEMENT,
        "tokens": copy.deepcopy([DNS, AGENT]),
        "timeout_seconds": 10.0,
        **changes,
    }


def test_it_is_set_up_with_the_token_that_the_program_made(sites: FakeSites) -> None:
    sites.consul.management = None
    AclSystemProvider().create(props())
    assert sites.consul.management == MANAGEMENT
    assert sites.consul.tokens["a-1"]["SecretID"] == "s-1"
    assert sites.consul.tokens["a-1"]["Policies"] == [{"Name": "agent-db-1"}]
    assert sites.consul.policies["dns"]["Rules"] == "r"


@pytest.mark.parametrize("kept", [0, 1, 2])
def test_killed_on_the_way_it_goes_on_and_makes_nothing_twice(sites: FakeSites, kept: int) -> None:
    """After the setting-up, after a policy, after everything."""
    sites.consul.management = None
    AclSystemProvider().create(props(tokens=[DNS, AGENT][:kept]))
    AclSystemProvider().create(props())
    assert sites.consul.calls.count("PUT /v1/acl/bootstrap") == 1
    assert sites.consul.calls.count("PUT /v1/acl/token") == 2
    assert sites.consul.calls.count("PUT /v1/acl/policy") == 2


def test_a_leader_that_is_not_ready_is_waited_for(sites: FakeSites) -> None:
    sites.consul.management, sites.consul.not_ready = None, 3
    AclSystemProvider().create(props())
    assert sites.consul.management == MANAGEMENT


def test_without_a_leader_the_wait_ends_and_says_who_was_asked(sites: FakeSites) -> None:
    sites.consul.leader = None
    with pytest.raises(ConsulError, match=r"db-1: no leader; db-2: no leader; db-3: no leader"):
        AclSystemProvider().create(props())


def test_a_system_with_another_token_is_refused_with_the_remedy(sites: FakeSites) -> None:
    sites.consul.management = "somebody else's"
    with pytest.raises(ConsulError, match=r"another management token .* remove the volume") as refused:
        AclSystemProvider().create(props())
    assert MANAGEMENT not in str(refused.value)


@pytest.mark.parametrize(
    ("trouble", "stays"),
    [
        ({}, True),
        ({"management": None}, False),
        ({"management": "somebody else's"}, False),
        ({"leader": None, "management": None}, True),
        ({"refusal": (403, "Permission denied")}, True),
        ({"refusal": (500, "rpc error: ACL not found")}, True),
    ],
    ids=["set up", "lost", "another's", "no leader", "denied for another reason", "an error"],
)
def test_a_refresh_forgets_it_only_when_a_leader_does_not_know_the_token(
    sites: FakeSites, trouble: dict[str, Any], stays: bool
) -> None:
    vars(sites.consul).update(trouble)
    found = AclSystemProvider().read("acl", props())
    assert (found.id, found.outs) == (("acl", props()) if stays else ("", {}))


def test_a_refresh_of_one_that_nobody_can_be_asked_for_keeps_it(sites: FakeSites) -> None:
    for server in sites.servers.values():
        server.is_up = False
    assert AclSystemProvider().read("acl", props()).outs == props()


def test_what_was_lost_with_all_volumes_is_set_up_again_when_the_seats_are_others(sites: FakeSites) -> None:
    provider = AclSystemProvider()
    olds = provider.create(props(triggers=["db-1-1a"])).outs or {}
    sites.consul.management, sites.consul.tokens, sites.consul.policies = None, {}, {}
    news = props(triggers=["db-1-2b"])
    assert provider.diff("acl", dict(olds), news).changes is True
    provider.update("acl", dict(olds), news)
    assert sites.consul.management == MANAGEMENT
    assert set(sites.consul.tokens) == {"a-dns", "a-1"}


def test_the_first_server_may_be_silent(sites: FakeSites) -> None:
    sites.servers["db-1"].is_up = False
    AclSystemProvider().create(props())
    assert "a-1" in sites.consul.tokens


def test_changed_rules_change_the_policy_and_what_is_declared_no_more_goes(sites: FakeSites) -> None:
    provider = AclSystemProvider()
    olds = provider.create(props()).outs
    provider.update("acl", dict(olds), props(tokens=[{**DNS, "rules": "new"}]))
    assert sites.consul.policies["dns"]["Rules"] == "new"
    assert set(sites.consul.tokens) == {"a-dns"}
    assert set(sites.consul.policies) == {"dns"}
