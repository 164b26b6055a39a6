"""Disks as files, and how their loop devices are found."""

from pathlib import Path

import pytest

from sandbox.nodes.disks import AttachedDisk, Disks
from sandbox.nodes.errors import HostError


@pytest.fixture
def disks(tmp_path: Path) -> Disks:
    """Disks whose losetup answers with what `losetup.out` holds, and notes its arguments in `losetup.log`."""
    program = tmp_path / "losetup"
    program.write_text(
        f'#!/bin/sh\necho "$@" >>{tmp_path}/losetup.log\ncat {tmp_path}/losetup.out 2>/dev/null || true\n'
    )
    program.chmod(0o755)
    return Disks(tmp_path / "disks", sysfs=tmp_path / "sys", losetup=str(program))


def test_a_disk_is_sparse_private_and_as_large_as_ordered(disks: Disks) -> None:
    disks.ensure(7, "xvdc", 100)
    found = disks.file(7, "xvdc").stat()
    assert found.st_size == 100 * 1024**3
    assert found.st_blocks == 0
    assert found.st_mode & 0o777 == 0o600


def test_a_disk_that_is_there_keeps_its_content(disks: Disks) -> None:
    disks.ensure(7, "xvdc", 1)
    with disks.file(7, "xvdc").open("r+b") as stream:
        stream.write(b"rows")
    disks.ensure(7, "xvdc", 1)
    assert disks.file(7, "xvdc").open("rb").read(4) == b"rows"


def test_a_servers_disks_are_not_those_of_a_server_with_a_longer_id(disks: Disks) -> None:
    for guest_id, name in ((7, "xvde"), (7, "xvdc"), (77, "xvdc"), (17, "xvdc")):
        disks.ensure(guest_id, name, 1)
    assert [path.name for path in disks.files(7)] == ["7-xvdc.img", "7-xvde.img"]


@pytest.mark.parametrize(("output", "expected"), [("/dev/loop12\n", Path("/dev/loop12")), ("", None)])
def test_a_loop_device_is_found_by_the_file_behind_it(
    disks: Disks, tmp_path: Path, output: str, expected: Path | None
) -> None:
    disks.ensure(7, "xvdc", 1)
    (tmp_path / "losetup.out").write_text(output)
    assert disks.loop_of(disks.file(7, "xvdc")) == expected
    assert (tmp_path / "losetup.log").read_text().startswith("--associated ")


def test_a_loop_device_that_cannot_be_made_is_told_with_the_disk(tmp_path: Path) -> None:
    disks = Disks(tmp_path, losetup="false")
    disks.ensure(7, "xvdc", 1)
    with pytest.raises(HostError, match=r"7-xvdc\.img.*losetup --find"):
        disks.attach(7)


def test_removing_deletes_the_servers_disks_and_no_others(disks: Disks) -> None:
    disks.ensure(7, "xvdc", 1)
    disks.ensure(77, "xvdc", 1)
    disks.remove(7)
    disks.remove(7)
    assert [path.name for path in disks.directory.iterdir()] == ["77-xvdc.img"]


def test_an_interrupted_disk_does_not_count_and_goes_with_the_rest(disks: Disks) -> None:
    disks.directory.mkdir()
    (disks.directory / "7-xvdc.part").touch()
    assert disks.files(7) == []
    disks.remove_all()
    assert list(disks.directory.iterdir()) == []


def test_the_init_gets_name_and_numbers() -> None:
    assert AttachedDisk("xvdc", 7, 259).line == "xvdc 7 259"
