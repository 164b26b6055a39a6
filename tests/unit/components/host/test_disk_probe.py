"""The decision about the data disk, on machines made of files: which disk, and when it is refused."""

import subprocess
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.components.host.bash import STAT, run_functions
from tests.unit.components.host.machine import FakeDisk, FakeMachine

SWAP = "TYPE=swap"
OURS = "LABEL=galera-swarm\nTYPE=btrfs"


FAKES = {
    "blkid": 'f="${@: -1}"; cat "${f%/*}/.${f##*/}.blkid"; exit "$(cat "${f%/*}/.${f##*/}.status")"',
    "wipefs": 'f="${@: -1}"; cat "${f%/*}/.${f##*/}.wipefs"',
    "lsblk": 'f="${@: -1}"; cat "${f%/*}/.${f##*/}.serial"',
    "pvs": "echo galera_swarm",
    "mountpoint": "exit 1",
}


def probe(
    room: Path, call: str, *, filesystem: str = "btrfs", device: str = "auto", **more: Any
) -> "subprocess.CompletedProcess[str]":
    """One call of the probe's functions on the machine in `room`."""
    return run_functions(
        room,
        files=["disk_probe"],
        values={
            "data_root": str(room / "docker"),
            "disk_device": device.replace("DEV", str(room / "dev")),
            "disk_plan": filesystem,
            "disk_type": filesystem.removeprefix("lvm-"),
            "disk_label": "galera-swarm",
            "volume_group": "galera_swarm",
            "proc_dir": str(room / "proc"),
            "sys_dir": str(room / "sys"),
            "dev_dir": str(room / "dev"),
        },
        overrides='is_block() { [ -f "$1" ]; }\n' + STAT + more.get("overrides", ""),
        fakes=more.get("fakes", FAKES),
        call=call,
    )


def decide(
    room: Path, machine: FakeMachine, *, note: str | None = None, mark: str | None = None, **how: Any
) -> tuple[str, str]:
    """(disk's name, state), or ("refused", the sentence).

    `note` is what an interrupted formatting left behind, `mark` what a finished one wrote on the disk.
    """
    machine.build(room)
    (room / "state").mkdir()
    if note:
        (room / "state/formatting").write_text(note.replace("DEV", str(room / "dev")) + "\n")
    if mark:
        (room / "docker/.galera-swarm-disk").write_text(mark + "\n")
    done = probe(room, 'find_disk; printf "%s %s" "${disk##*/}" "$disk_state"', **how)
    if done.returncode:
        assert done.returncode == 1, done.stderr
        return "refused", done.stderr.replace(str(room / "dev"), "DEV")
    disk, _, state = done.stdout.partition(" ")
    return disk, state


def system(name: str = "xvda", number: str = "202:0") -> FakeDisk:
    """A system disk with one partition."""
    major, minor = number.split(":")
    return FakeDisk(name, number, "PTTYPE=dos", partitions={f"{name}1": f"{major}:{int(minor) + 1}"})


ROOT = [("202:1", "DEV/xvda1")]
SOFTLAYER = [system(), FakeDisk("xvdb", "202:16", "PTTYPE=dos", partitions={"xvdb1": "202:17"})]


@pytest.mark.parametrize(
    ("machine", "expected"),
    [
        pytest.param(
            FakeMachine([*SOFTLAYER, FakeDisk("xvdc", "202:32")], ROOT, ["DEV/xvdb1"]),
            ("xvdc", "blank"),
            id="the cloud's order: system, swap, data",
        ),
        pytest.param(
            FakeMachine([*SOFTLAYER, FakeDisk("xvdc", "202:32")], ROOT),
            ("xvdc", "blank"),
            id="swap that is off is still swap",
        ),
        pytest.param(
            FakeMachine([system(), FakeDisk("xvdb", "202:16"), FakeDisk("xvdc", "202:32")], ROOT),
            ("xvdc", "blank"),
            id="device 1 is reserved even when empty",
        ),
        pytest.param(
            FakeMachine(
                [system("vda", "254:0"), FakeDisk("vdb", "254:16", SWAP), FakeDisk("vdc", "254:32")],
                [("254:1", "DEV/vda1")],
            ),
            ("vdc", "blank"),
            id="virtio",
        ),
        pytest.param(
            FakeMachine(
                [
                    system(),
                    FakeDisk("xvdc", "202:32", "LABEL=config-2\nTYPE=vfat"),
                    FakeDisk("xvde", "202:64"),
                ],
                ROOT,
            ),
            ("xvde", "blank"),
            id="the cloud's metadata disk",
        ),
        pytest.param(
            FakeMachine(
                [
                    system(),
                    FakeDisk("xvdc", "202:32", "LABEL=data\nTYPE=ext4"),
                    FakeDisk("xvde", "202:64", OURS),
                ],
                ROOT,
            ),
            ("xvde", "ours"),
            id="ours is preferred to any other",
        ),
        pytest.param(
            FakeMachine([system(), FakeDisk("xvdc", "202:32"), FakeDisk("xvde", "202:64", OURS)], ROOT),
            ("xvde", "ours"),
            id="ours is preferred to a blank one",
        ),
        pytest.param(
            FakeMachine([system(), FakeDisk("xvdc", "202:32", sectors=0), FakeDisk("xvde", "202:64")], ROOT),
            ("xvde", "blank"),
            id="a drive without a medium",
        ),
        pytest.param(
            FakeMachine([system(), FakeDisk("xvdc", "202:32")], [("0:30", "DEV/xvda1")]),
            ("xvdc", "blank"),
            id="a btrfs root shows only its source",
        ),
        pytest.param(
            FakeMachine(
                [
                    FakeDisk("sda", "8:0", "PTTYPE=gpt", partitions={"sda1": "8:1"}, holder="253:0"),
                    FakeDisk("sdb", "8:16"),
                ],
                [("253:0", "/dev/mapper/root")],
            ),
            ("sdb", "blank"),
            id="a root on LVM",
        ),
    ],
)
def test_auto_takes_the_disk_meant_for_data(
    machine: FakeMachine, expected: tuple[str, str], tmp_path: Path
) -> None:
    assert decide(tmp_path, machine) == expected


@pytest.mark.parametrize(
    ("disk", "words"),
    [
        (FakeDisk("xvdc", "202:32", "TYPE=ext4\nLABEL=precious"), "a ext4 filesystem labelled precious"),
        (FakeDisk("xvdc", "202:32", "TYPE=btrfs"), "a btrfs filesystem"),
        (FakeDisk("xvdc", "202:32", "TYPE=crypto_LUKS"), "a crypto_LUKS filesystem"),
        (FakeDisk("xvdc", "202:32", "PTTYPE=gpt"), "a partition table (gpt)"),
        (FakeDisk("xvdc", "202:32", status=8), "several signatures at once"),
        (FakeDisk("xvdc", "202:32", status=4), "something blkid cannot read"),
        (FakeDisk("xvdc", "202:32", wipefs="0x0 zfs_member"), "a signature that 'wipefs -n"),
        (FakeDisk("xvdc", "202:32", partitions={"xvdc1": "202:33"}), "partitions"),
        (FakeDisk("xvdc", "202:32", "LABEL=galera-swarm\nTYPE=ext4"), "ext4 of an earlier preparation"),
    ],
)
def test_foreign_data_is_refused_by_name(disk: FakeDisk, words: str, tmp_path: Path) -> None:
    verdict, sentence = decide(tmp_path, FakeMachine([system(), disk], ROOT))
    assert verdict == "refused"
    assert f"galera-1: DEV/xvdc {'carries' if 'earlier' in words else 'already holds'} {words}" in sentence
    assert sentence.count("\n") == 1


def test_a_named_disk_is_not_trusted_more_than_a_found_one(tmp_path: Path) -> None:
    machine = FakeMachine([system(), FakeDisk("sdb", "8:16", "TYPE=xfs"), FakeDisk("sdc", "8:32")], ROOT)
    assert decide(tmp_path, machine, device="DEV/sdb")[0] == "refused"


@pytest.mark.parametrize(
    ("device", "words"),
    [
        ("DEV/xvda", "in use by the running system"),
        ("DEV/xvdz", "no disk here"),
        ("auto", "there is no second disk"),
    ],
)
def test_a_machine_without_the_wanted_disk_is_told_so(device: str, words: str, tmp_path: Path) -> None:
    verdict, sentence = decide(tmp_path, FakeMachine([system()], ROOT), device=device)
    assert (verdict, words in sentence) == ("refused", True)


def test_a_finished_disk_is_known_by_its_mark(tmp_path: Path) -> None:
    assert decide(tmp_path, FakeMachine([system()], ROOT), mark="btrfs") == ("", "mounted")


@pytest.mark.parametrize(("mark", "plan"), [("ext4", "btrfs"), ("btrfs", "none"), ("xfs", "none")])
def test_a_finished_disk_keeps_its_filesystem(mark: str, plan: str, tmp_path: Path) -> None:
    verdict, sentence = decide(tmp_path, FakeMachine([system()], ROOT), mark=mark, filesystem=plan)
    assert (verdict, f"is mounted with {mark}, not {plan};" in sentence) == ("refused", True)


def test_a_plan_without_a_disk_looks_at_none(tmp_path: Path) -> None:
    machine = FakeMachine([system(), FakeDisk("xvdc", "202:32", "TYPE=ext4")], ROOT)
    assert decide(tmp_path, machine, filesystem="none", fakes={"blkid": "exit 9"}) == ("", "none")


@pytest.mark.parametrize(
    ("pvs", "overrides", "expected"),
    [
        ("echo galera_swarm", "", "ours"),
        ("echo other_vg", "", "refused"),
        # Before the packages are there nobody can look into it; the formatting step asks again.
        ("exit 1", "command() { return 1; }", "ours"),
    ],
)
def test_a_physical_volume_is_ours_by_its_group(
    pvs: str, overrides: str, expected: str, tmp_path: Path
) -> None:
    machine = FakeMachine([system(), FakeDisk("xvdc", "202:32", "TYPE=LVM2_member")], ROOT)
    verdict = decide(
        tmp_path, machine, filesystem="lvm-btrfs", fakes={**FAKES, "pvs": pvs}, overrides=overrides
    )
    assert expected in verdict


WORDS = st.text("abcdefghijklmnopqrstuvwxyz-_0123456789", max_size=12)
FOREIGN = st.tuples(WORDS, WORDS, WORDS, WORDS, st.sampled_from([0, 1, 2, 4, 8, 127]), st.booleans()).filter(
    lambda found: any((found[0], found[2], found[3], found[5])) or found[4] not in (0, 2)
)


@settings(max_examples=8, deadline=None)
@given(finds=st.lists(FOREIGN, min_size=10, max_size=10))
def test_nothing_but_a_blank_disk_is_called_blank(
    finds: list[tuple[str, str, str, str, int, bool]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    disks = []
    for index, (kind, label, table, signature, status, partitioned) in enumerate(finds):
        tags = (("TYPE", kind), ("LABEL", label), ("PTTYPE", table))
        lines = [f"{key}={text}" for key, text in tags if text]
        partitions = {f"sd{index}p1": f"8:{16 * index + 1}"} if partitioned else {}
        disks.append(
            FakeDisk(
                f"sd{index}",
                f"8:{16 * index}",
                "\n".join(lines),
                status=status,
                wipefs=signature,
                partitions=partitions,
            )
        )
    room = tmp_path_factory.mktemp("machine")
    FakeMachine(disks).build(room)
    done = probe(room, f'for i in {{0..{len(disks) - 1}}}; do disk_content "$dev_dir/sd$i"; done')
    answers = done.stdout.splitlines()
    assert len(answers) == len(disks), done.stderr
    assert "blank" not in answers
