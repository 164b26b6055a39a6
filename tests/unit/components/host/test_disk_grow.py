"""A data disk that became larger: its filesystem grows, once, while it is in use."""

from pathlib import Path

import pytest

from components.host import DiskPlan, Filesystem
from components.host.data_disk import disk_check
from tests.unit.components.host.disk_tools import FakeServer

TYPES = {"btrfs": "btrfs", "ext4": "ext4", "xfs": "xfs", "lvm-btrfs": "btrfs"}
GROWING = {
    "btrfs": ["btrfs filesystem resize max SEAT"],
    "ext4": ["resize2fs DEV/xvdc"],
    "xfs": ["xfs_growfs SEAT"],
    "lvm-btrfs": [
        "pvresize DEV/xvdc",
        "lvextend -l +100%FREE galera_swarm/docker",
        "btrfs filesystem resize max SEAT",
    ],
}
every_filesystem = pytest.mark.parametrize("plan", sorted(TYPES))


def in_service(room: Path, plan: str) -> FakeServer:
    """A server that was prepared before, its disk of 10 GiB mounted."""
    server = FakeServer(room, plan)
    done = server.set_up()
    assert done.returncode == 0, done.stderr
    (room / "engine").touch()
    (room / "calls").unlink()
    return server


@every_filesystem
def test_a_larger_disk_is_taken_by_the_filesystem_and_the_engine_runs_on(plan: str, tmp_path: Path) -> None:
    server = in_service(tmp_path, plan)
    server.enlarge()
    done = server.set_up()
    assert done.returncode == 0, done.stderr
    assert (server.grown_by, server.filesystem_gib) == (GROWING[plan], 20)
    assert (server.written_over, server.mounted) == ([], ["docker"])
    assert (tmp_path / "engine").exists()
    assert f"the {TYPES[plan]} filesystem on " in done.stderr
    assert " grew from 10 to 20 GiB\n" in done.stderr


@every_filesystem
def test_what_fills_its_disk_is_left_alone(plan: str, tmp_path: Path) -> None:
    server = in_service(tmp_path, plan)
    assert server.set_up().stderr == ""
    server.enlarge()
    server.set_up()
    (tmp_path / "calls").unlink()
    assert server.set_up().stderr == ""
    assert server.grown_by == []


@pytest.mark.parametrize(
    ("plan", "program"),
    [
        ("ext4", "resize2fs"),
        ("lvm-btrfs", "pvresize"),
        ("lvm-btrfs", "lvextend"),
    ],
)
def test_killed_on_its_way_it_is_finished_by_the_next_run(plan: str, program: str, tmp_path: Path) -> None:
    server = in_service(tmp_path, plan)
    server.enlarge()
    assert server.set_up(killed_at=program).returncode == -9
    done = server.set_up()
    assert done.returncode == 0, done.stderr
    assert server.filesystem_gib == 20


@pytest.mark.parametrize(
    ("plan", "fakes", "words"),
    [
        ("ext4", {"resize2fs": "exit 1"}, "cannot grow the ext4 filesystem on"),
        ("ext4", {"dumpe2fs": "exit 1"}, "cannot read the size of the ext4 filesystem on"),
        ("btrfs", {"btrfs": ""}, "cannot read the size of the btrfs filesystem on"),
        ("lvm-btrfs", {"pvs": "exit 5"}, "cannot extend the logical volume of"),
        ("lvm-btrfs", {"pvresize": "exit 5"}, "cannot extend the logical volume of"),
        ("lvm-btrfs", {"vgs": "exit 5"}, "cannot extend the logical volume of"),
        ("lvm-btrfs", {"lvextend": "exit 5"}, "cannot extend the logical volume of"),
    ],
)
def test_what_cannot_grow_is_told(plan: str, fakes: dict[str, str], words: str, tmp_path: Path) -> None:
    server = in_service(tmp_path, plan)
    server.enlarge()
    done = server.set_up(fakes=fakes)
    assert (done.returncode, server.filesystem_gib) == (1, 10)
    assert words in done.stderr


@every_filesystem
def test_a_disk_that_grew_before_a_reload_of_the_system_grows_after_it(plan: str, tmp_path: Path) -> None:
    tags = f"LABEL=galera-swarm\nTYPE={TYPES[plan]}\n"
    server = FakeServer(tmp_path, plan, tags)
    (server.filesystem / ".galera-swarm-disk").write_text(f"{TYPES[plan]}\n")
    server.enlarge()
    done = server.set_up()
    assert done.returncode == 0, done.stderr
    assert (server.grown_by, server.written_over) == (GROWING[plan], [])


@pytest.mark.parametrize(
    ("plan", "before", "after", "runs_again"),
    [
        ("btrfs", (25, 25), (25, 100), True),
        ("ext4", (25, 25), (25, 25, 100), True),
        ("btrfs", (25, 25), (100, 25), False),
        ("none", (25, 25), (25, 100), False),
    ],
)
def test_only_a_data_disk_of_another_size_makes_another_script(
    plan: Filesystem, before: tuple[int, ...], after: tuple[int, ...], runs_again: bool
) -> None:
    values = [disk_check(DiskPlan(filesystem=plan), sizes).values for sizes in (before, after)]
    assert (values[0] != values[1]) is runs_again
