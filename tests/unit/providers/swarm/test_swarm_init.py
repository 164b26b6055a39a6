"""The swarm: made once, found again, joined by a new first server, dissolved last."""

from collections.abc import Callable
from typing import Any

import pytest
from pulumi.runtime.rpc import UNKNOWN

from providers.swarm import SwarmError, SwarmInitProvider
from tests.unit.providers.swarm.fake_docker import ssh
from tests.unit.providers.swarm.fake_swarm import FakeCloud, FakeServer, FakeSwarm


def props(first: FakeServer, *managers: FakeServer) -> dict[str, Any]:
    return {
        "ssh": ssh(first),
        "server_id": "1",
        "advertise_address": first.private,
        "managers": [ssh(server) for server in managers],
    }


def created(first: FakeServer, *managers: FakeServer) -> dict[str, Any]:
    outs = SwarmInitProvider().create(props(first, *managers)).outs
    assert outs is not None
    return outs


def lose_the_leader(server: FakeServer) -> Callable[[], None]:
    """As `docker info` has it without a leader; what is returned ends it."""
    server.leaderless = True

    def elect() -> None:
        server.leaderless = False

    return elect


def test_a_swarm_is_made_where_there_is_none(cloud: FakeCloud) -> None:
    servers = [cloud.server(number) for number in (1, 2, 3)]
    servers[2].has_docker = False
    outs = created(*servers)
    assert servers[0].swarm is not None
    assert outs["swarm_id"] == servers[0].swarm.swarm_id
    assert outs["node_id"] == servers[0].node_id
    assert (outs["manager_token"], outs["worker_token"]) == ("SWMTKN-manager", "SWMTKN-worker")
    assert cloud.commands("swarm init") == ["1: docker swarm init --advertise-addr 10.141.0.1"]


def test_the_data_path_port_is_passed_on(cloud: FakeCloud) -> None:
    SwarmInitProvider().create({**props(cloud.server(1)), "data_path_port": 4790.0})
    assert "--data-path-port 4790" in cloud.commands("swarm init")[0]


def test_an_interrupted_creation_finds_its_swarm(cloud: FakeCloud) -> None:
    server = cloud.server(1)
    assert created(server)["swarm_id"] == created(server)["swarm_id"]
    assert len(cloud.commands("swarm init")) == 1


def test_a_first_server_in_somebody_elses_swarm_is_refused(cloud: FakeCloud) -> None:
    server = cloud.server(1)
    cloud.member(server, FakeSwarm("theirs"), "worker", "db1")
    with pytest.raises(SwarmError, match=r"10\.140\.0\.1 is in a swarm already, as a worker.*leave --force"):
        created(server)


def test_a_first_server_without_docker_is_told(cloud: FakeCloud) -> None:
    with pytest.raises(SwarmError, match=r"Docker does not answer on 10\.140\.0\.1"):
        created(cloud.server(1, has_docker=False))


def test_the_swarm_of_the_other_managers_is_joined_and_never_doubled(cloud: FakeCloud) -> None:
    swarm, servers = cloud.made(managers=3)
    new = cloud.server(9)
    assert created(new, *servers[1:])["swarm_id"] == swarm.swarm_id
    assert new.is_manager
    assert cloud.commands("swarm init") == []


def test_a_silent_manager_may_hold_the_swarm(cloud: FakeCloud) -> None:
    first, silent = cloud.server(1), cloud.server(2, is_up=False)
    with pytest.raises(SwarmError, match="may hold the swarm and cannot tell"):
        created(first, silent)
    assert cloud.commands("swarm init") == []


def test_a_silent_manager_does_not_matter_where_another_one_has_the_swarm(cloud: FakeCloud) -> None:
    swarm, servers = cloud.made(managers=3)
    cloud.die(servers[2])
    assert created(cloud.server(9), *servers[1:])["swarm_id"] == swarm.swarm_id


@pytest.mark.parametrize("trouble", ["leaderless", "no docker", "locked"])
def test_a_manager_that_cannot_name_its_swarm_may_hold_it(cloud: FakeCloud, trouble: str) -> None:
    _, servers = cloud.made(managers=1)
    if trouble == "leaderless":
        lose_the_leader(servers[0])
    elif trouble == "locked":
        servers[0].state = "locked"
    else:
        servers[0].has_docker = False
    with pytest.raises(SwarmError, match="may hold the swarm and cannot tell"):
        created(cloud.server(9), servers[0])
    assert SwarmInitProvider().read("s", props(cloud.server(9), servers[0])).id == "s"
    assert cloud.commands("swarm init") == []


def test_managers_without_a_leader_are_given_time_to_elect_one(cloud: FakeCloud) -> None:
    swarm, servers = cloud.made(managers=3)
    for server in servers:
        elect = lose_the_leader(server)
        cloud.later(20.0, elect)
    old = {**props(*servers), "swarm_id": swarm.swarm_id, "node_id": servers[0].node_id}
    new = [cloud.server(8), cloud.server(9)]
    outs = SwarmInitProvider().update(swarm.swarm_id, old, props(*servers, *new)).outs
    assert outs is not None
    assert (outs["swarm_id"], outs["node_id"]) == (swarm.swarm_id, servers[0].node_id)


def test_managers_that_elect_none_are_named(cloud: FakeCloud) -> None:
    swarm, servers = cloud.made(managers=3)
    for server in servers:
        lose_the_leader(server)
    with pytest.raises(SwarmError, match=r"10\.140\.0\.1: the managers have no leader.*bring one back"):
        SwarmInitProvider().update(swarm.swarm_id, {}, props(*servers))


def test_managers_of_two_swarms_are_refused(cloud: FakeCloud) -> None:
    servers = [cloud.server(number) for number in (1, 2, 3)]
    for server in servers[1:]:
        cloud.member(server, FakeSwarm(f"of-{server.host}"), "manager", "x")
    with pytest.raises(SwarmError, match="2 different swarms"):
        created(*servers)


@pytest.mark.parametrize(
    ("news", "changes"),
    [
        ({}, False),
        ({"data_path_port": 4790.0}, False),
        ({"server_id": "2"}, True),
        ({"server_id": UNKNOWN, "ssh": UNKNOWN, "advertise_address": UNKNOWN}, None),
        ({"managers": []}, True),
    ],
)
def test_nothing_ever_replaces_the_swarm(
    cloud: FakeCloud, news: dict[str, Any], changes: bool | None
) -> None:
    servers = [cloud.server(1), cloud.server(2)]
    old = {**props(*servers), "swarm_id": "s", "node_id": "n"}
    result = SwarmInitProvider().diff("s", old, {**props(*servers), **news})
    assert (result.changes, result.replaces) == (changes, [])


def test_a_new_first_server_joins_its_own_swarm(cloud: FakeCloud) -> None:
    swarm, servers = cloud.made(managers=3)
    old = {**props(*servers), "swarm_id": swarm.swarm_id, "node_id": servers[0].node_id}
    cloud.die(servers[0])
    new = cloud.server(9)
    outs = SwarmInitProvider().update(swarm.swarm_id, old, props(new, *servers[1:])).outs
    assert outs is not None
    assert (outs["swarm_id"], outs["node_id"]) == (swarm.swarm_id, new.node_id)
    assert new.is_manager


def test_an_update_of_the_same_server_touches_nothing(cloud: FakeCloud) -> None:
    swarm, servers = cloud.made(managers=3)
    outs = SwarmInitProvider().update(swarm.swarm_id, {"swarm_id": "x"}, props(*servers)).outs
    assert outs is not None
    assert outs["swarm_id"] == swarm.swarm_id
    assert cloud.stdin == []


def test_a_new_first_server_never_starts_over(cloud: FakeCloud) -> None:
    with pytest.raises(SwarmError, match="no manager of swarm gone answers for it"):
        SwarmInitProvider().update("gone", {}, props(cloud.server(1), cloud.server(2)))
    assert cloud.commands("swarm init") == []


def test_refresh_reads_the_tokens_and_is_clean(cloud: FakeCloud) -> None:
    swarm, servers = cloud.made(managers=3)
    outs = {**props(*servers), "swarm_id": swarm.swarm_id, "node_id": "n", "worker_token": "old"}
    cloud.die(servers[0])
    seen = SwarmInitProvider().read(swarm.swarm_id, outs)
    assert seen.outs is not None
    assert seen.outs["worker_token"] == swarm.token
    assert SwarmInitProvider().diff(swarm.swarm_id, seen.outs, props(*servers)).changes is False


def test_refresh_finds_a_swarm_gone_only_if_everybody_says_so(cloud: FakeCloud) -> None:
    servers = [cloud.server(1), cloud.server(2)]
    assert SwarmInitProvider().read("s", props(*servers)).id == ""
    servers[1].is_up = False
    assert SwarmInitProvider().read("s", props(*servers)).id == "s"


def test_the_last_one_dissolves_it(cloud: FakeCloud) -> None:
    swarm, servers = cloud.made(managers=1)
    SwarmInitProvider().delete(swarm.swarm_id, props(*servers))
    assert servers[0].state == "inactive"


def test_somebody_elses_swarm_is_left_alone(cloud: FakeCloud) -> None:
    _, servers = cloud.made(managers=1)
    SwarmInitProvider().delete("another", props(*servers))
    assert servers[0].is_manager


@pytest.mark.parametrize("mute", [{"is_up": False}, {"has_docker": False}], ids=["server", "Docker"])
def test_a_silent_first_server_is_not_taken_for_gone(cloud: FakeCloud, mute: dict[str, bool]) -> None:
    with pytest.raises(SwarmError, match=r"cannot leave .* it does not answer .*GALERA_SWARM_SILENT=gone"):
        SwarmInitProvider().delete("s", props(cloud.server(1, **mute)))
    assert cloud.now > 60.0


def test_a_first_server_that_comes_back_is_waited_for(cloud: FakeCloud) -> None:
    swarm, servers = cloud.made(managers=1)
    servers[0].is_up = False
    cloud.later(20.0, lambda: setattr(servers[0], "is_up", True))
    SwarmInitProvider().delete(swarm.swarm_id, props(*servers))
    assert servers[0].state == "inactive"


def test_a_first_server_that_is_said_to_be_gone_has_left(
    cloud: FakeCloud, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GALERA_SWARM_SILENT", "gone")
    SwarmInitProvider().delete("s", props(cloud.server(1, is_up=False)))
    assert "does not answer" in capsys.readouterr().err
    assert cloud.now < 30.0
