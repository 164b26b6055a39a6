"""A restore: in which order, and what is left when something fails."""

import shlex
import shutil
from pathlib import Path

import pytest

from operations.errors import OperationError
from operations.etcd.cluster import Member
from operations.etcd.restore import restore
from tests.unit.operations.fake_member import failing, server_of, where


@pytest.fixture(autouse=True)
def upload(said: list[tuple[str, str]], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        "operations.etcd.restore.upload", lambda session, *_: said.append((session.name, "upload"))
    )


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
    moved = where(said, "mv -T restore.data data")
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


TAKEN, BACK, STARTED = "mv -T restore.data data", "rm -rf data && mv -T", "etcd-1=1 etcd-2=1 etcd-3=1"


@pytest.fixture
def volumes(members: list[Member], tmp_path: Path) -> list[Path]:
    """A volume for each member, with data, and with what an earlier restore has put aside."""
    made = []
    for member in members:
        volume = tmp_path / member.name
        (volume / "data" / "member").mkdir(parents=True)
        (volume / "data" / "is").write_text(f"own of {member.name}")
        (volume / "data.before-restore-1").mkdir()
        (volume / "data.before-restore").mkdir()
        server_of(member).volume = volume
        made.append(volume)
    return made


@pytest.fixture
def source(tmp_path: Path) -> Path:
    file = tmp_path / "etcd.snapshot"
    file.write_text("x")
    return file


def held(volumes: list[Path]) -> list[str]:
    """What the data of each member are."""
    return [(volume / "data" / "is").read_text() for volume in volumes]


OWN = ["own of etcd-1", "own of etcd-2", "own of etcd-3"]


def test_the_data_before_stay_beside_the_restored(
    members: list[Member], volumes: list[Path], source: Path
) -> None:
    for round_ in (1, 2):
        restore(members, source)
        assert held(volumes) == ["restored"] * 3
        for volume in volumes:
            names = {path.name for path in volume.iterdir()}
            assert {"data.before-restore", "data.before-restore-1"} <= names
            assert len(names) == 3 + round_
            assert not {"restore.data", "restore.db"} & names


@pytest.mark.parametrize("number", [0, 1, 2])
@pytest.mark.parametrize(
    ("how", "raised"),
    [("failing", OperationError), ("interrupted_by", KeyboardInterrupt), ("loses", OperationError)],
)
def test_a_restore_that_ends_early_leaves_every_member_its_own_data(
    members: list[Member],
    said: list[tuple[str, str]],
    volumes: list[Path],
    source: Path,
    number: int,
    how: str,
    raised: type[BaseException],
) -> None:
    setattr(server_of(members[number]), how, TAKEN)
    with pytest.raises(raised):
        restore(members, source)
    assert held(volumes) == OWN
    (started,) = where(said, STARTED)
    assert max(where(said, BACK)) < started
    for volume in volumes:
        assert {path.name for path in volume.iterdir()} == {
            "data",
            "data.before-restore",
            "data.before-restore-1",
        }


def test_a_member_without_data_has_none_again(
    members: list[Member], volumes: list[Path], source: Path
) -> None:
    shutil.rmtree(volumes[0] / "data")
    server_of(members[1]).failing = TAKEN
    with pytest.raises(OperationError, match="data from before again"):
        restore(members, source)
    assert not (volumes[0] / "data" / "member").exists()
    assert held(volumes[1:]) == OWN[1:]


@pytest.mark.parametrize("how", ["failing", "interrupted_by"])
def test_a_member_that_does_not_get_its_data_back_keeps_all_stopped(
    members: list[Member],
    said: list[tuple[str, str]],
    volumes: list[Path],
    source: Path,
    how: str,
) -> None:
    setattr(server_of(members[0]), how, BACK)
    server_of(members[2]).failing = TAKEN
    with pytest.raises(OperationError, match=r"left stopped.*: etcd-1: .*data\.before-restore-2") as caught:
        restore(members, source)
    assert "etcd-2:" not in str(caught.value)
    assert not where(said, STARTED)
    assert held(volumes) == ["restored", *OWN[1:]]
    (kept,) = volumes[0].glob("data.before-restore-2*")
    assert (kept / "is").read_text() == OWN[0]


def test_restored_members_that_cannot_be_started_are_told(
    members: list[Member], volumes: list[Path], source: Path
) -> None:
    failing(members[0], STARTED)
    with pytest.raises(OperationError, match="the restored data is in place"):
        restore(members, source)
    assert held(volumes) == ["restored"] * 3


def test_a_missing_file_is_named_before_anything_is_asked(
    members: list[Member], said: list[tuple[str, str]], tmp_path: Path
) -> None:
    with pytest.raises(OperationError, match="is no file"):
        restore(members, tmp_path / "absent")
    assert said == []
