"""An engine that only remembers what it was asked."""

import json
import subprocess
from dataclasses import dataclass, field
from typing import Any

from sandbox.nodes.docker_cli import Docker

Answer = tuple[int, str, str]


@dataclass(frozen=True)
class FakeDocker(Docker):
    """Answers `inspect` from `records`, everything else from `answers` by the first words of the command."""

    records: dict[tuple[str, str], dict[str, Any]] = field(default_factory=dict)
    answers: dict[str, Answer] = field(default_factory=dict)
    commands: list[list[str]] = field(default_factory=list)
    inputs: list[bytes | None] = field(default_factory=list)

    def attempt(
        self, *arguments: str, purpose: str, stdin: bytes | None = None, timeout_seconds: float = 60.0
    ) -> subprocess.CompletedProcess[bytes]:
        self.commands.append(list(arguments))
        self.inputs.append(stdin)
        if arguments[1:2] == ("inspect",):
            record = self.records.get((arguments[0], arguments[2]))
            if record is None:
                return self._done(1, "", f"Error: No such {arguments[0]}: {arguments[2]}")
            return self._done(0, json.dumps([record]), "")
        line = " ".join(arguments)
        for beginning, answer in self.answers.items():
            if line.startswith(beginning):
                return self._done(*answer)
        return self._done(0, "", "")

    def said(self, *words: str) -> list[list[str]]:
        """The commands that began with these words."""
        return [command for command in self.commands if tuple(command[: len(words)]) == words]

    @staticmethod
    def _done(status: int, output: str, complaint: str) -> subprocess.CompletedProcess[bytes]:
        return subprocess.CompletedProcess([], status, output.encode(), complaint.encode())
