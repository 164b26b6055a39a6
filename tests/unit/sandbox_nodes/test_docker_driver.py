"""The driver's steps, with an engine that only remembers them."""

from pathlib import Path
from typing import Any

import pytest

from sandbox.api.driver import PowerAction
from sandbox.nodes import docker_driver
from sandbox.nodes.disks import AttachedDisk, Disks
from sandbox.nodes.docker_driver import DockerDriver
from sandbox.nodes.errors import DockerError, HostError
from sandbox.nodes.guest import GuestProfile
from sandbox.nodes.layout import Layout
from tests.unit.sandbox_nodes.fakes import FakeDocker
from tests.unit.sandbox_nodes.specs import spec


@pytest.fixture
def driver(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> DockerDriver:
    monkeypatch.setattr(docker_driver, "_await_ssh", lambda spec: None)
    monkeypatch.setattr(Disks, "attach", lambda self, guest_id: [AttachedDisk("xvdc", 7, guest_id)])
    return DockerDriver(Layout(tmp_path), GuestProfile(), "node:1", FakeDocker())


def fake(driver: DockerDriver) -> FakeDocker:
    assert isinstance(driver.docker, FakeDocker)
    return driver.docker


def put(driver: DockerDriver, state: str) -> None:
    record: dict[str, Any] = {"State": {"Status": state}}
    fake(driver).records[("container", driver.layout.container(7))] = record
    fake(driver).answers["ps"] = (0, f"7 {state}\n", "")


def verbs(driver: DockerDriver) -> list[str]:
    return [command[0] for command in fake(driver).commands if command[1:2] != ["inspect"]]


def test_a_new_server_is_made_connected_filled_and_started_in_this_order(driver: DockerDriver) -> None:
    driver.create(spec(disks_gb=(25, 10)))
    assert verbs(driver) == ["create", "network", "cp", "cp", "start"]
    assert driver._disks.file(7, "xvdc").exists()


def test_a_server_without_public_address_is_on_one_network(driver: DockerDriver) -> None:
    driver.create(spec(public_ip=None))
    assert verbs(driver) == ["create", "cp", "cp", "start"]


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        ("running", []),
        ("exited", ["cp", "start"]),
        ("created", ["rm", "create", "network", "cp", "cp", "start"]),
    ],
)
def test_creating_again_does_only_what_is_missing(
    driver: DockerDriver, state: str, expected: list[str]
) -> None:
    put(driver, state)
    driver.create(spec())
    assert verbs(driver) == expected


def test_destroying_takes_container_volume_disks_and_mark(driver: DockerDriver) -> None:
    put(driver, "running")
    driver._disks.ensure(7, "xvdc", 1)
    driver.power(7, "off")
    driver.destroy(7)
    assert fake(driver).said("rm", "--force", "--volumes")
    assert not driver._disks.files(7)
    assert list(driver.layout.halted.iterdir()) == []


def test_destroying_what_is_not_there_is_a_success(driver: DockerDriver) -> None:
    driver.destroy(7)
    assert verbs(driver) == []


@pytest.mark.parametrize(
    ("state", "action", "expected"),
    [
        ("running", "on", []),
        ("exited", "on", ["cp", "start"]),
        ("paused", "on", ["unpause"]),
        ("running", "off", ["kill", "wait"]),
        ("exited", "off", []),
        ("running", "off-soft", ["stop"]),
        ("running", "pause", ["pause"]),
        ("exited", "pause", []),
        ("paused", "resume", ["unpause"]),
        ("running", "resume", []),
    ],
)
def test_power_actions_do_what_the_state_needs(
    driver: DockerDriver, state: str, action: PowerAction, expected: list[str]
) -> None:
    put(driver, state)
    driver.power(7, action)
    assert verbs(driver) == expected


def test_power_of_an_unknown_server_is_refused(driver: DockerDriver) -> None:
    with pytest.raises(HostError, match="Server 7 has no container"):
        driver.power(7, "on")


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        ("running", "RUNNING"),
        ("paused", "PAUSED"),
        ("exited", "HALTED"),
        ("created", "HALTED"),
        ("dead", "HALTED"),
    ],
)
def test_states_have_the_clouds_words(driver: DockerDriver, state: str, expected: str) -> None:
    put(driver, state)
    assert driver.power_state(7) == expected
    assert driver.power_state(8) == "HALTED"


def test_a_listing_asks_the_engine_once(driver: DockerDriver) -> None:
    put(driver, "running")
    for guest_id in range(20):
        driver.power_state(guest_id)
    assert verbs(driver) == ["ps"]


def test_recovery_starts_what_fell_but_not_what_was_switched_off(driver: DockerDriver) -> None:
    put(driver, "running")
    driver.power(7, "off")
    fake(driver).answers["ps"] = (0, "7 exited\n8 exited\n9 running\n10 created\n11 paused\n12 dead\n", "")
    assert driver.recover() == [8, 12]
    assert len(fake(driver).said("start")) == 2


def test_reloading_keeps_the_further_disks(driver: DockerDriver) -> None:
    put(driver, "running")
    driver._disks.ensure(7, "xvdc", 1)
    before = driver._disks.file(7, "xvdc").stat().st_ino
    driver.reload(spec(disks_gb=(25, 1)))
    assert verbs(driver)[0] == "rm"
    assert driver._disks.file(7, "xvdc").stat().st_ino == before


def test_a_disk_is_added_to_a_running_server_at_once(driver: DockerDriver) -> None:
    put(driver, "running")
    driver.add_disk(7, "/dev/xvdc", 5)
    (command,) = fake(driver).said("exec")
    assert command[-1] == "[ -b /dev/xvdc ] || mknod -m 0660 /dev/xvdc b 7 7"


def test_a_disk_is_added_to_a_halted_server_for_its_next_start(driver: DockerDriver) -> None:
    put(driver, "exited")
    driver.add_disk(7, "/dev/xvdc", 5)
    assert verbs(driver) == []
    assert driver._disks.file(7, "xvdc").exists()


def test_the_engines_refusal_names_the_server(driver: DockerDriver) -> None:
    fake(driver).answers["create"] = (
        1,
        "",
        "Error response from daemon: Address already in use\nSee 'docker create'.",
    )
    with pytest.raises(DockerError, match=r"Cannot make server 7 \(db-1\): Address already in use"):
        driver.create(spec())
