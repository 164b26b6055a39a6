"""A member whose story is told by the clock, in place of its server, its manager and its SQL."""

import dataclasses
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import pytest

from providers.galera import SyncedMemberProvider, synced_provider
from providers.galera.member_view import SqlView
from providers.ssh import Session
from providers.swarm.docker_view import LocalSwarm
from providers.swarm.task_view import TaskView
from tests.unit.providers.galera.fake_server import FakeClock

UUID = "bd20a5df-e562-11f1-9d00-2b39ce0b5308"
SYNCED = SqlView(
    state="Synced",
    component="Primary",
    uuid=UUID,
    size=3,
    is_ready=True,
    committed="7",
    version="10.11.19-MariaDB",
    address="10.77.0.4",
)
PROPS: dict[str, Any] = {
    "ssh": {"host": "10.140.0.2", "port": 22.0, "privateKey": "p"},
    "manager_ssh": [{"host": "10.140.0.1", "port": 22.0, "privateKey": "p"}],
    "member": "galera-2",
    "service": "galera-2",
    "port": 3306.0,
    "cluster_name": "galera",
    "cluster_uuid": UUID,
    "password": "secret",
    "triggers": ["a"],
    "timeout_seconds": 60.0,
}


class FakeMember:
    """A member that changes with the clock: `story` is (from this second on, what is seen)."""

    def __init__(self, clock: FakeClock, monkeypatch: pytest.MonkeyPatch) -> None:
        self.clock = clock
        self.tasks: list[tuple[float, TaskView | Exception]] = [(0, view("task1"))]
        self.sql: list[tuple[float, SqlView | Exception]] = [(0, SYNCED)]
        self.ssh: list[tuple[float, Exception | None]] = [(0, None)]
        self.services = 3
        self.kilobytes = lambda: 1024
        self.spec = "spec-1"
        self.polls: list[float] = []
        self.connections = 0
        for name, fake in {
            "connect": self._connect,
            "any_manager": self._any_manager,
            "local_swarm": lambda _server: LocalSwarm(state="active"),
            "task_view": lambda _manager, _service, _node_id: self._now(self.tasks),
            "spec_digest": lambda _manager, _service: self.spec,
            "sql": self._sql,
            "sql_view": lambda _connection: self._now(self.sql),
            "expected_size": lambda _manager, _cluster, absent: self.services - len(absent),
            "data_kilobytes": lambda _server, _container: self.kilobytes(),
            "last_words": lambda _server, _service: ["SST: 5 KiB received"],
            "evidence": lambda _server, _service: "\n  galera-swarm: parked for 9 s: galera-1 is silent",
        }.items():
            monkeypatch.setattr(synced_provider, name, fake)

    def _now(self, story: Sequence[tuple[float, Any]]) -> Any:
        seen = [what for since, what in story if since <= self.clock.now][-1]
        if isinstance(seen, Exception):
            raise seen
        return seen

    @contextmanager
    def _connect(self, _target: object, *, deadline_seconds: float) -> Iterator[Session]:
        self.connections += 1
        self._now(self.ssh)
        yield Session(None, "10.140.0.2")  # type: ignore[arg-type]

    @contextmanager
    def _any_manager(self, _doors: object, *, patience_seconds: float) -> Iterator[tuple[Session, None]]:
        yield Session(None, "10.140.0.1"), None  # type: ignore[arg-type]

    @contextmanager
    def _sql(self, _server: Session, port: int, password: str) -> Iterator[None]:
        assert (port, password) == (3306, "secret")
        self.polls.append(self.clock.now)
        self._now(self.sql)
        yield None


def view(task: str, phase: str = "running", is_current: bool = True) -> TaskView:
    return TaskView(task=task, container=f"c-{task}", phase=phase, is_current=is_current)


def like(**changes: Any) -> SqlView:
    return dataclasses.replace(SYNCED, **changes)


def created(**more: Any) -> dict[str, Any]:
    outs = SyncedMemberProvider().create({**PROPS, **more}).outs
    assert outs is not None
    return outs
