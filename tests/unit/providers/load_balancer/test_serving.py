"""The wait for a load balancer: what ends it, and what it says when it fails."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from providers import patience
from providers.galera.sql import NoSqlError, SqlDeniedError
from providers.load_balancer import LoadBalancerError, ServingBalancerProvider, serving_provider
from providers.ssh import Completed, Session, UnreachableError
from providers.swarm.task_view import TaskView
from tests.unit.providers.galera.fake_server import FakeClock

PROPS: dict[str, Any] = {
    "ssh": {"host": "10.140.0.2", "port": 22.0, "privateKey": "p"},
    "manager_ssh": [{"host": "10.140.0.1", "port": 22.0, "privateKey": "p"}],
    "service": "load-balancer-2",
    "writer_port": 6446.0,
    "reader_port": 6447.0,
    "password": "secret",
    "triggers": ["a"],
    "timeout_seconds": 60.0,
}


class FakeHost(Session):
    """A server whose containers have said something."""

    def __init__(self) -> None:
        self.name = "db-2"

    def run(
        self, command: str, *, stdin: str | None = None, timeout_seconds: float, close_stdin: bool = True
    ) -> Completed:
        return Completed(exit_status=0, stdout="proxy writer has no server available!\n", stderr="")


class FakeBalancer:
    """A load balancer that changes with the clock: from this second on, what is behind each port."""

    def __init__(self, clock: FakeClock, monkeypatch: pytest.MonkeyPatch) -> None:
        self.clock = clock
        self.runs_from = 0.0
        self.behind: dict[int, list[tuple[float, str | Exception]]] = {
            6446: [(0, "galera-1")],
            6447: [(0, "galera-3")],
        }
        self.ssh: Exception | None = None
        for name, fake in {
            "connect": self._connect,
            "any_manager": self._any_manager,
            "task_view": lambda *_: self._task(),
            "sql": self._sql,
            "values": lambda member, _statement: {"wsrep_node_name": member},
        }.items():
            monkeypatch.setattr(serving_provider, name, fake)

    @contextmanager
    def _connect(self, *_: Any, **__: Any) -> Iterator[FakeHost]:
        if self.ssh:
            raise self.ssh
        yield FakeHost()

    @contextmanager
    def _any_manager(self, *_: Any, **__: Any) -> Iterator[tuple[FakeHost, None]]:
        yield FakeHost(), None

    def _task(self) -> TaskView:
        runs = self.clock.now >= self.runs_from
        return TaskView(task="t", container="c", phase="running" if runs else "preparing", is_current=runs)

    @contextmanager
    def _sql(self, _server: Session, port: int, _password: str) -> Iterator[str]:
        found = [what for since, what in self.behind[port] if since <= self.clock.now][-1]
        if isinstance(found, Exception):
            raise found
        yield found


@pytest.fixture
def balancer(monkeypatch: pytest.MonkeyPatch) -> FakeBalancer:
    clock = FakeClock()
    monkeypatch.setattr(patience, "time", clock.module())
    return FakeBalancer(clock, monkeypatch)


def test_it_serves_when_both_ports_lead_to_a_member(balancer: FakeBalancer) -> None:
    made = ServingBalancerProvider().create(dict(PROPS))
    assert made.outs is not None
    assert (made.id, made.outs["writer"]) == ("load-balancer-2", "galera-1")


def test_it_is_waited_for_as_long_as_it_takes(balancer: FakeBalancer) -> None:
    balancer.runs_from = 20
    balancer.behind[6446] = [(0, NoSqlError("SQL does not answer")), (40, "galera-2")]
    balancer.behind[6447] = [(0, NoSqlError("SQL does not answer")), (50, "galera-1")]
    made = ServingBalancerProvider().update("load-balancer-2", dict(PROPS), dict(PROPS))
    assert made.outs is not None
    assert made.outs["writer"] == "galera-2"
    assert balancer.clock.now >= 50


def test_a_port_that_leads_nowhere_is_named_with_the_log(balancer: FakeBalancer) -> None:
    balancer.behind[6447] = [(0, NoSqlError("SQL on db-2:6447 does not answer"))]
    with pytest.raises(LoadBalancerError) as failure:
        ServingBalancerProvider().create(dict(PROPS))
    said = str(failure.value)
    assert said.startswith("load-balancer-2 does not lead to the database")
    assert "db-2:6447" in said
    assert "proxy writer has no server available!" in said
    assert "secret" not in said


def test_a_refused_password_is_not_waited_for(balancer: FakeBalancer) -> None:
    balancer.behind[6446] = [(0, SqlDeniedError("refuses the password"))]
    with pytest.raises(LoadBalancerError, match="refuses the password"):
        ServingBalancerProvider().create(dict(PROPS))
    assert balancer.clock.now < 5


def test_a_refresh_takes_what_is_down_for_a_state(balancer: FakeBalancer) -> None:
    balancer.ssh = UnreachableError("no way")
    found = ServingBalancerProvider().read("load-balancer-2", PROPS | {"writer": "galera-1"})
    assert found.outs is not None
    assert found.outs["writer"] == ""
    assert found.inputs == PROPS


def test_another_spec_is_looked_at_and_another_patience_is_not() -> None:
    provider = ServingBalancerProvider()
    assert provider.diff("l", PROPS, PROPS | {"triggers": ["b"]}).changes
    assert not provider.diff("l", PROPS, PROPS | {"timeout_seconds": 9.0}).changes
