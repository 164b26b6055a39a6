"""The wait for a member: what ends it, what prolongs it, and what it says when it fails."""

import dataclasses
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from pulumi.runtime.rpc import UNKNOWN

from providers.galera import GaleraError, SyncedMemberProvider, synced_provider
from providers.galera.member_view import SqlView, TaskView
from providers.galera.sql import NoSqlError, SqlDeniedError
from providers.ssh import ConnectionLostError, Session, UnreachableError
from providers.swarm.docker_view import LocalSwarm
from providers.swarm.errors import NoManagerError
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
        self.tasks: list[tuple[float, TaskView]] = [(0, view("task1"))]
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

    def _now(self, story: list[tuple[float, Any]]) -> Any:
        return [what for since, what in story if since <= self.clock.now][-1]

    @contextmanager
    def _connect(self, _target: object, *, deadline_seconds: float) -> Iterator[Session]:
        self.connections += 1
        if (trouble := self._now(self.ssh)) is not None:
            raise trouble
        yield Session(None, "10.140.0.2")  # type: ignore[arg-type]

    @contextmanager
    def _any_manager(self, _doors: object, *, patience_seconds: float) -> Iterator[tuple[Session, None]]:
        yield Session(None, "10.140.0.1"), None  # type: ignore[arg-type]

    @contextmanager
    def _sql(self, _server: Session, port: int, password: str) -> Iterator[None]:
        assert (port, password) == (3306, "secret")
        self.polls.append(self.clock.now)
        if isinstance(trouble := self._now(self.sql), Exception):
            raise trouble
        yield None


def view(task: str, phase: str = "running", is_current: bool = True) -> TaskView:
    return TaskView(task=task, container=f"c-{task}", phase=phase, is_current=is_current)


def like(**changes: Any) -> SqlView:
    return dataclasses.replace(SYNCED, **changes)


@pytest.fixture
def member(clock: FakeClock, monkeypatch: pytest.MonkeyPatch) -> FakeMember:
    return FakeMember(clock, monkeypatch)


def created(**more: Any) -> dict[str, Any]:
    outs = SyncedMemberProvider().create({**PROPS, **more}).outs
    assert outs is not None
    return outs


def test_a_member_that_is_there_is_seen_at_once(member: FakeMember, clock: FakeClock) -> None:
    outs = created()
    seen = {key: outs[key] for key in ("state", "size", "version", "node_address")}
    assert seen == {"state": "Synced", "size": 3, "version": SYNCED.version, "node_address": "10.77.0.4"}
    assert clock.now == 0.0
    assert {key: outs[key] for key in PROPS} == PROPS


@pytest.mark.parametrize(
    "before",
    [
        NoSqlError("nothing answers"),
        like(state="Joiner"),
        like(state="Joined"),
        like(component="non-Primary"),
        like(is_ready=False),
        like(size=2),
        like(state="Donor/Desynced"),
        like(uuid="", state="Initialized", component="Disconnected"),
    ],
)
def test_what_is_waited_for(member: FakeMember, clock: FakeClock, before: SqlView | Exception) -> None:
    member.sql = [(0, before), (20, SYNCED)]
    created()
    assert 20.0 <= clock.now < 25.0


def test_the_old_task_does_not_count_even_if_it_is_synced(member: FakeMember, clock: FakeClock) -> None:
    member.tasks = [(0, view("old", "the task of the former spec still runs", False)), (9, view("new"))]
    created()
    assert 9.0 <= clock.now < 12.0


def test_a_task_that_is_replaced_after_it_answered_nothing_is_looked_at_again(
    member: FakeMember, clock: FakeClock
) -> None:
    member.tasks = [(0, view("one")), (5, view("two", "preparing", False)), (15, view("two"))]
    member.sql = [(0, NoSqlError("no")), (16, SYNCED)]
    created()
    assert [at for at in member.polls if 9.0 < at < 15.0] == []
    assert clock.now >= 16.0


def test_absent_members_are_not_waited_for(member: FakeMember, clock: FakeClock) -> None:
    member.sql = [(0, like(size=2))]
    created(absent=["galera-3"])
    assert clock.now == 0.0


def test_a_wait_without_progress_ends_with_the_members_evidence(member: FakeMember, clock: FakeClock) -> None:
    member.sql = [(0, like(state="Initialized", component="non-Primary"))]
    with pytest.raises(GaleraError) as caught:
        created()
    assert 60.0 < clock.now < 70.0
    assert str(caught.value).startswith(
        "galera-2: not Synced, and nothing has moved for 60 s (last seen: Initialized, non-Primary)"
    )
    assert "galera-swarm: parked for 9 s: galera-1 is silent" in str(caught.value)


def test_a_state_transfer_that_moves_is_never_given_up(
    member: FakeMember, clock: FakeClock, capsys: pytest.CaptureFixture[str]
) -> None:
    member.sql = [(0, NoSqlError("receiving")), (900, SYNCED)]
    member.kilobytes = lambda: 1024 * int(clock.now)
    created()
    assert clock.now >= 900.0
    reports = capsys.readouterr().err.splitlines()
    assert 60 < len(reports) < 100
    assert reports[0].startswith("galera-2: SQL does not answer yet, 1")
    assert "SST: 5 KiB received" in reports[0]


def test_a_state_transfer_that_stops_is_given_up(member: FakeMember, clock: FakeClock) -> None:
    member.sql = [(0, NoSqlError("receiving"))]
    member.kilobytes = lambda: 1024 * min(int(clock.now), 300)
    with pytest.raises(GaleraError, match="nothing has moved"):
        created()
    assert 350.0 < clock.now < 380.0


def test_a_busy_cluster_does_not_hide_that_a_member_is_missing(member: FakeMember, clock: FakeClock) -> None:
    member.sql = [(0, like(size=2))]
    member.kilobytes = lambda: 1024 * int(clock.now)
    with pytest.raises(GaleraError, match="the cluster has 2 of 3 members"):
        created()
    assert clock.now < 70.0


def test_a_member_that_starts_again_and_again_is_given_up(member: FakeMember, clock: FakeClock) -> None:
    member.tasks = [(n * 8.0, view(f"task{n}", "starting", False)) for n in range(100)]
    with pytest.raises(GaleraError, match="started 7 times, and ended each time"):
        created()
    assert clock.now < 70.0


def test_another_cluster_is_an_error_at_once(member: FakeMember, clock: FakeClock) -> None:
    member.sql = [(0, like(uuid="another"))]
    with pytest.raises(GaleraError, match=f"in the wrong cluster, another: .* is {UUID}"):
        created()
    assert clock.now == 0.0


def test_a_refused_password_is_told_soon(member: FakeMember, clock: FakeClock) -> None:
    member.sql = [(0, SqlDeniedError("the member on 10.140.0.2 refuses the password"))]
    with pytest.raises(GaleraError, match="refuses the password"):
        created()
    assert clock.now < 30.0


def test_a_password_that_is_refused_while_the_member_is_set_up_is_fine(member: FakeMember) -> None:
    member.sql = [(0, SqlDeniedError("not yet")), (3, SYNCED)]
    created()


@pytest.mark.parametrize("trouble", [ConnectionLostError("broke"), UnreachableError("gone")])
def test_a_server_that_restarts_meanwhile_is_reached_again(
    member: FakeMember, clock: FakeClock, trouble: Exception
) -> None:
    member.sql = [(0, trouble), (10, SYNCED)]
    created()
    assert member.connections > 1
    assert 10.0 <= clock.now < 15.0


def test_a_server_that_stays_away_is_told(member: FakeMember, clock: FakeClock) -> None:
    member.ssh = [(0, UnreachableError("no SSH session to 10.140.0.2"))]
    with pytest.raises(GaleraError, match=r"last seen: no SSH session to 10\.140\.0\.2"):
        created()


def test_a_poll_costs_little(member: FakeMember, clock: FakeClock) -> None:
    member.sql = [(0, NoSqlError("no")), (30, SYNCED)]
    created()
    assert len(member.polls) < 40


def test_refresh_reads_the_state_and_plans_nothing(member: FakeMember) -> None:
    outs = created()
    member.sql = [(0, like(size=5, state="Donor/Desynced"))]
    seen = SyncedMemberProvider().read("galera-2", outs)
    assert seen.outs is not None
    assert (seen.outs["size"], seen.outs["state"]) == (5, "Donor/Desynced")
    assert seen.inputs == PROPS
    assert SyncedMemberProvider().diff("galera-2", seen.outs, PROPS).changes is False


@pytest.mark.parametrize("trouble", [NoSqlError("down"), SqlDeniedError("no"), UnreachableError("gone")])
def test_refresh_of_a_member_that_is_down_is_no_error(member: FakeMember, trouble: Exception) -> None:
    member.sql = [(0, trouble)]
    seen = SyncedMemberProvider().read("galera-2", {**PROPS, "version": "10.11", "state": "Synced"})
    assert seen.outs is not None
    assert (seen.outs["state"], seen.outs["size"], seen.outs["version"]) == ("Unreachable", 0, "10.11")
    assert SyncedMemberProvider().diff("galera-2", seen.outs, PROPS).changes is False


@pytest.mark.parametrize(
    ("news", "changes"),
    [
        ({}, False),
        ({"timeout_seconds": 1.0}, False),
        ({"triggers": ["b"]}, True),
        ({"triggers": [UNKNOWN]}, None),
        ({"cluster_uuid": UNKNOWN}, None),
        ({"password": "other"}, True),
    ],
)
def test_diff(news: dict[str, Any], changes: bool | None) -> None:
    old = {**PROPS, "state": "Synced", "size": 3, "version": "v", "node_address": "a"}
    result = SyncedMemberProvider().diff("galera-2", old, {**PROPS, **news})
    assert (result.changes, result.replaces) == (changes, [])


def test_an_update_waits_again(member: FakeMember, clock: FakeClock) -> None:
    member.tasks = [(0, view("old", "old", False)), (5, view("new"))]
    outs = SyncedMemberProvider().update("galera-2", {**PROPS, "size": 2}, {**PROPS, "triggers": ["b"]}).outs
    assert outs is not None
    assert (outs["size"], outs["triggers"]) == (3, ["b"])
    assert clock.now >= 5.0


class TestDrift:
    """A service that was changed past the program."""

    def seen(self, state: dict[str, Any]) -> dict[str, Any]:
        found = SyncedMemberProvider().read("galera-2", state)
        assert {key: found.inputs[key] for key in ("triggers", "service")} == {
            key: found.outs[key] for key in ("triggers", "service")
        }
        outs: dict[str, Any] = found.outs
        return outs

    def is_changed(self, state: dict[str, Any], **more: Any) -> bool | None:
        return SyncedMemberProvider().diff("galera-2", state, {**PROPS, **more}).changes

    def test_as_it_was_is_no_change(self, member: FakeMember) -> None:
        state = self.seen(created())
        assert state["triggers"] == PROPS["triggers"]
        assert self.is_changed(state) is False

    def test_another_spec_asks_for_a_new_proof_and_the_proof_settles_it(self, member: FakeMember) -> None:
        before = created()
        member.spec = "by-hand"
        state = self.seen(before)
        assert self.is_changed(state) is True
        assert self.seen(state) == state, "a second refresh adds nothing"
        member.spec = "repaired"
        after = SyncedMemberProvider().update("galera-2", state, dict(PROPS)).outs
        assert self.is_changed(self.seen(after)) is False

    def test_taken_back_by_hand_is_no_change(self, member: FakeMember) -> None:
        before = created()
        member.spec = "by-hand"
        state = self.seen(before)
        member.spec = "spec-1"
        assert self.seen(state)["triggers"] == PROPS["triggers"]

    @pytest.mark.parametrize("trouble", [UnreachableError("down"), NoManagerError("none answers")])
    def test_managers_that_do_not_answer_change_nothing(
        self, member: FakeMember, monkeypatch: pytest.MonkeyPatch, trouble: Exception
    ) -> None:
        before = created()

        def refuse(*_args: Any, **_options: Any) -> None:
            raise trouble

        monkeypatch.setattr(synced_provider, "any_manager", refuse)
        assert self.seen(before)["triggers"] == PROPS["triggers"]

    def test_a_service_that_is_gone_or_was_never_looked_at_is_left_alone(self, member: FakeMember) -> None:
        before = created()
        member.spec = ""
        assert self.seen(before)["triggers"] == PROPS["triggers"]
        member.spec = "spec-2"
        assert self.seen({**before, "spec": None})["triggers"] == PROPS["triggers"]

    def test_a_service_that_members_share_is_not_judged(self, member: FakeMember) -> None:
        shared = created(node_id="n1")
        assert shared["spec"] == ""
        member.spec = "the next member's"
        assert self.seen(shared)["triggers"] == PROPS["triggers"]
