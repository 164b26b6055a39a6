"""The node driver that makes each server a Docker container of this machine.

It keeps no records: containers are found by their names, disks by their file names, and a server that was
powered off on purpose by an empty file, so that everything else can be brought back after the machine or its
engine went down.
"""

import contextlib
import socket
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sandbox.api.driver import NodeSpec, PowerAction, PowerState
from sandbox.nodes import https_door
from sandbox.nodes.disks import Disks
from sandbox.nodes.docker_cli import Docker
from sandbox.nodes.errors import HostError
from sandbox.nodes.guest import (
    GuestProfile,
    archive,
    create_command,
    device_names,
    disk_files,
    first_boot_files,
    resolver,
)
from sandbox.nodes.layout import GUEST_LABEL, PUBLIC_NETWORK, Layout

SSH_SECONDS = 60.0
"""How long a server may take from its start until sshd answers; usually it is well below one."""
STOP_SECONDS = 60
"""Grace for an orderly power off: the engine inside needs up to ten seconds for its own containers."""
LISTING_SECONDS = 0.5
"""For how long a listing of power states is taken as current."""

_STATES: dict[str, PowerState] = {"running": "RUNNING", "paused": "PAUSED"}


@dataclass
class DockerDriver:
    """Implements `NodeDriver`; every method may be called from many threads, one at a time for each guest."""

    layout: Layout
    profile: GuestProfile
    image: str
    docker: Docker = field(default_factory=Docker)

    def __post_init__(self) -> None:
        self._disks = Disks(self.layout.disks)
        self._listing: tuple[float, dict[str, str]] = (0.0, {})
        self._listing_lock = threading.Lock()

    def create(self, spec: NodeSpec) -> None:
        """Make and start the server, and wait until its sshd answers. Raises HostError."""
        name = self.layout.container(spec.guest_id)
        state = self._state(name)
        if state == "created":
            self._remove_container(name)
            state = None
        for disk, size_gb in device_names(spec.disks_gb).items():
            self._disks.ensure(spec.guest_id, disk, size_gb)
        if state is None:
            self._make_container(spec)
        if state != "running":
            self._start(spec.guest_id)
        _await_ssh(spec)

    def destroy(self, guest_id: int) -> None:
        """Remove the container with its anonymous volume, the disks and the marks. Raises HostError."""
        self._remove_container(self.layout.container(guest_id))
        self._disks.remove(guest_id)
        self._halt_mark(guest_id).unlink(missing_ok=True)
        self._forget_listing()

    def reload(self, spec: NodeSpec) -> None:
        """Make the container anew, with a new system disk and new host keys; the further disks stay. Raises
        HostError.
        """
        self._remove_container(self.layout.container(spec.guest_id))
        self._halt_mark(spec.guest_id).unlink(missing_ok=True)
        self.create(spec)

    def power(self, guest_id: int, action: PowerAction) -> None:
        """Change the power state. Raises HostError, also when there is no such server."""
        name = self.layout.container(guest_id)
        state = self._state(name)
        if state is None:
            message = f"Server {guest_id} has no container; create it before its power is switched."
            raise HostError(message)
        steps: dict[PowerAction, Callable[[int], None]] = {
            "on": self._power_on,
            "off": self._power_off,
            "off-soft": self._power_off_soft,
            "reboot": self._reboot,
            "reboot-hard": self._reboot_hard,
            "pause": self._pause,
            "resume": self._resume,
        }
        try:
            steps[action](guest_id)
        finally:
            self._forget_listing()

    def power_state(self, guest_id: int) -> PowerState:
        """The power state, at most half a second old; a server that is not there is halted."""
        return _STATES.get(self._states().get(str(guest_id), ""), "HALTED")

    def add_disk(self, guest_id: int, device: str, size_gb: int) -> None:
        """Attach a further disk, at once also to a running server. Raises HostError."""
        wanted = device.removeprefix("/dev/")
        self._disks.ensure(guest_id, wanted, size_gb)
        attached = self._disks.attach(guest_id)
        name = self.layout.container(guest_id)
        if self._state(name) != "running":
            return
        self._hand_over(guest_id, disk_files(attached))
        disk = next(disk for disk in attached if disk.name == wanted)
        make = f"[ -b {device} ] || mknod -m 0660 {device} b {disk.major} {disk.minor}"
        self.docker.run("exec", name, "sh", "-c", make, purpose=f"attach {device} to server {guest_id}")

    def recover(self) -> list[int]:
        """Start every server that is down but was not powered off on purpose; returns their ids. Raises
        HostError.

        For `up`, after the machine was rebooted or its engine killed.
        """
        down = sorted(
            int(guest_id)
            for guest_id, state in self._states(fresh=True).items()
            if state not in ("running", "paused", "created") and not self._halt_mark(int(guest_id)).exists()
        )
        with ThreadPoolExecutor(max_workers=8) as pool:
            list(pool.map(self._start, down))
        return down

    def _make_container(self, spec: NodeSpec) -> None:
        name = self.layout.container(spec.guest_id)
        what = f"server {spec.guest_id} ({spec.hostname})"
        modules = Path("/lib/modules").is_dir()
        command = create_command(
            spec, layout=self.layout, profile=self.profile, image=self.image, modules=modules
        )
        self.docker.run(*command, purpose=f"make {what}")
        if spec.public_ip:
            self.docker.run(
                "network",
                "connect",
                f"--ip={spec.public_ip}",
                PUBLIC_NETWORK,
                name,
                purpose=f"connect {what} to the public network",
            )
        resolv_conf = resolver(Path("/etc/resolv.conf").read_text())
        files = first_boot_files(spec, resolv_conf) | https_door.first_boot_files(self.layout)
        self._hand_over(spec.guest_id, files)

    def _hand_over(self, guest_id: int, files: dict[str, tuple[int, str]]) -> None:
        name = self.layout.container(guest_id)
        self.docker.run(
            "cp", "-", f"{name}:/", purpose=f"hand files over to server {guest_id}", stdin=archive(files)
        )

    def _start(self, guest_id: int) -> None:
        """Hand the loop devices' present numbers over, then start. Without that order a server boots without
        its disks.
        """
        self._hand_over(guest_id, disk_files(self._disks.attach(guest_id)))
        self._run("start", guest_id)
        self._forget_listing()

    def _run(self, verb: str, guest_id: int, *options: str, timeout_seconds: float = 120.0) -> None:
        self.docker.run(
            verb,
            *options,
            self.layout.container(guest_id),
            purpose=f"{verb} server {guest_id}",
            timeout_seconds=timeout_seconds,
        )

    def _power_on(self, guest_id: int) -> None:
        self._halt_mark(guest_id).unlink(missing_ok=True)
        match self._state(self.layout.container(guest_id)):
            case "running":
                return
            case "paused":
                self._run("unpause", guest_id)
            case _:
                self._start(guest_id)

    def _power_off(self, guest_id: int) -> None:
        self._mark_halted(guest_id)
        self._kill(guest_id)

    def _kill(self, guest_id: int) -> None:
        if self._state(self.layout.container(guest_id)) in ("running", "paused"):
            self._run("kill", guest_id)
            self._run("wait", guest_id)

    def _power_off_soft(self, guest_id: int) -> None:
        self._mark_halted(guest_id)
        self._stop(guest_id)

    def _stop(self, guest_id: int) -> None:
        self._resume(guest_id)
        self._run("stop", guest_id, f"--time={STOP_SECONDS}", timeout_seconds=STOP_SECONDS + 60.0)

    def _reboot(self, guest_id: int) -> None:
        self._stop(guest_id)
        self._power_on(guest_id)

    def _reboot_hard(self, guest_id: int) -> None:
        self._kill(guest_id)
        self._power_on(guest_id)

    def _pause(self, guest_id: int) -> None:
        if self._state(self.layout.container(guest_id)) == "running":
            self._run("pause", guest_id)

    def _resume(self, guest_id: int) -> None:
        if self._state(self.layout.container(guest_id)) == "paused":
            self._run("unpause", guest_id)

    def _remove_container(self, name: str) -> None:
        if self._state(name) is not None:
            self.docker.run(
                "rm", "--force", "--volumes", name, purpose=f"remove {name}", timeout_seconds=120.0
            )

    def _state(self, name: str) -> str | None:
        record: dict[str, Any] | None = self.docker.inspect("container", name)
        return record["State"]["Status"] if record else None

    def _states(self, *, fresh: bool = False) -> dict[str, str]:
        """The engine's word for the state of each server, by guest id."""
        with self._listing_lock:
            taken, states = self._listing
            if not fresh and time.monotonic() - taken < LISTING_SECONDS:
                return states
            lines = self.docker.listed(
                "ps",
                "--all",
                f"--filter=label={self.layout.label}",
                f"--filter=label={GUEST_LABEL}",
                f'--format={{{{.Label "{GUEST_LABEL}"}}}} {{{{.State}}}}',
                purpose="list the servers",
            )
            states = dict(line.split(maxsplit=1) for line in lines)
            self._listing = (time.monotonic(), states)
            return states

    def _forget_listing(self) -> None:
        with self._listing_lock:
            self._listing = (0.0, {})

    def _halt_mark(self, guest_id: int) -> Path:
        return self.layout.halted / str(guest_id)

    def _mark_halted(self, guest_id: int) -> None:
        self.layout.halted.mkdir(parents=True, exist_ok=True)
        self._halt_mark(guest_id).touch()


def _await_ssh(spec: NodeSpec) -> None:
    """Wait until sshd shows its banner on the address that the machine reaches the server by."""
    address = spec.public_ip or spec.private_ip
    deadline = time.monotonic() + SSH_SECONDS
    while time.monotonic() < deadline:
        with contextlib.suppress(OSError), socket.create_connection((address, 22), timeout=2.0) as connection:
            if connection.recv(4) == b"SSH-":
                return
        time.sleep(0.02)
    message = (
        f"Server {spec.guest_id} ({spec.hostname}) was started, but sshd does not answer at {address}:22 "
        f"after {SSH_SECONDS:.0f} s; see 'python -m sandbox logs {spec.hostname}'."
    )
    raise HostError(message)
