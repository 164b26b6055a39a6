"""A server becomes a node, stays what is declared, and is never taken from another swarm."""

from typing import Any

import pytest
from pulumi.runtime.rpc import UNKNOWN

from providers.swarm import SwarmError, SwarmNodeProvider
from tests.unit.providers.swarm.fake_docker import ssh
from tests.unit.providers.swarm.fake_swarm import FakeCloud, FakeServer, FakeService, FakeSwarm


def props(
    server: FakeServer, managers: list[FakeServer], role: str = "worker", **more: Any
) -> dict[str, Any]:
    number = server.host.rsplit(".", 1)[1]
    swarm = next((manager.swarm for manager in managers if manager.swarm), None)
    return {
        "ssh": ssh(server),
        "server_id": number,
        "hostname": f"db{number}",
        "managers": [ssh(manager) for manager in managers if manager is not server],
        "role": role,
        "join_address": f"{managers[0].private}:2377",
        "join_token": "SWMTKN-worker",
        "swarm_id": swarm.swarm_id if swarm else "",
        "advertise_address": server.private,
        "labels": {},
        "drain_timeout_seconds": 60.0,
        **more,
    }


def test_a_worker_joins_and_is_labelled(cloud: FakeCloud) -> None:
    swarm, servers = cloud.made(managers=3)
    new = cloud.server(9)
    made = SwarmNodeProvider().create(props(new, servers, labels={"zone": "a"}))
    node = swarm.nodes[made.id]
    assert node.labels == {"zone": "a", "galera-swarm.server": "db9"}
    assert (node.role, node.address) == ("worker", "10.141.0.9")
    assert made.outs is not None
    assert made.outs["node_id"] == made.id


def test_a_manager_joins_as_a_worker_and_is_promoted(cloud: FakeCloud) -> None:
    swarm, servers = cloud.made(managers=3)
    new = cloud.server(9)
    made = SwarmNodeProvider().create(props(new, servers, role="manager"))
    assert swarm.nodes[made.id].role == "manager"


def test_the_token_is_never_part_of_a_command(cloud: FakeCloud) -> None:
    _, servers = cloud.made(managers=1)
    SwarmNodeProvider().create(props(cloud.server(9), servers))
    assert any("SWMTKN-worker" in text for text in cloud.stdin)
    assert all("SWMTKN-worker" not in command for _, command in cloud.log)


def test_an_interrupted_creation_is_adopted(cloud: FakeCloud) -> None:
    swarm, servers = cloud.made(managers=1)
    new = cloud.server(9)
    first = SwarmNodeProvider().create(props(new, servers))
    swarm.nodes[first.id].labels.clear()
    again = SwarmNodeProvider().create(props(new, servers))
    assert again.id == first.id
    assert swarm.nodes[again.id].labels == {"galera-swarm.server": "db9"}


def test_the_first_server_is_adopted_through_itself(cloud: FakeCloud) -> None:
    _, servers = cloud.made(managers=1)
    made = SwarmNodeProvider().create(props(servers[0], servers, role="manager"))
    assert made.id == servers[0].node_id


def test_a_server_in_another_swarm_is_refused(cloud: FakeCloud) -> None:
    _, servers = cloud.made(managers=1)
    new = cloud.server(9)
    cloud.member(new, FakeSwarm("theirs"), "manager", "x")
    with pytest.raises(SwarmError, match=r"10\.140\.0\.9 is in another swarm \(theirs\)"):
        SwarmNodeProvider().create(props(new, servers))


def test_a_manager_of_another_swarm_is_not_listened_to(cloud: FakeCloud) -> None:
    _, servers = cloud.made(managers=2)
    cloud.member(servers[0], FakeSwarm("theirs"), "manager", "x")
    with pytest.raises(SwarmError, match="manager of another swarm"):
        SwarmNodeProvider().create(
            props(cloud.server(9), servers[:1], swarm_id="swarm1", join_address="10.141.0.1:2377")
        )


def test_a_membership_that_the_swarm_has_ended_is_dropped(cloud: FakeCloud) -> None:
    swarm, servers = cloud.made(managers=3)
    removed = swarm.nodes.pop(servers[2].node_id)
    made = SwarmNodeProvider().create(props(servers[2], servers, role="manager"))
    assert made.id != removed.node_id
    assert swarm.nodes[made.id].role == "manager"


def test_the_dead_node_of_an_earlier_server_is_taken_out(cloud: FakeCloud) -> None:
    swarm, servers = cloud.made(managers=3)
    old = servers[2]
    cloud.die(old)
    new = cloud.server(9)
    made = SwarmNodeProvider().create(props(new, servers[:2], role="manager", hostname="db3"))
    assert [node.node_id for node in swarm.nodes.values() if node.labels["galera-swarm.server"] == "db3"] == [
        made.id
    ]


def test_a_living_node_of_that_name_is_refused(cloud: FakeCloud) -> None:
    _, servers = cloud.made(managers=3)
    with pytest.raises(SwarmError, match="already has a living node named db2"):
        SwarmNodeProvider().create(props(cloud.server(9), servers, hostname="db2"))


def test_a_rotated_token_is_asked_for_anew(cloud: FakeCloud) -> None:
    swarm, servers = cloud.made(managers=1)
    swarm.token = "SWMTKN-rotated"
    made = SwarmNodeProvider().create(props(cloud.server(9), servers))
    assert made.id in swarm.nodes


def test_a_join_that_is_turned_away_is_tried_again(cloud: FakeCloud) -> None:
    swarm, servers = cloud.made(managers=1)
    new = cloud.server(9, refusals=["rpc error: code = Unavailable", "raft: stopped"])
    assert SwarmNodeProvider().create(props(new, servers)).id in swarm.nodes


def test_closed_ports_are_named(cloud: FakeCloud) -> None:
    _, servers = cloud.made(managers=1)
    with pytest.raises(SwarmError, match=r"cannot reach the manager at 10\.141\.0\.1:2377: open TCP 2377"):
        SwarmNodeProvider().create(props(cloud.server(9, blocked=True), servers))


def test_the_engines_own_reason_is_shown(cloud: FakeCloud) -> None:
    _, servers = cloud.made(managers=1)
    new = cloud.server(9, refusals=["certificate has expired"] * 1000)
    with pytest.raises(SwarmError, match=r"could not join .* certificate has expired"):
        SwarmNodeProvider().create(props(new, servers))


def test_a_first_server_that_is_being_replaced_is_not_joined_through(cloud: FakeCloud) -> None:
    swarm, servers = cloud.made(managers=3)
    new = cloud.server(9)
    wanted = props(new, servers[1:], role="manager", join_address=f"{new.private}:2377")
    assert SwarmNodeProvider().create(wanted).id in swarm.nodes


def test_no_manager_at_all_is_told_with_each_reason(cloud: FakeCloud) -> None:
    one, two = cloud.server(1, is_up=False), cloud.server(2)
    with pytest.raises(SwarmError, match=r"no SSH session to 10\.140\.0\.1; 10\.140\.0\.2: not a manager"):
        SwarmNodeProvider().create(props(cloud.server(9), [one, two]))


def test_labels_change_in_place(cloud: FakeCloud) -> None:
    swarm, servers = cloud.made(managers=3)
    node = swarm.nodes[servers[2].node_id]
    node.labels |= {"old": "1", "foreign": "stays"}
    old = props(servers[2], servers, role="manager", labels={"old": "1"})
    new = props(servers[2], servers, role="manager", labels={"new": "2"})
    SwarmNodeProvider().update(node.node_id, old, new)
    assert node.labels == {"galera-swarm.server": "db3", "new": "2", "foreign": "stays"}


def test_a_role_changes_in_place_under_the_lock(cloud: FakeCloud) -> None:
    swarm, servers = cloud.made(managers=3)
    node = swarm.nodes[servers[2].node_id]
    as_manager, as_worker = (props(servers[2], servers, role=role) for role in ("manager", "worker"))
    SwarmNodeProvider().update(node.node_id, as_manager, as_worker)
    assert node.role == "worker"
    assert cloud.commands("lock") == ["1: lock", "1: unlock"]
    SwarmNodeProvider().update(node.node_id, as_worker, as_manager)
    assert node.role == "manager"


@pytest.mark.parametrize(
    ("managers", "wanted", "dead", "demoted", "left"),
    [
        (3, {1}, {3}, 2, {1}),
        (5, {1, 2, 3}, {5}, 4, {1, 2, 3}),
        (5, {1}, {4, 5}, 2, {1, 3}),
    ],
)
def test_a_dead_manager_that_is_not_wanted_holds_no_demotion_up(
    cloud: FakeCloud, managers: int, wanted: set[int], dead: set[int], demoted: int, left: set[int]
) -> None:
    swarm = demote(cloud, managers, wanted, dead, demoted)
    assert {node.hostname for node in swarm.nodes.values() if node.role == "manager"} == {
        f"db{number}" for number in left
    }
    assert len(swarm.nodes) == managers


@pytest.mark.parametrize(
    ("managers", "wanted", "dead", "demoted", "named"),
    [
        (3, {1, 2}, {2}, 3, "db2"),
        (5, {1, 2, 3}, {3, 5}, 4, "db3, db5"),
        (5, {1}, {3, 4, 5}, 2, "db3, db4, db5"),
    ],
)
def test_a_demotion_that_would_take_the_quorum_is_refused(
    cloud: FakeCloud, managers: int, wanted: set[int], dead: set[int], demoted: int, named: str
) -> None:
    """Nor is anybody else's vote taken where a wanted manager is silent, or the living are no majority."""
    with pytest.raises(SwarmError, match=f"db{demoted} cannot become a worker: .*managers {named}, which"):
        demote(cloud, managers, wanted, dead, demoted)
    assert cloud.commands("--role") == []


def demote(cloud: FakeCloud, managers: int, wanted: set[int], dead: set[int], demoted: int) -> FakeSwarm:
    swarm, servers = cloud.made(managers=managers)
    for number in dead:
        cloud.die(servers[number - 1])
    cloud.sleep(20.0)
    server = servers[demoted - 1]
    news = props(server, [servers[number - 1] for number in sorted(wanted)])
    SwarmNodeProvider().update(server.node_id, {}, news)
    return swarm


def test_a_demotion_takes_no_member_away_and_asks_for_none(cloud: FakeCloud) -> None:
    swarm, servers = cloud.made(managers=3)
    swarm.services = {"galera-2": FakeService(), "galera-3": FakeService()}
    swarm.nodes[servers[2].node_id].tasks = {"galera-3.1": "gone"}
    SwarmNodeProvider().update(servers[2].node_id, {}, props(servers[2], servers))
    assert swarm.nodes[servers[2].node_id].role == "worker"


def test_an_update_of_a_node_that_is_gone_says_what_to_do(cloud: FakeCloud) -> None:
    _, servers = cloud.made(managers=1)
    with pytest.raises(SwarmError, match="no longer in the swarm: run `pulumi refresh`"):
        SwarmNodeProvider().update("nobody", {}, props(cloud.server(9), servers))


def test_refresh_shows_drift_and_nothing_else(cloud: FakeCloud) -> None:
    swarm, servers = cloud.made(managers=3)
    node = swarm.nodes[servers[2].node_id]
    node.labels |= {"zone": "a", "foreign": "1"}
    wanted = props(servers[2], servers, role="manager", labels={"zone": "a"})
    seen = SwarmNodeProvider().read(node.node_id, {**wanted, "node_id": node.node_id})
    assert SwarmNodeProvider().diff(node.node_id, seen.outs or {}, wanted).changes is False
    node.labels["zone"] = "b"
    seen = SwarmNodeProvider().read(node.node_id, {**wanted, "node_id": node.node_id})
    assert SwarmNodeProvider().diff(node.node_id, seen.outs or {}, wanted).changes is True


def test_refresh_of_a_node_that_the_managers_do_not_know(cloud: FakeCloud) -> None:
    _, servers = cloud.made(managers=3)
    assert SwarmNodeProvider().read("nobody", props(servers[2], servers)).id == ""


def test_refresh_without_any_manager_believes_the_server_itself(cloud: FakeCloud) -> None:
    _, servers = cloud.made(managers=1, workers=1)
    cloud.die(servers[0])
    wanted = props(servers[1], servers[:1])
    assert SwarmNodeProvider().read(servers[1].node_id, wanted).id == servers[1].node_id
    assert SwarmNodeProvider().read("another", wanted).id == ""
    cloud.die(servers[1])
    assert SwarmNodeProvider().read("another", wanted).id == "another"


@pytest.mark.parametrize(
    ("news", "changes", "replaces"),
    [
        ({}, False, []),
        ({"join_token": "x", "join_address": "x", "drain_timeout_seconds": 1.0}, False, []),
        ({"labels": {"a": "b"}}, True, []),
        ({"ssh": UNKNOWN, "advertise_address": UNKNOWN}, None, []),
        ({"server_id": "10"}, True, ["server_id"]),
        ({"server_id": UNKNOWN, "ssh": UNKNOWN}, True, ["server_id"]),
        ({"advertise_address": "10.141.0.10"}, True, ["advertise_address"]),
    ],
)
def test_diff(cloud: FakeCloud, news: dict[str, Any], changes: bool | None, replaces: list[str]) -> None:
    _, servers = cloud.made(managers=3)
    old = props(servers[2], servers)
    result = SwarmNodeProvider().diff("n", {**old, "node_id": "n"}, {**old, **news})
    assert (result.changes, result.replaces) == (changes, replaces)
    assert bool(result.delete_before_replace) is bool(replaces)
