"""The data disk from each state that a server can be found in, for every filesystem."""

from pathlib import Path

import pytest

from tests.unit.components.host.disk_tools import FSTAB, FakeServer

MARK = ".galera-swarm-disk"
TYPES = {"btrfs": "btrfs", "ext4": "ext4", "xfs": "xfs", "lvm-btrfs": "btrfs"}
FRESH = {
    "btrfs": ["mkfs.btrfs -q -L galera-swarm DEV/xvdc"],
    "ext4": ["mkfs.ext4 -q -L galera-swarm DEV/xvdc"],
    "xfs": ["mkfs.xfs -q -L galera-swarm DEV/xvdc"],
    "lvm-btrfs": [
        "pvcreate -y DEV/xvdc",
        "vgcreate -y galera_swarm DEV/xvdc",
        "lvcreate -y -Wn -n docker -l 100%FREE galera_swarm",
        "mkfs.btrfs -q -L galera-swarm /dev/galera_swarm/docker",
    ],
}
AGAIN = {
    "btrfs": ["mkfs.btrfs -q -f -L galera-swarm DEV/xvdc"],
    "ext4": ["mkfs.ext4 -q -F -L galera-swarm DEV/xvdc"],
    "xfs": ["mkfs.xfs -q -f -L galera-swarm DEV/xvdc"],
    "lvm-btrfs": [
        "vgremove -ff -y galera_swarm",
        "wipefs -a DEV/xvdc",
        *FRESH["lvm-btrfs"][:3],
        "mkfs.btrfs -q -f -L galera-swarm /dev/galera_swarm/docker",
    ],
}
every_filesystem = pytest.mark.parametrize("plan", sorted(TYPES))


def ours(plan: str) -> str:
    """What blkid says of a filesystem that was made under `plan`."""
    return f"LABEL=galera-swarm\nTYPE={TYPES[plan]}\n"


def note_formatting(server: FakeServer) -> None:
    """Leave behind what an interrupted formatting does."""
    note = f"{server.room / 'dev/xvdc'} 20971520 sectors\n"
    (server.room / "state/formatting").write_text(note)


def line_of(server: FakeServer) -> str:
    """The line that the data disk should have in fstab."""
    volume = "docker" if server.plan == "lvm-btrfs" else "xvdc"
    options = f"noatime,nofail,x-systemd.device-timeout=60s 0 {2 if server.plan == 'ext4' else 0}"
    return f"UUID=uuid-of-{volume} {server.data_root} {TYPES[server.plan]} {options}\n"


def assert_in_service(server: FakeServer) -> None:
    """Mounted for good with its mark, nothing left to be done, and the engine down until it is started."""
    assert server.mounted == ["docker"]
    assert (server.data_root / MARK).read_text() == f"{TYPES[server.plan]}\n"
    assert server.fstab.read_text() == FSTAB + line_of(server)
    assert not (server.room / "state/formatting").exists()
    assert not (server.room / "state/engine.restart-key").exists()
    assert not (server.room / "engine").exists()


@every_filesystem
def test_a_blank_disk_is_formatted_and_mounted_for_good(plan: str, tmp_path: Path) -> None:
    server = FakeServer(tmp_path, plan)
    done = server.set_up()
    assert done.returncode == 0, done.stderr
    assert server.written_over == FRESH[plan]
    assert_in_service(server)
    assert f"chattr +C {tmp_path}/state/disk/volumes" in server.asked or TYPES[plan] != "btrfs"
    assert server.asked.index("stop_engine") < server.asked.index(FRESH[plan][0])


@every_filesystem
def test_a_formatting_that_did_not_end_is_done_again(plan: str, tmp_path: Path) -> None:
    server = FakeServer(tmp_path, plan, ours(plan))
    note_formatting(server)
    (server.filesystem / "half").touch()
    done = server.set_up()
    assert done.returncode == 0, done.stderr
    assert server.written_over == AGAIN[plan]
    assert_in_service(server)
    assert not (server.data_root / "half").exists()


def assert_data_is_kept(server: FakeServer, plan: str) -> None:
    """A disk that was complete once comes into service with what is on it."""
    (server.filesystem / MARK).write_text(f"{TYPES[plan]}\n")
    (server.filesystem / "volume").write_text("rows")
    done = server.set_up()
    assert done.returncode == 0, done.stderr
    assert server.written_over == []
    assert_in_service(server)
    assert (server.data_root / "volume").read_text() == "rows"


@every_filesystem
def test_a_complete_disk_is_kept_where_a_formatting_was_noted(plan: str, tmp_path: Path) -> None:
    server = FakeServer(tmp_path, plan, ours(plan))
    note_formatting(server)
    assert_data_is_kept(server, plan)


def test_a_group_of_ours_on_another_disk_is_not_removed(tmp_path: Path) -> None:
    server = FakeServer(tmp_path, "lvm-btrfs")
    (tmp_path / "dev/.xvdc.blkid").write_text("TYPE=LVM2_member\n")
    (tmp_path / "group").touch()
    note_formatting(server)
    done = server.set_up(fakes={"pvs": ""})
    assert "cannot make a btrfs filesystem on" in done.stderr
    assert (tmp_path / "group").exists()


@pytest.mark.parametrize(
    ("serial", "note"),
    [("", "DEV/xvdc 20971520 sectors"), ("a1b2  0x5000", "DEV/xvdc 20971520 sectors a1b2 0x5000")],
)
def test_a_formatting_is_noted_with_what_names_the_disk(serial: str, note: str, tmp_path: Path) -> None:
    server = FakeServer(tmp_path, "xfs")
    (tmp_path / "dev/.xvdc.serial").write_text(serial)
    server.set_up(killed_at="mkfs.xfs")
    written = (tmp_path / "state/formatting").read_text()
    assert written.replace(str(tmp_path / "dev"), "DEV") == f"{note}\n"


@pytest.mark.parametrize(
    ("plan", "program"),
    [
        ("btrfs", "umount"),
        ("ext4", "mkfs.ext4"),
        ("ext4", "systemctl"),
        ("xfs", "mount"),
        ("lvm-btrfs", "pvcreate"),
        ("lvm-btrfs", "vgcreate"),
        ("lvm-btrfs", "mkfs.btrfs"),
    ],
)
def test_killed_on_its_way_it_is_finished_by_the_next_run(plan: str, program: str, tmp_path: Path) -> None:
    server = FakeServer(tmp_path, plan)
    assert server.set_up(killed_at=program).returncode == -9
    done = server.set_up()
    assert done.returncode == 0, done.stderr
    assert_in_service(server)


@every_filesystem
def test_after_a_reload_of_the_system_the_data_is_mounted_as_it_was(plan: str, tmp_path: Path) -> None:
    server = FakeServer(tmp_path, plan, ours(plan))
    assert_data_is_kept(server, plan)


@every_filesystem
def test_a_mounted_disk_is_left_alone(plan: str, tmp_path: Path) -> None:
    server = FakeServer(tmp_path, plan, ours(plan))
    (server.data_root / MARK).write_text(f"{TYPES[plan]}\n")
    before = server.state_of_disk()
    assert server.set_up().returncode == 0
    assert server.asked == []
    assert server.state_of_disk() == before
    assert (tmp_path / "engine").exists()


def assert_refused(server: FakeServer, words: str) -> None:
    """The step ends with `words` in one sentence, and nothing is written, mounted or stopped."""
    (server.filesystem / "precious").write_text("rows")
    before = server.state_of_disk()
    done = server.set_up()
    assert (done.returncode, done.stderr.count("\n")) == (1, 1), done.stderr
    assert words in done.stderr
    assert server.written_over == []
    assert server.state_of_disk() == before
    assert server.mounted == []
    assert (server.room / "engine").exists()


@every_filesystem
def test_somebody_elses_disk_is_refused(plan: str, tmp_path: Path) -> None:
    server = FakeServer(tmp_path, plan)
    (tmp_path / "dev/.xvdc.blkid").write_text(f"LABEL=backup\nTYPE={TYPES[plan]}\n")
    assert_refused(server, "/dev/xvdc already holds a ")


@every_filesystem
def test_somebody_elses_disk_is_refused_also_where_a_formatting_was_noted(plan: str, tmp_path: Path) -> None:
    server = FakeServer(tmp_path, plan)
    (tmp_path / "dev/.xvdc.blkid").write_text(f"LABEL=backup\nTYPE={TYPES[plan]}\n")
    note_formatting(server)
    assert_refused(server, "/dev/xvdc already holds a ")


@pytest.mark.parametrize(
    ("plan", "mark"), [("btrfs", None), ("ext4", None), ("xfs", "ext4\n"), ("lvm-btrfs", None)]
)
def test_our_label_without_our_mark_is_refused(plan: str, mark: str | None, tmp_path: Path) -> None:
    server = FakeServer(tmp_path, plan, ours(plan))
    if mark:
        (server.filesystem / MARK).write_text(mark)
    assert_refused(server, "/dev/xvdc carries the label galera-swarm but no data of this product")


@pytest.mark.parametrize(
    ("plan", "place"),
    [
        ("btrfs", "volumes/shop"),
        ("ext4", "containers/0a1b"),
        ("xfs", "swarm/state.json"),
        ("lvm-btrfs", "volumes/shop"),
    ],
)
def test_data_that_the_disk_would_hide_is_refused(plan: str, place: str, tmp_path: Path) -> None:
    server = FakeServer(tmp_path, plan)
    (server.data_root / place).mkdir(parents=True)
    assert_refused(server, f"already holds {server.data_root / place}, which the data disk would hide")
    assert (server.data_root / place).exists()


def test_an_engines_mere_bookkeeping_may_be_covered(tmp_path: Path) -> None:
    server = FakeServer(tmp_path, "xfs")
    (server.data_root / "volumes").mkdir()
    for name in ("metadata.db", "backingFsBlockDev"):
        (server.data_root / "volumes" / name).touch()
    done = server.set_up()
    assert done.returncode == 0, done.stderr
    assert_in_service(server)


def test_another_line_for_the_same_place_is_kept_as_a_comment(tmp_path: Path) -> None:
    server = FakeServer(tmp_path, "ext4")
    other = f"/dev/sdz1 {server.data_root} ext3 defaults 0 0"
    server.fstab.write_text(f"{FSTAB}{other}\n")
    done = server.set_up()
    assert done.returncode == 0, done.stderr
    assert server.fstab.read_text() == f"{FSTAB}# replaced by galera-swarm: {other}\n{line_of(server)}"
    assert server.mounted == ["docker"]


@pytest.mark.parametrize("tags", ["", "LABEL=galera-swarm\nTYPE=btrfs\n", "TYPE=ntfs\n"])
def test_a_plan_without_a_disk_touches_none(tags: str, tmp_path: Path) -> None:
    server = FakeServer(tmp_path, "none", tags)
    (server.data_root / "volumes/shop").mkdir(parents=True)
    if tags:
        note_formatting(server)
    before = server.state_of_disk()
    assert server.set_up().returncode == 0
    assert (server.asked, server.mounted, server.state_of_disk()) == ([], [], before)
    assert (tmp_path / "engine").exists()


def test_a_plan_without_a_disk_is_refused_where_one_is_in_use(tmp_path: Path) -> None:
    server = FakeServer(tmp_path, "none", ours("btrfs"))
    (server.data_root / MARK).write_text("btrfs\n")
    assert_refused(
        server, f"{server.data_root} is mounted with btrfs, not none; the filesystem of a server is fixed"
    )
    assert server.asked == []
