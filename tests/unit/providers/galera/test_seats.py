"""Seats of a replicated service: who is seated, who goes, and who has to be there first."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest

from providers.galera import member_view, seat_provider
from providers.galera.errors import GaleraError
from providers.galera.member_view import SqlView
from providers.galera.seat_provider import MemberSeatProvider
from providers.ssh import CommandFailedError, Session
from providers.swarm.docker_view import Node
from tests.unit.providers.galera.fake_server import FakeClock

LABEL = "galera-swarm.seat.galera"
NO_SERVICE = "Error: no such service: galera"
UUID = "5f0c3ad2-c6f2-11f0-9d6e-0242ac110002"


@dataclass
class FakeSwarm(Session):
    """Nodes with their labels, one service whose tasks sit on labelled nodes, and what was done in order."""

    labels: dict[str, set[str]] = field(
        default_factory=lambda: {f"n{number}": set() for number in (1, 2, 3, 4)}
    )
    replicas: int = 1
    is_there: bool = True
    primary: bool = True
    done: list[str] = field(default_factory=list)
    lag: int = 0

    def must(
        self, command: str, *, doing: str, stdin: str | None = None, timeout_seconds: float = 30.0
    ) -> str:
        if not self.is_there:
            raise CommandFailedError(NO_SERVICE)
        if "service scale" in command:
            self.replicas = int(command.rpartition("=")[2])
            self.done.append(f"scale {self.replicas}")
            return ""
        if "service ps" in command:
            node = re.findall(r"node=(\w+)", command)[0]
            if LABEL in self.labels[node] or self.lag > 0:
                self.lag -= 1
                return "Shutdown Running 3 seconds ago\n"
            return "Shutdown Shutdown 3 seconds ago\n"
        if "service ls" in command:
            return f"galera {self.replicas}/{self.replicas} (max 1 per node)\n"
        assert "service inspect" in command, command
        return f"{self.replicas}\n"

    def nodes(self) -> list[Node]:
        return [
            Node(
                node_id=node,
                hostname=node,
                role="manager",
                state="ready",
                availability="active",
                labels=dict.fromkeys(labels, "yes"),
                reachable=True,
                address="a",
            )
            for node, labels in self.labels.items()
        ]

    def update(
        self, node: Node, labels: dict[str, str] | None = None, drop_labels: frozenset[str] = frozenset()
    ) -> None:
        for label in labels or {}:
            self.labels[node.node_id].add(label)
            self.done.append(f"seat {node.node_id}")
        for label in drop_labels & self.labels[node.node_id]:
            self.labels[node.node_id].discard(label)
            self.done.append(f"unseat {node.node_id}")

    @property
    def seated(self) -> list[str]:
        return [node for node, labels in self.labels.items() if LABEL in labels]


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch, clock: FakeClock) -> FakeSwarm:
    swarm = FakeSwarm()

    @contextmanager
    def manager(*_: object, **__: object) -> Iterator[tuple[FakeSwarm, None]]:
        yield swarm, None

    monkeypatch.setattr(seat_provider, "any_manager", manager)
    for module in (seat_provider, member_view):
        monkeypatch.setattr(module, "nodes", lambda _: swarm.nodes())
    monkeypatch.setattr(seat_provider, "update_node", lambda _, node, **change: swarm.update(node, **change))
    monkeypatch.setattr(seat_provider, "_any_survivor", lambda _: view(len(swarm.seated), swarm.primary))
    return swarm


def view(size: int, primary: bool) -> SqlView | None:
    if not primary:
        return None
    return SqlView(
        state="Synced",
        component="Primary",
        uuid=UUID,
        size=size,
        is_ready=True,
        committed="1",
        version="10.11",
        address="a",
    )


def props(rank: int, **more: Any) -> dict[str, Any]:
    return {
        "managers": [{}],
        "service": "galera",
        "label": LABEL,
        "node_id": f"n{rank}",
        "hostname": f"db-{rank}",
        "rank": float(rank),
        "cluster_name": "galera",
        "port": 3306.0,
        "password": "p",
        "survivors": [{} for _ in range(rank - 1)],
        "absent": [],
        "timeout_seconds": 20.0,
        **more,
    }


def seat(fake: FakeSwarm, count: int) -> None:
    for rank in range(1, count + 1):
        MemberSeatProvider().create(props(rank))
    fake.done.clear()


def test_seats_are_taken_one_by_one(fake: FakeSwarm) -> None:
    for rank in (1, 2, 3):
        MemberSeatProvider().create(props(rank))
    assert fake.done == ["seat n1", "seat n2", "scale 2", "seat n3", "scale 3"]


def test_what_was_done_is_not_done_again(fake: FakeSwarm) -> None:
    seat(fake, 3)
    MemberSeatProvider().create(props(2))
    assert fake.replicas == 3
    assert "scale 2" not in fake.done


def test_a_new_service_begins_on_its_first_seat_alone(fake: FakeSwarm) -> None:
    fake.labels["n3"].add(LABEL)
    MemberSeatProvider().create(props(1))
    assert fake.seated == ["n1"]


def test_a_first_seat_that_is_made_again_unseats_nobody(fake: FakeSwarm) -> None:
    seat(fake, 3)
    MemberSeatProvider().create(props(1))
    assert fake.seated == ["n1", "n2", "n3"]


def test_who_goes_is_chosen_by_its_seat_and_only_then_is_one_fewer_wanted(fake: FakeSwarm) -> None:
    seat(fake, 3)
    fake.lag = 3
    MemberSeatProvider().delete("galera-on-db-3", props(3))
    assert fake.done == ["unseat n3", "scale 2"]


def test_nobody_goes_while_the_others_are_not_primary(fake: FakeSwarm) -> None:
    seat(fake, 3)
    fake.primary = False
    with pytest.raises(GaleraError, match=r"the member on db-3 does not leave: .*bring them back first"):
        MemberSeatProvider().delete("galera-on-db-3", props(3))
    assert fake.seated == ["n1", "n2", "n3"]


def test_the_last_one_asks_nobody(fake: FakeSwarm) -> None:
    seat(fake, 1)
    fake.primary = False
    MemberSeatProvider().delete("galera-on-db-1", props(1))
    assert fake.done == ["unseat n1", "scale 0"]


def test_a_seat_of_a_service_that_is_gone_is_given_up(fake: FakeSwarm) -> None:
    seat(fake, 1)
    fake.is_there = False
    MemberSeatProvider().delete("galera-on-db-1", props(1))
    assert fake.seated == []


def test_refresh_sees_a_seat_that_somebody_took_away(fake: FakeSwarm) -> None:
    seat(fake, 2)
    assert MemberSeatProvider().read("galera-on-db-2", props(2)).id
    fake.labels["n2"].clear()
    assert not MemberSeatProvider().read("galera-on-db-2", props(2)).id


def test_another_node_under_the_same_name_is_seated(fake: FakeSwarm) -> None:
    seat(fake, 3)
    new = props(3, node_id="n4")
    assert MemberSeatProvider().diff("galera-on-db-3", props(3), new).changes
    MemberSeatProvider().update("galera-on-db-3", props(3), new)
    assert "n4" in fake.seated
