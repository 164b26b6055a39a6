"""A member's server for tests: a real shell in a directory of its own, and a `docker` that knows volumes."""

import os
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from providers.ssh import Completed, ConnectionLostError, Session, Target, UnreachableError

_DOCKER = """#!/bin/sh
root=$(dirname "$0")
case "$1 $2" in
"volume ls") name=${5#name=^}; name=${name%\\$}; [ -d "$root/volumes/$name" ] && echo "$name"; exit 0 ;;
"volume inspect") echo "$root/volumes/$5" ;;
"ps -aq") [ -e "$root/log" ] && echo container; exit 0 ;;
"logs --tail") cat "$root/log" ;;
*) echo "unexpected: $*" >&2; exit 9 ;;
esac
"""


class FakeServer(Session):
    """One server; commands run in sh, with its own docker first on the PATH."""

    def __init__(self, root: Path, host: str) -> None:
        self.name, self.root, self.is_up = host, root, True
        (root / "volumes").mkdir(parents=True)
        docker = root / "docker"
        docker.write_text(_DOCKER)
        docker.chmod(0o755)
        self.commands: list[str] = []
        #: The session breaks off after this many commands; whoever opens one again finds it whole.
        self.breaks_after: int | None = None
        self._is_broken = False

    def open(self) -> None:
        """What a new session finds."""
        self._is_broken = False

    def run(
        self, command: str, *, stdin: str | None = None, timeout_seconds: float, close_stdin: bool = True
    ) -> Completed:
        if len(self.commands) == self.breaks_after:
            self.breaks_after, self._is_broken = None, True
        if self._is_broken:
            said = f"the SSH session to {self.name} broke off before: {command}"
            raise ConnectionLostError(said)
        self.commands.append(command)
        done = subprocess.run(
            ["/bin/sh", "-c", command],
            input=stdin or "",
            capture_output=True,
            text=True,
            timeout=timeout_seconds,
            env={**os.environ, "PATH": f"{self.root}:{os.environ['PATH']}"},
            check=False,
        )
        return Completed(exit_status=done.returncode, stdout=done.stdout, stderr=done.stderr)

    def volume(self, name: str) -> Path:
        """The data volume, made if it is not there."""
        path = self.root / "volumes" / name
        path.mkdir(exist_ok=True)
        return path

    def says(self, *lines: str) -> None:
        """What the member's container logs."""
        (self.root / "log").write_text("".join(f"{line}\n" for line in lines))


class FakeNetwork:
    """SSH to the servers of a test."""

    def __init__(self, root: Path, count: int) -> None:
        self.servers = [FakeServer(root / f"db{n}", f"10.140.0.{n}") for n in range(1, count + 1)]

    @contextmanager
    def connect(self, target: Target, *, deadline_seconds: float) -> Iterator[FakeServer]:
        server = next(server for server in self.servers if server.name == target.host)
        if not server.is_up:
            said = f"no SSH session to {target}"
            raise UnreachableError(said)
        server.open()
        yield server


class FakeClock:
    """Time that passes only while somebody sleeps; `on_sleep` is what happens meanwhile."""

    def __init__(self) -> None:
        self.now = 0.0
        self.on_sleep: Callable[[], None] = lambda: None

    def sleep(self, seconds: float) -> None:
        self.now += seconds
        self.on_sleep()

    def module(self) -> SimpleNamespace:
        """In place of the module `time`."""
        return SimpleNamespace(monotonic=lambda: self.now, sleep=self.sleep)


def ssh(server: Session) -> dict[str, Any]:
    """The `ssh` input that leads to a server."""
    return {"host": server.name, "port": 22.0, "user": "root", "hostKey": "k k", "privateKey": "p"}
