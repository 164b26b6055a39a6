"""A stack of the real program, driven through the real engine from a test."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml  # type: ignore[import-untyped]

from settings import stack_file

ROOT = Path(__file__).resolve().parents[2]


class EngineFailedError(AssertionError):
    """The engine ended with an error where the test expected success."""


@dataclass
class Stack:
    """One stack with a config file of its own outside the checkout, so that a developer's stacks stay
    untouched.
    """

    name: str
    config_file: Path
    config: dict[str, Any] = field(default_factory=dict)

    def set(self, key: str, value: Any) -> None:
        """Set `servers.count`-like dotted keys; takes effect at the next engine run."""
        *path, last = key.split(".")
        section = self.config
        for part in path:
            section = section.setdefault(part, {})
        section[last] = value
        self._write()

    def _write(self) -> None:
        document = {"config": {f"galera-swarm:{key}": value for key, value in self.config.items()}}
        salt = {}
        if self.config_file.exists():
            before = yaml.safe_load(self.config_file.read_text()) or {}
            salt = {key: value for key, value in before.items() if key.startswith("encryption")}
        self.config_file.write_text(yaml.safe_dump(salt | document))

    def command(self, *words: str) -> list[str]:
        """The engine's command line for this stack; only commands that read the config are given its file."""
        verb, where, config = list(words), ["--stack", self.name], ["--config-file", str(self.config_file)]
        if words[0] in {"init", "output", "rm", "export", "import"}:
            verb, config = ["stack", *words], []
        elif words[0] == "ls":
            config = []
        if words[0] == "init":
            verb, where = [*verb, self.name], []
        return [str(ROOT / "tools" / "run"), "pulumi", *verb, *where, *config, "--non-interactive"]

    def run(self, *words: str, timeout: float = 600, check: bool = True) -> subprocess.CompletedProcess[str]:
        """Run an engine command to its end; raises EngineFailedError with the whole output."""
        done = subprocess.run(
            self.command(*words), cwd=ROOT, capture_output=True, text=True, timeout=timeout, check=False
        )
        if check and done.returncode != 0:
            message = f"pulumi {' '.join(words)} ended with {done.returncode}:\n{done.stdout}\n{done.stderr}"
            raise EngineFailedError(message)
        return done

    def up(self, *, timeout: float = 900, check: bool = True) -> subprocess.CompletedProcess[str]:
        return self.run("up", "--yes", "--skip-preview", timeout=timeout, check=check)

    def preview(self, *, check: bool = True) -> dict[str, Any]:
        """The plan as the engine's JSON; `changes` counts the steps by kind."""
        done = self.run("preview", "--json", check=check)
        return dict(json.loads(done.stdout))

    def changes(self) -> dict[str, list[str]]:
        """What a preview would do: kind of step to the URNs it concerns, without what stays the same."""
        plan: dict[str, list[str]] = {}
        for step in self.preview().get("steps", []):
            if step["op"] not in {"same", "read"}:
                plan.setdefault(step["op"], []).append(step["urn"])
        return plan

    def outputs(self) -> dict[str, Any]:
        done = self.run("output", "--json", "--show-secrets")
        return dict(json.loads(done.stdout))

    def edit_state(self, change: Callable[[dict[str, Any]], None]) -> None:
        """Let `change` alter each resource of the stack's state, as the engine exports it."""
        document = json.loads(self.run("export").stdout)
        for resource in document["deployment"]["resources"]:
            change(resource)
        file = self.config_file.with_suffix(".state.json")
        file.write_text(json.dumps(document))
        self.run("import", "--file", str(file))

    def take_away(self) -> None:
        """Destroy and forget it, also when a run of it was killed."""
        self.run("cancel", "--yes", check=False)
        self.run("refresh", "--yes", "--skip-preview", "--clear-pending-creates", check=False)
        self.run("destroy", "--yes", "--skip-preview")
        self.run("rm", "--yes", "--force")

    def start(self, *words: str) -> "EngineRun":
        """Start an engine command in a process group of its own, to be killed on the way."""
        return EngineRun(self.command(*words))


class EngineRun:
    """An engine command under way; its output is collected line by line."""

    def __init__(self, command: list[str]) -> None:
        self.process = subprocess.Popen(
            command,
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        self.lines: list[str] = []
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.lines.append(line.rstrip())

    def wait_for(self, what: str, seen: Callable[[], bool], timeout: float = 300) -> None:
        """Wait until a condition outside holds, while the run is still going."""
        await_condition(what, lambda: seen() or self.process.poll() is not None, timeout)
        if not seen():
            message = f"the run ended before {what}:\n" + "\n".join(self.lines)
            raise EngineFailedError(message)

    def said(self, *words: str) -> bool:
        """Whether one line of the output holds all these words."""
        return any(all(word in line for word in words) for line in list(self.lines))

    def kill(self, how: signal.Signals) -> None:
        """Ctrl-C reaches the whole foreground group, as at a terminal; so does this, with any signal."""
        os.killpg(self.process.pid, how)
        self.process.wait(timeout=180)


def await_condition(what: str, holds: Callable[[], bool], timeout: float, every: float = 0.3) -> float:
    """Poll until something holds; returns the seconds it took, raises AssertionError naming what did
    not come.
    """
    begun = time.monotonic()
    while not holds():
        if time.monotonic() - begun > timeout:
            message = f"{what} did not happen within {timeout:.0f} s"
            raise AssertionError(message)
        time.sleep(every)
    return time.monotonic() - begun


def dev_config() -> dict[str, Any]:
    """The dev stack's config, the one that users try first."""
    return dict(stack_file.read(ROOT / "Pulumi.dev.yaml"))


@contextmanager
def temporary_stack(name: str, directory: Path, **changes: Any) -> Iterator[Stack]:
    """A stack that is destroyed and removed at the end, also when the test failed."""
    stack = Stack(name=name, config_file=directory / f"Pulumi.{name}.yaml", config=dev_config())
    stack.set("cloud.sshKeyFile", str(directory / f"{name}_ed25519"))
    for key, value in changes.items():
        stack.set(key.replace("__", "."), value)
    stack.run("init")
    try:
        yield stack
    finally:
        if sys.exc_info()[0] is not None:
            sys.stderr.write(f"stack {name}: taking it away after a failure\n")
        stack.take_away()
