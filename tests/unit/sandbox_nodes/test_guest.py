"""What a server is made with."""

import io
import tarfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.nodes.disks import AttachedDisk
from sandbox.nodes.guest import (
    GuestProfile,
    archive,
    create_command,
    device_names,
    disk_files,
    first_boot_files,
    limit_arguments,
    machine_arguments,
    resolver,
)
from sandbox.nodes.layout import Layout
from tests.unit.sandbox_nodes.specs import spec

LAYOUT = Layout(Path("/checkout"))


def command(**changes: object) -> list[str]:
    return create_command(
        spec(**changes), layout=LAYOUT, profile=GuestProfile(cpus=4), image="node:1", modules=False
    )


def test_a_server_is_found_by_its_labels_and_name() -> None:
    words = command()
    assert f"--label=galera-swarm.sandbox={LAYOUT.sandbox_id}" in words
    assert "--label=galera-swarm.guest=7" in words
    assert "--label=galera-swarm.fqdn=db-1.example.org" in words
    assert f"--name=galera-swarm-{LAYOUT.sandbox_id}-7" in words


def test_a_server_begins_on_the_private_network_and_publishes_nothing() -> None:
    words = command()
    assert "--network=galera-swarm-private" in words
    assert "--ip=10.141.0.17" in words
    assert not [word for word in words if word.startswith(("-p", "--publish")) and word != "--privileged"]


def test_no_key_and_no_user_data_are_in_the_command_line() -> None:
    words = " ".join(
        command(user_data="#!/bin/sh\necho password", ssh_public_keys=("ssh-ed25519 SECRETLOOKING",))
    )
    assert "password" not in words
    assert "SECRETLOOKING" not in words


def test_rights_without_privileged_are_all_but_the_withheld() -> None:
    words = machine_arguments(GuestProfile(withheld=("SYS_RESOURCE", "SYS_TIME")))
    assert "--privileged" not in words
    assert words[:3] == ["--cap-add=ALL", "--cap-drop=SYS_RESOURCE", "--cap-drop=SYS_TIME"]
    assert "--device-cgroup-rule=a *:* rwm" in words


def test_a_privileged_server_names_no_capabilities() -> None:
    words = machine_arguments(GuestProfile(privileged=True, host_user_namespace=True))
    assert words[:2] == ["--privileged", "--userns=host"]
    assert not [word for word in words if word.startswith("--cap-")]


@pytest.mark.parametrize(
    ("profile", "cpus", "expected"),
    [
        (GuestProfile(cpus=4), 2, ["--memory=2048m", "--memory-swap=2048m", "--cpus=2"]),
        (GuestProfile(cpus=2), 2, ["--memory=2048m", "--memory-swap=2048m"]),
        (GuestProfile(cpus=2), 8, ["--memory=2048m", "--memory-swap=2048m"]),
        (GuestProfile(cpus=4, cpu_limit=False), 2, ["--memory=2048m", "--memory-swap=2048m"]),
        (GuestProfile(cpus=4, memory_limit=False), 2, ["--cpus=2"]),
        (GuestProfile(cpus=4, memory_limit=False, cpu_limit=False), 2, []),
    ],
)
def test_limits_are_those_that_the_machine_can_hold(
    profile: GuestProfile, cpus: int, expected: list[str]
) -> None:
    assert limit_arguments(spec(cpus=cpus), profile) == expected


@pytest.mark.parametrize(
    ("disks_gb", "expected"),
    [
        ((25,), {}),
        ((25, 100), {"xvdc": 100}),
        ((25, 100, 10, 20, 30), {"xvdc": 100, "xvde": 10, "xvdf": 20, "xvdg": 30}),
    ],
)
def test_devices_have_the_clouds_names(disks_gb: tuple[int, ...], expected: dict[str, int]) -> None:
    assert device_names(disks_gb) == expected


def test_only_the_ordered_keys_open_the_server() -> None:
    mode, text = first_boot_files(spec(), "")["root/.ssh/authorized_keys"]
    assert mode == 0o600
    assert text == "ssh-ed25519 AAAA one\nssh-ed25519 BBBB two\n"


def test_a_private_server_has_no_way_out() -> None:
    assert first_boot_files(spec(), "")["etc/sandbox/gateway"][1] == "10.140.0.1\n"
    assert first_boot_files(spec(public_ip=None), "")["etc/sandbox/gateway"][1] == ""


def test_disks_are_handed_over_in_the_order_of_their_names() -> None:
    files = disk_files([AttachedDisk("xvde", 7, 12), AttachedDisk("xvdc", 7, 300)])
    assert files == {"etc/sandbox/disks": (0o644, "xvdc 7 300\nxvde 7 12\n")}


def test_the_archive_leaves_the_systems_own_directories_alone() -> None:
    content = archive(first_boot_files(spec(user_data="secret"), "nameserver 192.0.2.1\n"))
    with tarfile.open(fileobj=io.BytesIO(content)) as tar:
        directories = {entry.name: entry.mode for entry in tar if entry.isdir()}
        owners = {(entry.uid, entry.gid) for entry in tar}
        modes = {entry.name: entry.mode for entry in tar if entry.isfile()}
    assert directories == {"etc/sandbox": 0o700, "root/.ssh": 0o700}
    assert owners == {(0, 0)}
    assert modes["etc/sandbox/user-data"] == 0o600


@given(st.dictionaries(st.from_regex(r"etc/x/[a-z]{1,8}", fullmatch=True), st.text(), min_size=1))
def test_the_archive_holds_every_file_as_it_was(texts: dict[str, str]) -> None:
    content = archive({path: (0o600, text) for path, text in texts.items()})
    with tarfile.open(fileobj=io.BytesIO(content)) as tar:
        found = {
            name: (stream.read().decode() if (stream := tar.extractfile(name)) else None) for name in texts
        }
    assert found == texts


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        (
            "nameserver 192.0.2.1\nsearch x\nnameserver 2001:db8::1\n",
            "nameserver 192.0.2.1\nnameserver 2001:db8::1\n",
        ),
        ("nameserver 127.0.0.53\noptions edns0\n", "nameserver 127.0.0.11\n"),
        ("nameserver ::1\n# nameserver 192.0.2.9\nnameserver\n", "nameserver 127.0.0.11\n"),
        ("nameserver 127.0.0.1\nnameserver 192.0.2.1\n", "nameserver 192.0.2.1\n"),
        ("", "nameserver 127.0.0.11\n"),
    ],
)
def test_the_resolver_is_one_that_a_server_can_reach(host: str, expected: str) -> None:
    assert resolver(host) == expected
