"""Snapshot, restore and defragmentation: in which order, and what is left when something fails."""

import json
import re
import shlex
from pathlib import Path

import pytest

from operations.errors import OperationError
from operations.etcd import cluster
from operations.etcd.cluster import Member, members_of
from operations.etcd.defrag import defragment
from operations.etcd.restore import restore
from operations.etcd.snapshot import snapshot
from providers.ssh import Completed, Session

_EXEC = re.compile(r'exec docker exec "\$c" (.*)$', re.MULTILINE)


class FakeMember(Session):
    """A member's server: notes what it is told, and answers as a healthy member of three would."""

    def __init__(self, number: int, said: list[tuple[str, str]]) -> None:
        self.name, self.number, self._said = f"etcd-{number}", number, said
        self.failing = ""
        self.alarms = {"NOSPACE"}
        """Those that stand until they are disarmed; one set for all members."""
        self.alarms_come_back = False

    def run(
        self, command: str, *, stdin: str | None = None, timeout_seconds: float, close_stdin: bool = True
    ) -> Completed:
        found = _EXEC.search(command)
        text = found[1] if found else command.strip()
        self._said.append((self.name, text))
        if self.failing and self.failing in text:
            return Completed(exit_status=1, stdout="", stderr="no")
        if "endpoint health" in text:
            return self._health()
        if "alarm disarm" in text and not self.alarms_come_back:
            self.alarms.clear()
        return Completed(exit_status=0, stdout=self._answer(text), stderr="")

    def _health(self) -> Completed:
        """As etcdctl 3.6.6 does: every member is called unhealthy, with status 1, while any alarm stands."""
        told = {"endpoint": "https://127.0.0.1:2379", "health": not self.alarms, "took": "1ms"}
        if self.alarms:
            told["error"] = f"Active Alarm(s): {' '.join(sorted(self.alarms))} "
        return Completed(exit_status=int(bool(self.alarms)), stdout=json.dumps([told]), stderr="Error")

    def _answer(self, text: str) -> str:
        if "endpoint status" in text:
            header = {"cluster_id": 1, "member_id": self.number}
            return json.dumps(
                [{"Status": {"header": header, "leader": 1, "dbSize": 4096, "errors": sorted(self.alarms)}}]
            )
        if "snapshot status" in text:
            return json.dumps({"revision": 6, "totalKey": 5})
        if "volume inspect" in text:
            return "/volumes/etcd-data\n"
        if "etcd.yaml" in text:
            return json.dumps({"initial-advertise-peer-urls": f"https://10.141.0.{self.number}:2380"})
        return "image@sha256:1\n" if "service inspect" in text else ""


@pytest.fixture
def said() -> list[tuple[str, str]]:
    return []


@pytest.fixture
def members(said: list[tuple[str, str]], monkeypatch: pytest.MonkeyPatch) -> list[Member]:
    monkeypatch.setattr(
        "operations.etcd.restore.upload", lambda session, *_: said.append((session.name, "upload"))
    )
    alarms = {"NOSPACE"}
    servers = [FakeMember(number, said) for number in (1, 2, 3)]
    for server in servers:
        server.alarms = alarms
    return [Member(name=server.name, session=server) for server in servers]


def where(said: list[tuple[str, str]], words: str) -> list[int]:
    """Positions of the commands with these words."""
    return [position for position, (_, text) in enumerate(said) if words in text]


def server_of(member: Member) -> FakeMember:
    assert isinstance(member.session, FakeMember)
    return member.session


def failing(member: Member, words: str) -> None:
    server_of(member).failing = words


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


def test_a_restore_stops_nothing_before_every_server_has_unpacked(
    members: list[Member], said: list[tuple[str, str]], tmp_path: Path
) -> None:
    source = tmp_path / "etcd.snapshot"
    source.write_text("x")
    restore(members, source)
    unpacked = where(said, "etcdutl snapshot restore")
    (stopped,), (started,) = (
        where(said, "etcd-1=0 etcd-2=0 etcd-3=0"),
        where(said, "etcd-1=1 etcd-2=1 etcd-3=1"),
    )
    moved = where(said, "mv restore.data data")
    assert len(where(said, "upload")) == len(unpacked) == len(moved) == 3
    assert max(unpacked) < stopped < min(moved)
    assert max(moved) < started
    words = shlex.split(said[unpacked[1]][1])
    assert "--name=etcd-2" in words
    assert "--initial-advertise-peer-urls=https://10.141.0.2:2380" in words
    assert any(word.count("=https://10.141.0.") == 3 for word in words)


def test_a_snapshot_that_cannot_be_unpacked_leaves_the_cluster_alone(
    members: list[Member], said: list[tuple[str, str]], tmp_path: Path
) -> None:
    source = tmp_path / "etcd.snapshot"
    source.write_text("x")
    failing(members[2], "etcdutl snapshot restore")
    with pytest.raises(OperationError, match="nothing was restored, and the cluster is as it was"):
        restore(members, source)
    assert not where(said, "service scale")
    assert len(where(said, "rm -rf restore.db restore.data")) == 3


def test_members_start_on_their_old_data_when_the_swap_fails(
    members: list[Member], said: list[tuple[str, str]], tmp_path: Path
) -> None:
    source = tmp_path / "etcd.snapshot"
    source.write_text("x")
    failing(members[1], "mv restore.data data")
    with pytest.raises(OperationError, match=r"data from before again: .*the restored data of etcd-2"):
        restore(members, source)
    (back,) = where(said, "mv data.before-restore data")
    (started,) = where(said, "etcd-1=1 etcd-2=1 etcd-3=1")
    assert said[back][0] == "etcd-1"
    assert back < started


def test_a_missing_file_is_named_before_anything_is_asked(
    members: list[Member], said: list[tuple[str, str]], tmp_path: Path
) -> None:
    with pytest.raises(OperationError, match="is no file"):
        restore(members, tmp_path / "absent")
    assert said == []


def test_a_snapshot_comes_from_the_first_member_that_gives_one(
    members: list[Member], said: list[tuple[str, str]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def download(session: Session, remote: str, local: Path) -> None:
        local.write_text(f"{session.name} {remote}")

    monkeypatch.setattr("operations.etcd.snapshot.download", download)
    failing(members[0], "snapshot save")
    snapshot(members, tmp_path / "file")
    assert (tmp_path / "file").read_text() == "etcd-2 /volumes/etcd-data/snapshot.part"
    assert said[-1] == ("etcd-2", "rm -f /volumes/etcd-data/snapshot.part*")
    for member in members:
        failing(member, "snapshot save")
    with pytest.raises(OperationError, match=r"no member gives a snapshot: etcd-1: .*etcd-3"):
        snapshot(members, tmp_path / "file")


def test_a_stack_without_etcd_says_how_to_have_one() -> None:
    with pytest.raises(OperationError, match=r"etcd\.enabled"), members_of({}):
        pass


def test_a_member_that_stays_sick_is_named(members: list[Member], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cluster, "HEALTHY_SECONDS", 0.0)
    failing(members[2], "endpoint health")
    with pytest.raises(OperationError, match=r"not every member is healthy.*etcd-3"):
        cluster.await_healthy(members)
