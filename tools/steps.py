"""Runs the steps of setup: each only when what it depends on changed, with its output in a log of its own."""

import fcntl
import hashlib
import os
import subprocess
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tools.checkout import LOGS, STAMPS, TOOLS
from tools.errors import ToolError
from tools.progress import say, step

_TAIL_LINES = 25


@dataclass(frozen=True, kw_only=True)
class Step:
    """One thing that has to be there.

    `key` names the content it depends on; while the recorded key is the same and `present` holds, nothing is
    done. `needs` raises ToolError when something is missing that `run` cannot do without; it is asked before
    any step runs, so that nobody waits minutes for that news. `run` makes it and returns how, in a few words.
    """

    name: str
    what: str
    usual_seconds: float
    key: Callable[[], str]
    present: Callable[[], bool]
    run: Callable[[], str]
    needs: Callable[[], None] = lambda: None

    def is_done(self) -> bool:
        """Whether there is nothing to do."""
        stamp = STAMPS / self.name
        return stamp.exists() and stamp.read_text() == self.key() and self.present()


def perform(steps: Iterable[Step]) -> int:
    """Do what is not done yet, one setup at a time; returns how many steps had to run."""
    steps = list(steps)
    if all(item.is_done() for item in steps):
        return 0
    count = 0
    with _alone():
        undone = [item for item in steps if not item.is_done()]
        for item in undone:
            item.needs()
        for item in undone:
            with step(item.what, item.usual_seconds):
                how = item.run()
            if not item.present():
                message = f"{item.what} ended well, but what it makes is not there"
                raise ToolError(message)
            say(f"  {how}")
            STAMPS.mkdir(parents=True, exist_ok=True)
            (STAMPS / item.name).write_text(item.key())
            count += 1
    return count


def fingerprint(*parts: str | Path) -> str:
    """A hash over texts and the contents of files, in order."""
    digest = hashlib.sha256()
    for part in parts:
        content = part.read_bytes() if isinstance(part, Path) else part.encode()
        digest.update(len(content).to_bytes(8, "big"))
        digest.update(content)
    return digest.hexdigest()


def logged(name: str, *command: str, cwd: Path | None = None, env: Mapping[str, str] | None = None) -> None:
    """Run a command with its output in `.tools/logs/<name>.log`. Raises ToolError with the end of that log
    when it fails."""
    LOGS.mkdir(parents=True, exist_ok=True)
    log = LOGS / f"{name}.log"
    with log.open("a") as sink:
        sink.write(f"\n$ {' '.join(command)}\n")
        sink.flush()
        environment = None if env is None else {**os.environ, **env}
        try:
            done = subprocess.run(
                command,
                cwd=cwd,
                env=environment,
                stdout=sink,
                stderr=sink,
                stdin=subprocess.DEVNULL,
                check=False,
            )
        except FileNotFoundError as exc:
            message = f"{command[0]} is not installed"
            raise ToolError(message) from exc
    if done.returncode != 0:
        tail = "\n".join(log.read_text(errors="replace").splitlines()[-_TAIL_LINES:])
        message = (
            f"`{' '.join(command[:4])} …` failed with status {done.returncode}; the end of {log}:\n{tail}"
        )
        raise ToolError(message)


@contextmanager
def _alone() -> Iterator[None]:
    TOOLS.mkdir(exist_ok=True)
    with (TOOLS / "setup.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            with step("another setup is under way in this checkout; waiting for it"):
                fcntl.flock(lock, fcntl.LOCK_EX)
        yield
