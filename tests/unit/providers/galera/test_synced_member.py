"""The wait for a member: what ends it, what prolongs it, and what it says when it fails."""

from typing import Any

import pytest
from pulumi.runtime.rpc import UNKNOWN

from providers.galera import GaleraError, SyncedMemberProvider
from providers.galera.member_view import SqlView
from providers.galera.sql import NoSqlError, SqlDeniedError
from providers.ssh import ConnectionLostError, UnreachableError
from providers.swarm.errors import NoServiceError, SwarmError
from providers.swarm.task_view import TaskView
from tests.unit.providers.galera.fake_member import PROPS, SYNCED, UUID, FakeMember, created, like, view
from tests.unit.providers.galera.fake_server import FakeClock


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


class TestAService:
    """What the managers say of the member's service."""

    def test_one_that_is_taken_away_meanwhile_is_not_waited_for(
        self, member: FakeMember, clock: FakeClock
    ) -> None:
        member.sql = [(0, NoSqlError("no"))]
        member.tasks = [(0, view("one")), (9, NoServiceError("the swarm does not know the service galera-2"))]
        with pytest.raises(GaleraError, match=r"galera-2: the swarm does not know .*(?s:\n.*parked for 9 s)"):
            created()
        assert clock.now < 20.0

    @pytest.mark.parametrize("if_there", [False, True])
    def test_managers_without_a_leader_are_asked_again(
        self, member: FakeMember, clock: FakeClock, if_there: bool
    ) -> None:
        member.tasks = [(0, SwarmError("the swarm does not have a leader")), (20, view("one"))]
        assert created(if_there=if_there)["state"] == "Synced"
        assert 20.0 <= clock.now < 25.0

    def test_managers_that_stay_without_a_leader_are_told(self, member: FakeMember) -> None:
        member.tasks = [(0, SwarmError("the swarm does not have a leader"))]
        with pytest.raises(GaleraError, match="does not have a leader"):
            created(if_there=True)

    @pytest.mark.parametrize("nothing", [NoServiceError("no such service"), view("")])
    def test_without_a_task_there_is_nothing_to_wait_for(
        self, member: FakeMember, nothing: TaskView | Exception
    ) -> None:
        member.tasks = [(0, nothing)]
        assert created(if_there=True)["state"] == ""


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
