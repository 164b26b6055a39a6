"""Nodes seen joined, and nodes that leave without taking a copy along: against the stand-in's processes."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from providers.aerospike import AerospikeError, JoinedNodeProvider, StableClusterProvider
from providers.aerospike.info_protocol import number, pairs, seeds
from tests.contract.aerospike.fake_servers import FakeServers, running
from tests.contract.aerospike.nodes import (
    COMMUNITY,
    ENTERPRISE,
    Node,
    cluster,
    eventually,
    is_one,
    lost,
)

pytestmark = pytest.mark.timeout(300)


MANAGER = {"host": "m", "privateKey": "p"}


def props(servers: FakeServers, *names: str, **changes: Any) -> dict[str, Any]:
    """Inputs of a StableCluster as they arrive in its provider: numbers are floats."""
    inputs = servers.inputs(*names)
    return {
        "cluster_name": "aerospike",
        "names": [node["node"] for node in inputs],
        "nodes": inputs,
        "port": 3000.0,
        "managers": [MANAGER],
        "triggers": [],
        "timeout_seconds": 60.0,
        **changes,
    }


def joining(servers: FakeServers, node: str, **changes: Any) -> dict[str, Any]:
    return {**props(servers), "node": node, **changes}


@pytest.fixture
def four(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> Iterator[tuple[list[Node], FakeServers]]:
    """Four nodes of an edition in one cluster; each loopback network is used once."""
    edition, net = getattr(request, "param", (COMMUNITY, 1))
    with cluster(tmp_path, f"127.13.{net}", 4, edition=edition) as nodes:
        eventually("one cluster", lambda: is_one(nodes))
        yield nodes, FakeServers(nodes, monkeypatch)


def test_a_cluster_is_seen_with_its_size_key_and_nodes(four: tuple[list[Node], FakeServers]) -> None:
    nodes, servers = four
    made = StableClusterProvider().create(props(servers))
    assert made.id == "aerospike"
    assert made.outs is not None
    assert made.outs["size"] == 4
    assert made.outs["cluster_key"] == nodes[0].facts()["cluster_key"]
    assert made.outs["edition"] == "Community"
    assert made.outs["node_ids"] == ["A01", "A02", "A03", "A04"]
    assert set(made.outs["builds"]) == {"8.1.2.3"}


@pytest.mark.parametrize(
    "four", [(COMMUNITY, 2), (ENTERPRISE, 3)], indirect=True, ids=["community", "enterprise"]
)
def test_four_become_two_and_no_copy_is_lost(four: tuple[list[Node], FakeServers]) -> None:
    nodes, servers = four
    stay, edition = nodes[:2], "Community" if nodes[0].edition == COMMUNITY else "Enterprise"
    nodes[0].ask(f"tip:host={nodes[3].address};port=3002")
    held: dict[str, int] = {}

    def remember(name: str) -> None:
        facts = pairs(servers.node(name).ask("namespace/test"))
        held[name] = number(servers.node(name).facts(), "migrate_partitions_remaining")
        assert (facts["effective_is_quiesced"] == "true") == (edition == "Enterprise")

    servers.before_stop = remember
    olds, news = props(servers), props(servers, "aerospike-1", "aerospike-2")
    outs = StableClusterProvider().update("aerospike", olds, news).outs
    assert outs is not None
    assert servers.stopped == ["aerospike-4", "aerospike-3"], "the last one first"
    assert held == {"aerospike-4": 0, "aerospike-3": 0}, "each stopped with nothing left to move"
    assert (outs["size"], outs["edition"], len(outs["node_ids"])) == (2, edition, 2)
    assert outs["cluster_key"] == stay[0].facts()["cluster_key"]
    assert is_one(stay)
    assert lost(stay) == 0
    for node in stay:
        known = {host for host, _ in seeds(node.ask("get-config:context=network"))}
        assert not known & {nodes[2].address, nodes[3].address}
        assert nodes[3].address not in node.ask("alumni-clear-std")


@pytest.mark.parametrize("four", [(COMMUNITY, 4)], indirect=True)
def test_leaving_can_be_repeated_and_goes_on_where_it_was(four: tuple[list[Node], FakeServers]) -> None:
    nodes, servers = four
    servers.node("aerospike-4").stop()
    servers.services.remove("aerospike-4")
    eventually("a cluster of three", lambda: is_one(nodes[:3]))
    olds, news = props(servers), props(servers, "aerospike-1", "aerospike-2")
    StableClusterProvider().update("aerospike", olds, news)
    assert is_one(nodes[:2])
    assert lost(nodes[:2]) == 0


@pytest.mark.parametrize("four", [(ENTERPRISE, 14)], indirect=True)
def test_a_node_hands_over_though_the_key_of_its_server_is_another_one_than_recorded(
    four: tuple[list[Node], FakeServers],
) -> None:
    nodes, servers = four
    olds = props(servers)
    servers.key = "exchanged"
    quiesced: list[str] = []
    servers.before_stop = lambda name: quiesced.append(
        pairs(servers.node(name).ask("namespace/test"))["effective_is_quiesced"]
    )
    managers = [{**MANAGER, "privateKey": servers.key}]
    news = props(servers, "aerospike-1", "aerospike-2", "aerospike-3", managers=managers)
    StableClusterProvider().update("aerospike", olds, news)
    assert quiesced == ["true"]
    assert lost(nodes[:3]) == 0


@pytest.mark.parametrize("four", [(COMMUNITY, 5)], indirect=True)
def test_a_node_whose_server_is_lost_can_leave(four: tuple[list[Node], FakeServers]) -> None:
    nodes, servers = four
    servers.lose("aerospike-4")
    olds, news = props(servers), props(servers, "aerospike-1", "aerospike-2", "aerospike-3")
    outs = StableClusterProvider().update("aerospike", olds, news).outs
    assert outs is not None
    assert outs["size"] == 3
    assert lost(nodes[:3]) == 0


@pytest.mark.parametrize("four", [(COMMUNITY, 6)], indirect=True)
def test_nobody_leaves_while_another_one_is_missing(four: tuple[list[Node], FakeServers]) -> None:
    nodes, servers = four
    servers.lose("aerospike-2")
    olds = props(servers)
    news = props(servers, "aerospike-1", "aerospike-2", "aerospike-3", timeout_seconds=2.0)
    with pytest.raises(AerospikeError, match=r"aerospike-4 cannot leave.*aerospike-2 does not answer"):
        StableClusterProvider().update("aerospike", olds, news)
    assert servers.stopped == []
    assert nodes[3].facts()


def test_community_edition_lets_no_only_copy_go(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with cluster(tmp_path, "127.13.7", 2, copies=1) as nodes:
        eventually("one cluster", lambda: is_one(nodes))
        servers = FakeServers(nodes, monkeypatch)
        with pytest.raises(AerospikeError, match=r"only copy of records of .* test.*replicationFactor"):
            StableClusterProvider().update("aerospike", props(servers), props(servers, "aerospike-1"))
        assert servers.stopped == []


def test_enterprise_edition_moves_only_copies_away(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with cluster(tmp_path, "127.13.8", 3, copies=1, edition=ENTERPRISE) as nodes:
        eventually("one cluster", lambda: is_one(nodes))
        servers = FakeServers(nodes, monkeypatch)
        StableClusterProvider().update("aerospike", props(servers), props(servers, "aerospike-1"))
        assert servers.stopped == ["aerospike-3", "aerospike-2"]
        assert lost(nodes[:1]) == 0


def test_a_handover_that_does_not_end_is_taken_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with cluster(tmp_path, "127.13.9", 3, edition=ENTERPRISE) as nodes:
        eventually("one cluster", lambda: is_one(nodes))
        servers = FakeServers(nodes, monkeypatch)
        monkeypatch.setattr(
            "providers.aerospike.departure.Departure._not_empty_yet", lambda _self, _views: "it drags on"
        )
        olds, news = props(servers), props(servers, "aerospike-1", "aerospike-2", timeout_seconds=1.0)
        with pytest.raises(AerospikeError, match=r"its copies to move to the others.*it drags on"):
            StableClusterProvider().update("aerospike", olds, news)
        assert servers.stopped == []
        eventually(
            "no quiesced node",
            lambda: pairs(nodes[2].ask("namespace/test"))["effective_is_quiesced"] == "false",
        )
        assert pairs(nodes[2].ask("namespace/test"))["pending_quiesce"] == "false"


@pytest.mark.parametrize("four", [(COMMUNITY, 10)], indirect=True)
def test_a_node_joins_when_its_task_is_the_wanted_one_and_everybody_agrees(
    four: tuple[list[Node], FakeServers],
) -> None:
    _, servers = four
    made = JoinedNodeProvider().create(joining(servers, "aerospike-2"))
    assert made.outs is not None
    assert (made.outs["state"], made.outs["node_id"], made.outs["build"]) == ("joined", "A02", "8.1.2.3")
    polls: list[str] = []

    def late(name: str) -> Any:
        polls.append(name)
        return running("new") if len(polls) > 2 else replace(running("old"), is_current=False)

    servers.tasks = late
    JoinedNodeProvider().update("x", joining(servers, "aerospike-2"), joining(servers, "aerospike-2"))
    assert len(polls) == 3


@pytest.mark.parametrize("four", [(COMMUNITY, 11)], indirect=True)
def test_a_lost_server_holds_no_other_node_up_and_a_stopped_node_does(
    four: tuple[list[Node], FakeServers],
) -> None:
    nodes, servers = four
    nodes[3].stop()
    with pytest.raises(AerospikeError, match=r"aerospike-1 has not joined.*aerospike-4 does not answer"):
        JoinedNodeProvider().create(joining(servers, "aerospike-1", timeout_seconds=2.0))
    servers.lose("aerospike-4")
    JoinedNodeProvider().create(joining(servers, "aerospike-1"))


@pytest.mark.parametrize("four", [(COMMUNITY, 12)], indirect=True)
def test_what_a_wait_says_when_it_fails(four: tuple[list[Node], FakeServers]) -> None:
    _, servers = four
    tasks = iter(range(100))
    servers.tasks = lambda _name: replace(running(f"task{next(tasks)}"), is_current=False, phase="exited")
    with pytest.raises(AerospikeError, match=r"started 7 times.*exited\n  the last words"):
        JoinedNodeProvider().create(joining(servers, "aerospike-1"))
    servers.services.clear()
    with pytest.raises(AerospikeError, match="does not know the service aerospike-1"):
        JoinedNodeProvider().create(joining(servers, "aerospike-1"))


@pytest.mark.parametrize("four", [(COMMUNITY, 13)], indirect=True)
def test_a_refresh_tells_and_changes_nothing(four: tuple[list[Node], FakeServers]) -> None:
    nodes, servers = four
    given = props(servers)
    state = {**given, **(StableClusterProvider().create(given).outs or {})}
    nodes[3].kill()
    eventually("a cluster of three", lambda: is_one(nodes[:3]))
    seen = StableClusterProvider().read("aerospike", state)
    assert seen.outs is not None
    assert (seen.outs["size"], seen.outs["node_ids"][3]) == (3, "")
    assert StableClusterProvider().diff("aerospike", seen.outs, given).changes is False
    one = joining(servers, "aerospike-4")
    read = JoinedNodeProvider().read("aerospike-4", {**one, "state": "joined"})
    assert read.outs is not None
    assert read.outs["state"] == "silent"
    assert JoinedNodeProvider().diff("aerospike-4", read.outs, one).changes is False
