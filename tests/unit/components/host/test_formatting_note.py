"""The note of an interrupted formatting: for which disk it counts, and beside what content."""

from pathlib import Path
from typing import Any

import pytest

from tests.unit.components.host.machine import FakeDisk, FakeMachine
from tests.unit.components.host.test_disk_probe import FAKES, ROOT, decide, system


@pytest.mark.parametrize(
    ("note", "expected"),
    [
        ("DEV/xvdc 20971520 sectors", "interrupted"),
        ("DEV/xvdc 41943040 sectors", "refused"),
        ("DEV/xvde 20971520 sectors", "refused"),
        ("DEV/xvdc 20971520 sectors a1b2 0x5000", "refused"),
    ],
)
def test_only_the_very_disk_of_an_interrupted_formatting_is_formatted_again(
    note: str, expected: str, tmp_path: Path
) -> None:
    machine = FakeMachine([system(), FakeDisk("xvdc", "202:32", "TYPE=btrfs")], ROOT)
    assert expected in decide(tmp_path, machine, note=note)


@pytest.mark.parametrize(
    ("note", "expected"),
    [
        ("DEV/xvdc 20971520 sectors a1b2 0x5000", "interrupted"),
        ("DEV/xvdc 20971520 sectors", "interrupted"),
        ("DEV/xvdc 20971520 sectors a1b2", "refused"),
        ("DEV/xvdc 20971520 sectors c3d4 0x5000", "refused"),
        ("DEV/xvdc 41943040 sectors a1b2 0x5000", "refused"),
    ],
)
def test_a_disk_with_a_serial_number_is_known_by_it(note: str, expected: str, tmp_path: Path) -> None:
    disk = FakeDisk("xvdc", "202:32", "TYPE=btrfs", serial="a1b2   0x5000")
    assert expected in decide(tmp_path, FakeMachine([system(), disk], ROOT), note=note)


@pytest.mark.parametrize(
    ("plan", "found", "pvs", "expected"),
    [
        ("btrfs", {}, "", "interrupted"),
        ("btrfs", {"blkid": "LABEL=galera-swarm\nTYPE=btrfs"}, "", "interrupted"),
        ("ext4", {"blkid": "TYPE=ext4"}, "", "interrupted"),
        ("lvm-btrfs", {"blkid": "TYPE=LVM2_member"}, "echo galera_swarm", "interrupted"),
        ("lvm-btrfs", {"blkid": "TYPE=LVM2_member"}, "echo", "interrupted"),
        ("lvm-btrfs", {"blkid": "TYPE=LVM2_member"}, "echo other_vg", "refused"),
        ("lvm-btrfs", {"blkid": "TYPE=LVM2_member"}, "exit 5", "refused"),
        ("lvm-btrfs", {"blkid": "TYPE=btrfs"}, "echo", "refused"),
        ("btrfs", {"blkid": "TYPE=LVM2_member"}, "echo", "refused"),
        ("btrfs", {"blkid": "LABEL=backup\nTYPE=btrfs"}, "", "refused"),
        ("btrfs", {"blkid": "LABEL=galera-swarm\nTYPE=ext4"}, "", "refused"),
        ("btrfs", {"blkid": "TYPE=ext4"}, "", "refused"),
        ("btrfs", {"blkid": "TYPE=crypto_LUKS"}, "", "refused"),
        ("btrfs", {"blkid": "PTTYPE=gpt"}, "", "refused"),
        ("btrfs", {"status": 8}, "", "refused"),
        ("btrfs", {"status": 4}, "", "refused"),
        ("btrfs", {"wipefs": "0x0 zfs_member"}, "", "refused"),
        ("btrfs", {"partitions": {"xvdc1": "202:33"}}, "", "refused"),
    ],
)
def test_what_a_formatting_of_ours_never_leaves_is_refused_also_under_its_note(
    plan: str, found: dict[str, Any], pvs: str, expected: str, tmp_path: Path
) -> None:
    machine = FakeMachine([system(), FakeDisk("xvdc", "202:32", **found)], ROOT)
    note = "DEV/xvdc 20971520 sectors"
    verdict = decide(tmp_path, machine, filesystem=plan, note=note, fakes={**FAKES, "pvs": pvs})
    assert expected in verdict
