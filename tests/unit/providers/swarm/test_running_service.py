"""The wait until a service runs: what ends it, and what it says when it fails."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from pulumi.runtime.rpc import UNKNOWN

from providers import patience
from providers.ssh import Completed, ConnectionLostError, Session
from providers.swarm import RunningServiceProvider, SwarmError, running_service
from providers.swarm.errors import NoManagerError
from tests.unit.providers.galera.fake_server import FakeClock
from tests.unit.providers.swarm import documents
from tests.unit.providers.swarm.documents import ended, service, task

PROPS: dict[str, Any] = {
    "service": "shop",
    "managers": [{"host": "10.140.0.1", "port": 22.0, "privateKey": "geheim"}],
    "triggers": ["id", "digest", 1.0],
    "timeout_seconds": 60.0,
    "restarts": 6.0,
}
CHECKED: dict[str, Any] = {
    "ContainerSpec": {**documents.TEMPLATE["ContainerSpec"], "Healthcheck": {"Test": ["CMD", "true"]}}
}
GONE = Completed(exit_status=1, stdout="[]\n", stderr="Status: Error: no such service: shop")


def says(one: dict[str, Any], *tasks: dict[str, Any]) -> Completed:
    return Completed(exit_status=0, stdout=documents.said(one, *tasks), stderr="")


class FakeManager(Session):
    """Answers by the clock; a session that broke stays so."""

    def __init__(self, swarm: "FakeSwarm") -> None:
        self.name, self._swarm, self._broken = "10.140.0.1", swarm, False

    def run(
        self, command: str, *, stdin: str | None = None, timeout_seconds: float, close_stdin: bool = True
    ) -> Completed:
        if "service logs" in command:
            self._swarm.logs_of.append(command.split()[-2])
            return Completed(exit_status=0, stdout="no DATABASE_URL\n", stderr="")
        answer = self._swarm.answer(self._swarm.clock.now)
        self._broken = self._broken or isinstance(answer, Exception)
        if self._broken:
            raise answer if isinstance(answer, Exception) else ConnectionLostError("still broken")
        assert isinstance(answer, Completed)
        return answer


class FakeSwarm:
    """Its managers answer with what the service is at that second; `silent`: with nothing at all."""

    def __init__(self, clock: FakeClock) -> None:
        self.clock = clock
        self.answer: Callable[[float], Completed | Exception] = lambda _: says(service(), task())
        self.silent: Exception | None = None
        self.logs_of: list[str] = []

    def goes(self, *steps: tuple[float, Completed | Exception]) -> None:
        """From each second on, that answer."""
        self.answer = lambda now: [what for since, what in steps if since <= now][-1]

    @contextmanager
    def any_manager(self, *_: Any, **__: Any) -> Iterator[tuple[FakeManager, None]]:
        if self.silent:
            raise self.silent
        yield FakeManager(self), None


@pytest.fixture
def swarm(monkeypatch: pytest.MonkeyPatch) -> FakeSwarm:
    clock = FakeClock()
    monkeypatch.setattr(patience, "time", clock.module())
    swarm = FakeSwarm(clock)
    monkeypatch.setattr(running_service, "any_manager", swarm.any_manager)
    return swarm


def made(**props: Any) -> dict[str, Any]:
    outs = RunningServiceProvider().create({**PROPS, **props}).outs
    assert outs is not None
    return outs


def failure(**props: Any) -> str:
    with pytest.raises(SwarmError) as caught:
        made(**props)
    said = str(caught.value)
    assert "geheim" not in said
    return said


def crashing(every: float, state: str = "running", **template: Any) -> Callable[[float], Completed]:
    """A container that dies after so many seconds in that state, and is there again at once."""

    def answer(now: float) -> Completed:
        died = int(now // every)
        # The swarm forgets older ones.
        past = [ended(f"t{one}", **template) for one in range(max(0, died - 4), died)]
        latest = task(f"t{died}", state, "2026-01-01T00:01:00Z", **template)
        return says(service(**template), *past, latest)

    return answer


@pytest.mark.parametrize(
    ("answer", "from_second", "running"),
    [
        (says(service(**CHECKED), task(**CHECKED)), 0, 1),
        (says(service(), task()), 5, 1),
        (says(service(replicas=2), task("a"), task("b")), 5, 2),
        (says(service(replicas=0)), 0, 0),
        (says(service(**CHECKED), ended("a", **CHECKED), task("b", **CHECKED)), 0, 1),
    ],
    ids=["healthy", "no health check", "two", "none wanted", "restarts of before"],
)
def test_it_is_over_when_as_many_run_as_are_wanted(
    swarm: FakeSwarm, answer: Completed, from_second: float, running: int
) -> None:
    swarm.goes((0, answer))
    outs = made()
    assert (outs["state"], outs["running"]) == ("running", running)
    assert from_second <= swarm.clock.now < from_second + 3


@pytest.mark.parametrize(
    "before",
    [
        says(service(**CHECKED)),
        says(service(**CHECKED), task(state="preparing", **CHECKED)),
        says(service(**CHECKED), task()),
        says(service("updating", **CHECKED), task(**CHECKED)),
        says(service(replicas=2, **CHECKED), task(**CHECKED)),
        ConnectionLostError("the session broke"),
        Completed(exit_status=1, stdout="", stderr="The swarm does not have a leader."),
    ],
    ids=["no task", "preparing", "former spec", "updating", "one of two", "broken session", "no leader"],
)
def test_it_waits_as_long_as_it_takes(swarm: FakeSwarm, before: Completed | Exception) -> None:
    swarm.goes((0, before), (40, says(service(**CHECKED), task(**CHECKED))))
    assert made()["state"] == "running"
    assert swarm.clock.now >= 40


def test_time_counts_from_the_last_sign_of_progress(swarm: FakeSwarm) -> None:
    states = ("assigned", "preparing", "starting", "running")
    steps = [(50.0 * n, says(service(), task(state=state))) for n, state in enumerate(states)]
    swarm.goes(*steps)
    assert made()["running"] == 1


def test_when_nothing_moves_it_says_what_was_seen_and_what_to_do(swarm: FakeSwarm) -> None:
    stuck = task(state="pending")
    stuck["Status"]["Err"] = "no suitable node"
    swarm.goes((0, says(service(), stuck)))
    said = failure()
    assert said.startswith("the service shop does not run as it should, and nothing has moved for 60 s")
    assert "0 of 1 replicas run (no suitable node)" in said
    assert "docker service ps --no-trunc shop" in said
    assert "\n  task 1: pending: no suitable node\n  no DATABASE_URL" in said


def test_managers_that_stay_silent_are_named(swarm: FakeSwarm) -> None:
    swarm.silent = NoManagerError("no manager of the swarm answers")
    assert "last seen: no manager of the swarm answers" in failure()


@pytest.mark.parametrize("every", [1.0, 4.0, 50.0])
@pytest.mark.parametrize(
    ("state", "template"),
    [("starting", {}), ("starting", CHECKED), ("preparing", {})],
    ids=["plain", "health check", "image"],
)
def test_a_crash_loop_is_told_as_one(
    swarm: FakeSwarm, every: float, state: str, template: dict[str, Any]
) -> None:
    swarm.answer = crashing(every, state, **template)
    said = failure()
    assert said.startswith("the service shop crash-loops: a container of it started 7 times")
    assert "non-zero exit (1)" in said
    assert said.endswith("\n  no DATABASE_URL")
    assert swarm.logs_of == ["t6"], "the log of the one that ended last"
    assert swarm.clock.now < 8 * every + 2


@pytest.mark.parametrize("every", [1.0, 4.0])
def test_a_container_that_runs_for_a_moment_each_time_does_not_pass(swarm: FakeSwarm, every: float) -> None:
    swarm.answer = crashing(every)
    assert failure().startswith("the service shop crash-loops")


def test_a_few_restarts_are_waited_out_for_longer(swarm: FakeSwarm) -> None:
    runs = says(service(), ended("a"), ended("b"), task("c"))
    swarm.goes((0, says(service())), (2, says(service(), ended("a"), task("b"))), (4, runs))
    assert made()["running"] == 1
    assert swarm.clock.now >= 4 + 15


def test_how_often_it_may_end_is_the_user_s(swarm: FakeSwarm) -> None:
    swarm.answer = crashing(4.0)
    assert "started 2 times" in failure(restarts=1.0)


def test_many_containers_may_end_once_each(swarm: FakeSwarm) -> None:
    def second(slot: int, one: dict[str, Any]) -> dict[str, Any]:
        return one | {"Slot": slot}

    first = [second(n, task(f"a{n}", "starting", **CHECKED)) for n in range(9)]
    failed = [second(n, ended(f"a{n}", **CHECKED)) for n in range(9)]
    again = [second(n, task(f"b{n}", **CHECKED)) for n in range(9)]
    nine = service(replicas=9, **CHECKED)
    swarm.goes((0, says(nine, *first)), (5, says(nine, *failed, *again)))
    assert made()["running"] == 9


def test_an_update_that_was_given_up_is_not_waited_for(swarm: FakeSwarm) -> None:
    swarm.goes((0, says(service("paused", replicas=2, **CHECKED), task("a"), ended("b", **CHECKED))))
    said = failure()
    assert said.startswith("shop: its update is paused")
    assert "task 1: failed: task: non-zero exit (1)" in said
    assert swarm.clock.now < 1


def test_a_service_that_is_gone_is_not_waited_for(swarm: FakeSwarm) -> None:
    swarm.goes((0, says(service(), task(state="preparing"))), (3, GONE))
    said = failure()
    assert "does not know the service shop" in said
    assert "refresh" in said
    assert swarm.clock.now < 6


def test_an_update_waits_again(swarm: FakeSwarm) -> None:
    swarm.goes((0, says(service(**CHECKED), task())), (20, says(service(**CHECKED), task(**CHECKED))))
    news = PROPS | {"triggers": ["id", "other", 1.0]}
    outs = RunningServiceProvider().update("shop", PROPS | {"state": "gone", "running": 0}, news).outs
    assert outs == {**news, "state": "running", "running": 1}
    assert swarm.clock.now >= 20


@pytest.mark.parametrize(
    ("answer", "state", "running"),
    [
        (says(service(), task()), "running", 1),
        (says(service(replicas=2), task()), "1 of 2 replicas run", 1),
        (says(service("rollback_completed"), task()), "shop: its update is rollback_completed", 1),
        (GONE, "gone", 0),
    ],
)
def test_a_refresh_tells_the_state_and_plans_nothing(
    swarm: FakeSwarm, answer: Completed, state: str, running: int
) -> None:
    swarm.goes((0, answer))
    provider = RunningServiceProvider()
    found = provider.read("shop", PROPS | {"state": "running", "running": 1})
    assert found.outs is not None
    assert found.outs["state"].startswith(state)
    assert (found.id, found.outs["running"], found.inputs) == ("shop", running, PROPS)
    assert not provider.diff("shop", found.outs, PROPS).changes
    assert swarm.clock.now == 0


def test_a_refresh_without_managers_keeps_what_was_recorded(
    swarm: FakeSwarm, capsys: pytest.CaptureFixture[str]
) -> None:
    swarm.silent = NoManagerError("no manager of the swarm answers")
    recorded = PROPS | {"state": "running", "running": 1}
    assert RunningServiceProvider().read("shop", recorded).outs == recorded
    assert "no manager of the swarm answers" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("change", "changes"),
    [
        ({"triggers": ["id", "other", 1.0]}, True),
        ({"triggers": ["id", "digest", 2]}, True),
        ({"managers": []}, True),
        ({"triggers": ["id", UNKNOWN, 1.0]}, None),
        ({"managers": UNKNOWN}, None),
        ({"timeout_seconds": 9.0, "restarts": 1.0}, False),
        ({}, False),
    ],
)
def test_the_plan(change: dict[str, Any], changes: bool | None) -> None:
    planned = RunningServiceProvider().diff("shop", PROPS, PROPS | change)
    assert (planned.changes, planned.replaces) == (changes, [])
