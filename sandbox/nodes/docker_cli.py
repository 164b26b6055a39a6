"""The docker command line, run with a time limit; every failure becomes one sentence."""

import json
import os
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sandbox.nodes.errors import DockerError

QUICK_SECONDS = 60.0
"""Limit for what the engine answers at once, on a machine that is busy with other things."""


@dataclass(frozen=True)
class Docker:
    """The engine of this machine, as the `docker` command on the PATH reaches it."""

    program: str = "docker"

    def run(
        self,
        *arguments: str,
        purpose: str,
        stdin: bytes | None = None,
        timeout_seconds: float = QUICK_SECONDS,
    ) -> str:
        """Run `docker <arguments>` and return its output.

        Raises DockerError with `purpose` ("start server 7") and the engine's last line.
        """
        completed = self.attempt(*arguments, purpose=purpose, stdin=stdin, timeout_seconds=timeout_seconds)
        if completed.returncode != 0:
            message = f"Cannot {purpose}: {last_line(completed.stderr)}"
            raise DockerError(message)
        return completed.stdout.decode(errors="replace")

    def attempt(
        self,
        *arguments: str,
        purpose: str,
        stdin: bytes | None = None,
        timeout_seconds: float = QUICK_SECONDS,
    ) -> subprocess.CompletedProcess[bytes]:
        """Run `docker <arguments>` and return how it ended, also when that was a failure."""
        source: dict[str, Any] = {"input": stdin} if stdin is not None else {"stdin": subprocess.DEVNULL}
        try:
            return subprocess.run(
                [self.program, *arguments],
                capture_output=True,
                check=False,
                timeout=timeout_seconds,
                env=os.environ | {"DOCKER_CLI_HINTS": "false"},
                **source,
            )
        except FileNotFoundError as exc:
            message = (
                f"Cannot {purpose}: there is no docker command; install it with 'apt-get install docker.io'."
            )
            raise DockerError(message) from exc
        except subprocess.TimeoutExpired as exc:
            message = (
                f"Cannot {purpose}: 'docker {arguments[0]}' did not end within {timeout_seconds:.0f} s; "
                "look at the engine's log."
            )
            raise DockerError(message) from exc

    def inspect(self, kind: str, name: str) -> dict[str, Any] | None:
        """The engine's record of a container, network, volume or image; None when there is no such thing."""
        purpose = f"look at the {kind} {name}"
        completed = self.attempt(kind, "inspect", name, purpose=purpose)
        if completed.returncode == 0:
            record: dict[str, Any] = json.loads(completed.stdout)[0]
            return record
        text = last_line(completed.stderr)
        if "no such" in text.lower() or "not found" in text.lower():
            return None
        message = f"Cannot {purpose}: {text}"
        raise DockerError(message)

    def listed(self, *arguments: str, purpose: str) -> list[str]:
        """The output's lines, without empty ones."""
        return [line for line in self.run(*arguments, purpose=purpose).splitlines() if line]


def last_line(output: Sequence[int] | bytes) -> str:
    """The last line that says something, without the engine's usual beginnings."""
    lines = [line.strip() for line in bytes(output).decode(errors="replace").splitlines() if line.strip()]
    lines = [line for line in lines if not line.startswith("See 'docker")]
    text = lines[-1] if lines else "docker said nothing"
    return text.removeprefix("Error response from daemon: ").removeprefix("Error: ")
