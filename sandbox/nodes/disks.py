"""The servers' further disks: sparse files on loop devices of the machine.

A server sees its disk as a device node that its own init makes from the loop device's numbers at every boot.
Those are handed over anew before each start, since a loop device need not have the same number after a reboot
of the machine.
"""

import contextlib
import os
import subprocess
import threading
import time
from dataclasses import dataclass
from pathlib import Path

from sandbox.nodes.errors import HostError

DETACH_SECONDS = 10.0

_attaching = threading.Lock()


@dataclass(frozen=True, order=True)
class AttachedDisk:
    """A disk as the server's init needs it: the name below /dev and the numbers of the device."""

    name: str
    major: int
    minor: int

    @property
    def line(self) -> str:
        """The line of the file `disks` that is handed over."""
        return f"{self.name} {self.major} {self.minor}"


@dataclass(frozen=True)
class Disks:
    """All disks of a sandbox, as files `<guest id>-<name>.img` of one directory."""

    directory: Path
    sysfs: Path = Path("/sys")
    losetup: str = "losetup"

    def file(self, guest_id: int, name: str) -> Path:
        """Where the disk's content lies."""
        return self.directory / f"{guest_id}-{name}.img"

    def files(self, guest_id: int) -> list[Path]:
        """The files of a server's disks, in the order of the device names."""
        return sorted(self.directory.glob(f"{guest_id}-xvd?.img"))

    def ensure(self, guest_id: int, name: str, size_gb: int) -> None:
        """Make the disk, empty and sparse, unless it is there."""
        path = self.file(guest_id, name)
        if path.exists():
            return
        self.directory.mkdir(parents=True, exist_ok=True)
        fresh = path.with_suffix(".part")
        with fresh.open("wb") as stream:
            os.ftruncate(stream.fileno(), size_gb * 1024**3)
        fresh.chmod(0o600)
        fresh.rename(path)

    def attach(self, guest_id: int) -> list[AttachedDisk]:
        """Attach every disk of the server that is not attached. Raises HostError."""
        attached = []
        for path in self.files(guest_id):
            with _attaching:
                device = self.loop_of(path) or self._set_up(path)
            number = os.stat(device).st_rdev
            name = path.stem.split("-", 1)[1]
            attached.append(AttachedDisk(name, os.major(number), os.minor(number)))
        return attached

    def remove(self, guest_id: int) -> None:
        """Detach and delete every disk of the server. Raises HostError when one stays in use."""
        for path in self.files(guest_id):
            self.detach(path)
            path.unlink(missing_ok=True)

    def remove_all(self) -> None:
        """Detach and delete the disks of all servers, also those whose files somebody deleted."""
        for path in sorted(self.directory.glob("*.img")):
            self.detach(path)
            path.unlink(missing_ok=True)
        for path in self.directory.glob("*.part"):
            path.unlink(missing_ok=True)
        for device in self._loops_of_deleted_files():
            self._remove_holders(device)
            self._losetup("--detach", str(device))

    def loop_of(self, path: Path) -> Path | None:
        """The loop device that the file is attached to.

        Known by device and inode, never by path: the same path may mean another file in another container.
        """
        done = self._losetup("--associated", str(path), "--noheadings", "--output", "NAME")
        devices = done.stdout.split()
        return Path(devices[0]) if done.returncode == 0 and devices else None

    def detach(self, path: Path) -> None:
        """Take the file off its loop device, waiting while the kernel ends what a dead server had mounted."""
        deadline = time.monotonic() + DETACH_SECONDS
        while (device := self.loop_of(path)) is not None:
            self._remove_holders(device)
            done = self._losetup("--detach", str(device))
            if done.returncode == 0 and self.loop_of(path) is None:
                return
            if time.monotonic() > deadline:
                message = (
                    f"The loop device {device} of {path.name} stays in use; see who holds it "
                    f"with 'lsof {device}' and detach it with 'losetup -d {device}'."
                )
                raise HostError(message)
            time.sleep(0.05)

    def _loops_of_deleted_files(self) -> list[Path]:
        """Loop devices whose file lay in the directory."""
        done = self._losetup("--list", "--noheadings", "--raw", "--output", "NAME,BACK-FILE")
        pairs = [line.split(maxsplit=1) for line in done.stdout.splitlines()]
        return [Path(pair[0]) for pair in pairs if pair[1:] and Path(pair[1]).parent == self.directory]

    def _remove_holders(self, device: Path) -> None:
        """Remove logical volumes that a server made on its disk: the kernel's device mapper knows no
        namespaces.
        """
        for holder in (self.sysfs / "block" / device.name / "holders").glob("dm-*"):
            name = (holder / "dm" / "name").read_text().strip()
            with contextlib.suppress(FileNotFoundError):
                subprocess.run(
                    ["dmsetup", "remove", "--retry", name], capture_output=True, check=False, timeout=30
                )

    def _set_up(self, path: Path) -> Path:
        """Attach the file to a free loop device."""
        done = self._losetup("--find", "--show", str(path.resolve()))
        if done.returncode != 0:
            message = (
                f"Cannot attach {path.name} to a loop device: {done.stderr.strip() or 'no reason given'}; "
                "check with 'losetup --find' that this machine has a free one."
            )
            raise HostError(message)
        return Path(done.stdout.strip())

    def _losetup(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run losetup, which is part of util-linux and therefore on every Linux."""
        return subprocess.run(
            [self.losetup, *arguments], capture_output=True, text=True, check=False, timeout=30
        )
