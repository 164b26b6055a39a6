"""Snapshot and defragmentation: who is asked, in which order, and what does not count as an answer."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from operations.errors import OperationError
from operations.etcd import cluster
from operations.etcd.cluster import Member, members_of
from operations.etcd.defrag import defragment
from operations.etcd.snapshot import snapshot
from providers.ssh import Session, UnreachableError
from tests.unit.operations.fake_member import FakeMember, failing, server_of, where


def test_defragmentation_takes_the_leader_last_and_waits_for_all(
    members: list[Member], said: list[tuple[str, str]]
) -> None:
    defragment(members)
    assert [said[position][0] for position in where(said, " defrag")] == ["etcd-2", "etcd-3", "etcd-1"]
    first, second, _ = where(said, " defrag")
    healthy = {said[position][0] for position in where(said, "endpoint health") if first < position < second}
    assert healthy == {"etcd-1", "etcd-2", "etcd-3"}
    (disarmed,) = where(said, "alarm disarm")
    assert max(where(said, " defrag")) < disarmed < max(where(said, "endpoint health"))


@pytest.mark.parametrize("alarms", [(), ("CORRUPT",), ("CORRUPT", "NOSPACE")])
def test_only_the_alarm_of_a_full_database_is_cleared(
    members: list[Member],
    said: list[tuple[str, str]],
    monkeypatch: pytest.MonkeyPatch,
    alarms: tuple[str, ...],
) -> None:
    monkeypatch.setattr(cluster, "HEALTHY_SECONDS", 0.0)
    server_of(members[0]).alarms.clear()
    server_of(members[0]).alarms.update(alarms)
    if alarms:
        with pytest.raises(OperationError, match="CORRUPT"):
            defragment(members)
        assert not where(said, " defrag")
    else:
        defragment(members)
        assert len(where(said, " defrag")) == 3
    assert not where(said, "alarm disarm")


def test_a_database_that_is_full_of_what_it_holds_needs_another_quota(members: list[Member]) -> None:
    server_of(members[0]).alarms_come_back = True
    with pytest.raises(OperationError, match=r"etcd\.quotaMb"):
        defragment(members)


@pytest.fixture
def target(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    def download(session: Session, remote: str, local: Path) -> None:
        local.write_text(f"{session.name} {remote}")

    monkeypatch.setattr("operations.etcd.snapshot.download", download)
    return tmp_path / "file"


@pytest.mark.parametrize(
    ("broken", "stale", "giver"),
    [
        ({}, False, 1),
        ({1: "snapshot save"}, False, 2),
        ({1: "snapshot status"}, False, 2),
        ({1: " get "}, False, 2),
        ({1: " get "}, True, 2),
        ({1: " get ", 2: "snapshot save"}, False, 3),
        ({1: " get ", 2: " get ", 3: " get "}, True, 3),
    ],
)
def test_a_snapshot_comes_from_the_first_member_with_a_quorum_that_gives_one(
    members: list[Member],
    said: list[tuple[str, str]],
    target: Path,
    broken: dict[int, str],
    stale: bool,
    giver: int,
) -> None:
    for number, words in broken.items():
        failing(members[number - 1], words)
    snapshot(members, target, allow_stale=stale)
    assert target.read_text() == f"etcd-{giver} /volumes/etcd-data/snapshot.part"
    assert said[-1] == (f"etcd-{giver}", "rm -f /volumes/etcd-data/snapshot.part*")


@pytest.mark.parametrize(
    ("words", "remedy"), [(" get ", "STALE=1"), ("snapshot save", "etcd-1: .*etcd-2: .*etcd-3")]
)
def test_no_snapshot_says_why(members: list[Member], target: Path, words: str, remedy: str) -> None:
    for member in members:
        failing(member, words)
    with pytest.raises(OperationError, match=f"no member gives a snapshot: .*{remedy}"):
        snapshot(members, target)
    assert not target.exists()


def test_a_member_that_breaks_off_is_not_the_last_one(members: list[Member], target: Path) -> None:
    server_of(members[0]).breaks_off = True
    snapshot(members, target)
    assert target.read_text().startswith("etcd-2 ")


@pytest.mark.parametrize(
    ("silent", "skip", "met"),
    [
        ((), False, [1, 2, 3]),
        ((2,), True, [1, 3]),
        ((2,), False, "the server of etcd-2 does not answer, and nothing was touched"),
        ((1, 2, 3), True, "no server of an etcd member answers"),
    ],
)
def test_only_a_snapshot_does_without_a_server(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    silent: tuple[int, ...],
    skip: bool,
    met: list[int] | str,
) -> None:
    @contextmanager
    def connect(number: int, *, deadline_seconds: float) -> Iterator[FakeMember]:
        if number in silent:
            said = "no SSH session"
            raise UnreachableError(said)
        yield FakeMember(number, [])

    monkeypatch.setattr(cluster, "doors", lambda _: {f"db-{n}": n for n in (1, 2, 3)})
    monkeypatch.setattr(cluster, "connect", connect)
    outputs = {"etcd": {"members": [{"name": f"etcd-{n}", "server": f"db-{n}"} for n in (1, 2, 3)]}}
    if isinstance(met, str):
        with pytest.raises(OperationError, match=met), members_of(outputs, skip_silent=skip):
            pass
        return
    with members_of(outputs, skip_silent=skip) as members:
        assert [member.name for member in members] == [f"etcd-{n}" for n in met]
    told = capsys.readouterr().err
    assert [number for number in (1, 2, 3) if f"etcd-{number} is skipped" in told] == list(silent)


def test_a_stack_without_etcd_says_how_to_have_one() -> None:
    with pytest.raises(OperationError, match=r"etcd\.enabled"), members_of({}):
        pass


def test_a_member_that_stays_sick_is_named(members: list[Member], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cluster, "HEALTHY_SECONDS", 0.0)
    failing(members[2], "endpoint health")
    with pytest.raises(OperationError, match=r"not every member is healthy.*etcd-3"):
        cluster.await_healthy(members)
