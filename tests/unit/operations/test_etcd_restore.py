"""A restore: in which order, and what is left when something fails."""

import shlex
from pathlib import Path

import pytest

from operations.errors import OperationError
from operations.etcd.cluster import Member
from operations.etcd.restore import restore
from tests.unit.operations.fake_member import failing, where


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
