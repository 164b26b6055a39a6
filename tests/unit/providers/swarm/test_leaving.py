"""Nodes leave in order, one at a time, and never with a quorum."""

from functools import partial
from typing import Any

import pytest

from providers.swarm import SwarmError, SwarmNodeProvider
from tests.unit.providers.swarm.fake_swarm import FakeCloud, FakeServer, FakeService, FakeSwarm
from tests.unit.providers.swarm.test_swarm_node import props


def leave(server: FakeServer, managers: list[FakeServer], **more: Any) -> None:
    number = server.host.rsplit(".", 1)[1]
    node_id = more.pop("node_id", server.node_id)
    SwarmNodeProvider().delete(node_id, props(server, managers, hostname=f"db{number}", **more))


def deeds(cloud: FakeCloud) -> list[str]:
    """What was changed, in order: where, and the words that matter."""
    words = ("node update", "swarm leave", "node rm", "lock")
    told = []
    for host, command in cloud.log:
        if any(word in command for word in words):
            plain = command.replace("docker ", "").split(" || ")[0].split(" node")[0]
            told.append(f"{host.rsplit('.', 1)[1]}: {plain.replace('node update --', '').strip()}")
    return told


def test_the_order_of_leaving(cloud: FakeCloud) -> None:
    swarm, servers = cloud.made(managers=3)
    swarm.nodes[servers[2].node_id].tasks = {"web.1": "gone"}
    gone = servers[2].node_id
    leave(servers[2], servers)
    assert gone not in swarm.nodes
    assert servers[2].state == "inactive"
    assert deeds(cloud) == [
        "1: lock",
        "1: availability drain",
        "1: role worker",
        "3: swarm leave",
        "1: node rm --force",
        "1: unlock",
    ]


def test_nobody_waits_for_a_node_that_has_left_to_look_down(cloud: FakeCloud) -> None:
    _, servers = cloud.made(managers=3)
    leave(servers[2], servers)
    assert cloud.now < 5.0


def test_a_task_that_does_not_end_is_waited_for_and_then_told(
    cloud: FakeCloud, capsys: pytest.CaptureFixture[str]
) -> None:
    swarm, servers = cloud.made(managers=3)
    swarm.nodes[servers[2].node_id].tasks = {"web.1": "Stuck"}
    leave(servers[2], servers, drain_timeout_seconds=30.0)
    assert 30.0 < cloud.now < 40.0
    assert "web.1 did not end on db3 within 30 s" in capsys.readouterr().err
    assert len(swarm.nodes) == 2


def test_all_leave_until_the_last_one_dissolves_the_swarm(cloud: FakeCloud) -> None:
    swarm, servers = cloud.made(managers=3, workers=1)
    for server in (servers[3], *servers[:3]):
        leave(server, servers[:3])
    assert [server.state for server in servers] == ["inactive"] * 4
    assert cloud.commands("node rm") != []
    assert len(swarm.nodes) == 1
    assert cloud.now < 20.0


def test_the_lock_moves_on_when_its_server_has_left(cloud: FakeCloud) -> None:
    _, servers = cloud.made(managers=3)
    leave(servers[0], servers)
    cloud.log.clear()
    leave(servers[1], servers)
    assert deeds(cloud)[0] == "2: lock"


def test_a_dead_server_is_taken_out_from_outside(
    cloud: FakeCloud, capsys: pytest.CaptureFixture[str]
) -> None:
    swarm, servers = cloud.made(managers=3)
    gone = servers[2].node_id
    cloud.die(servers[2])
    leave(servers[2], servers)
    assert gone not in swarm.nodes
    assert "without its help" in capsys.readouterr().err


def test_a_server_that_is_another_one_by_now_is_left_alone(cloud: FakeCloud) -> None:
    swarm, servers = cloud.made(managers=3)
    old = servers[2].node_id
    swarm.nodes[old].state = "down"
    cloud.member(servers[2], swarm, "manager", "db3")
    leave(servers[2], servers, node_id=old)
    assert old not in swarm.nodes
    assert servers[2].is_manager


def test_a_node_that_is_gone_already_is_fine(cloud: FakeCloud) -> None:
    swarm, servers = cloud.made(managers=3)
    leave(servers[2], servers, node_id="nobody")
    assert len(swarm.nodes) == 3
    assert servers[2].state == "active"


def test_a_server_that_never_joined_is_fine(cloud: FakeCloud) -> None:
    _, servers = cloud.made(managers=3)
    leave(cloud.server(9), servers, node_id="nobody")


def test_the_swarms_quorum_is_kept(cloud: FakeCloud) -> None:
    swarm, servers = cloud.made(managers=3)
    cloud.die(servers[1])
    with pytest.raises(SwarmError, match=r"db3 cannot leave the swarm: without its vote the managers db2"):
        leave(servers[2], servers)
    assert len(swarm.nodes) == 3
    assert swarm.nodes[servers[2].node_id].availability == "active"


@pytest.mark.parametrize(
    ("running", "dead", "refused"),
    [
        ({2, 3, 4}, set(), None),
        ({2, 4}, set(), "1 of 1 galera-3"),
        ({4}, set(), "1 of 1 galera-2, 1 of 1 galera-3"),
        ({2, 3, 4}, {3}, "1 of 1 galera-3"),
        ({2, 3, 4}, {2, 3}, "1 of 1 galera-2, 1 of 1 galera-3"),
        ({2, 3}, set(), None),
        ({2}, set(), None),
        ({2, 3, 4}, {4}, None),
        ({2, 3, 4}, {3, 4}, None),
    ],
)
def test_the_cluster_on_it_keeps_its_quorum(
    cloud: FakeCloud, running: set[int], dead: set[int], refused: str | None
) -> None:
    """Workers db2, db3 and db4 carry a member each, and db4 leaves; Docker counts those on dead ones too."""
    swarm, servers = cloud.made(managers=1, workers=3)
    with_members(swarm, servers, carriers={2, 3, 4}, running=running)
    for number in dead:
        cloud.die(servers[number - 1])
    cloud.sleep(20.0)
    if refused is None:
        leave(servers[3], servers[:1])
        assert len(swarm.nodes) == 3
        return
    with pytest.raises(SwarmError, match=rf"galera-4, and with {refused} away already, .*cluster galera"):
        leave(servers[3], servers[:1])
    assert swarm.nodes[servers[3].node_id].availability == "active"


def with_members(swarm: FakeSwarm, servers: list[FakeServer], carriers: set[int], running: set[int]) -> None:
    for number in carriers:
        swarm.services[f"galera-{number}"] = FakeService()
        if number in running:
            swarm.nodes[servers[number - 1].node_id].tasks = {f"galera-{number}.1": "gone"}


@pytest.mark.parametrize(("dead", "refused"), [(None, False), (3, True), (4, False)])
def test_equal_members_of_one_service_keep_their_quorum(
    cloud: FakeCloud, dead: int | None, refused: bool
) -> None:
    swarm, servers = cloud.made(managers=1, workers=3)
    swarm.services = {"galera": FakeService(wanted=3)}
    for slot, server in enumerate(servers[1:], start=1):
        swarm.nodes[server.node_id].tasks = {f"galera.{slot}": "gone"}
    if dead:
        cloud.die(servers[dead - 1])
    cloud.sleep(20.0)
    if refused:
        with pytest.raises(
            SwarmError, match=r"db4 cannot leave the swarm: it carries galera, and with 1 of 3 galera away"
        ):
            leave(servers[3], servers[:1])
        return
    leave(servers[3], servers[:1])
    assert len(swarm.nodes) == 3


def test_a_new_leader_is_given_the_time_to_hear_of_its_nodes(cloud: FakeCloud) -> None:
    """Until then it tells of none that it is ready."""
    swarm, servers = cloud.made(managers=1, workers=3)
    with_members(swarm, servers, carriers={2, 3, 4}, running={2, 3, 4})
    for node in swarm.nodes.values():
        node.state = "unknown"
        cloud.later(5.0, partial(setattr, node, "state", "ready"))
    leave(servers[3], servers[:1])
    assert len(swarm.nodes) == 3


def test_nobody_strands_a_manager_that_only_ssh_cannot_reach(cloud: FakeCloud) -> None:
    swarm, servers = cloud.made(managers=2)
    servers[0].is_up = False
    with pytest.raises(SwarmError, match="db1 is a manager too but does not answer over SSH"):
        leave(servers[1], servers)
    assert len(swarm.nodes) == 2
    assert servers[1].is_manager


def test_a_swarm_without_a_leader_is_left_by_force(cloud: FakeCloud) -> None:
    _, servers = cloud.made(managers=3)
    for server in servers[:2]:
        cloud.die(server)
    last = servers[2]
    last.leaderless, last.state = True, "pending"
    leave(last, servers)
    assert last.state == "inactive"


def test_a_worker_whose_managers_are_all_gone_leaves_alone(cloud: FakeCloud) -> None:
    _, servers = cloud.made(managers=1, workers=1)
    cloud.die(servers[0])
    leave(servers[1], servers[:1])
    assert servers[1].state == "inactive"


def test_when_nobody_answers_nothing_is_taken_for_gone(cloud: FakeCloud) -> None:
    _, servers = cloud.made(managers=3)
    for server in servers:
        cloud.die(server)
    with pytest.raises(SwarmError, match=r"neither it nor any manager answers .*GALERA_SWARM_SILENT=gone"):
        leave(servers[2], servers)
    assert cloud.now > 60.0


def test_a_server_whose_docker_is_mute_is_not_taken_for_gone(cloud: FakeCloud) -> None:
    _, servers = cloud.made(managers=1)
    servers[0].has_docker = False
    with pytest.raises(SwarmError, match=r"neither it nor any manager answers \(.*Docker does not answer\)"):
        leave(servers[0], servers)


@pytest.mark.parametrize("back_after", [5.0, 11.0, 20.0, 23.0, 29.0, 40.0, 47.0])
@pytest.mark.parametrize("number", [3, 4])
def test_a_broken_way_is_waited_for(cloud: FakeCloud, back_after: float, number: int) -> None:
    """Nobody answers for a while; then a manager is asked before the node goes."""
    swarm, servers = cloud.made(managers=3, workers=1)
    for server in servers:
        server.is_up = False
    cloud.later(back_after, lambda: [setattr(server, "is_up", True) for server in servers])
    leave(servers[number - 1], servers[:3])
    assert len(swarm.nodes) == 3
    assert servers[number - 1].state == "inactive"


def test_when_everything_is_dead_and_given_up_there_is_nothing_to_do(
    cloud: FakeCloud, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GALERA_SWARM_SILENT", "gone")
    _, servers = cloud.made(managers=3)
    for server in servers:
        cloud.die(server)
    leave(servers[2], servers)
    assert (
        "warning: db3 cannot leave the swarm in order: neither it nor any manager answers"
        in capsys.readouterr().err
    )
    assert cloud.now < 30.0
