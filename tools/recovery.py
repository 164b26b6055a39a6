"""Makes a stack usable again after an engine run was killed: its lock, its orphaned helpers, its pending
operations. Only for state in a local directory; a shared backend answers for itself.

What works with the engine of this checkout, measured: a lock file stays behind and blocks until it is
removed; dynamic providers run on for ever and would meet the next run's; `stack export` and then `import`
clears pending operations. Creates of ours are simply run again, since those resources adopt what they find.
Objects of the Docker provider do not: what was made is looked up by name, put into the state with its id, and
refreshed; what was deleted is refreshed away, since deleting it once more fails.
"""

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from tools.checkout import PROJECT, PULUMI_HOME
from tools.deployment import (
    adopt,
    deleted_already,
    latest,
    pending_operations,
    restore,
    superseded,
    wanted_names,
)
from tools.docker_objects import find_id, is_gone
from tools.errors import ToolError
from tools.progress import say, step

_HELPERS = (b"pulumi.dynamic", b"pulumi-resource-", b"pulumi-language-")
_ENGINE = "pulumi"
_ORPHAN_END_SECONDS = 5.0


def recover(stack: str, environment: Mapping[str, str]) -> None:
    """Clear what a killed run of this stack left behind; nothing at all when nothing was left.

    Raises ToolError when a living run holds the stack.
    """
    directory = state_directory(environment.get("PULUMI_BACKEND_URL"))
    if directory is None or not directory.is_dir():
        return
    release_lock(directory, stack)
    end_orphans()
    checkpoint = checkpoint_file(directory, stack)
    if checkpoint is not None and pending_operations(json.loads(checkpoint.read_text())):
        with step("settling what the interrupted run left unfinished", 5):
            settle(stack, environment)


def take_back(stack: str, environment: Mapping[str, str], config: Sequence[str]) -> None:
    """Take configs and secrets in use again that the last run was to delete and the next one wants.

    A change that did not come to its end keeps the old ones, which not every service has let go of. Taken
    back, it would make them once more, and Docker refuses a second one of that name. What the next run wants
    is asked of a preview; one that fails changes nothing here, since the run itself says why.
    """
    directory = state_directory(environment.get("PULUMI_BACKEND_URL"))
    checkpoint = checkpoint_file(directory, stack) if directory else None
    if checkpoint is None or not superseded(latest(json.loads(checkpoint.read_text()))):
        return
    with step("looking whether an unfinished change is taken back", 10):
        try:
            preview = json.loads(_engine(environment, "preview", "--json", "--stack", stack, *config))
        except ToolError:
            return
        exported = json.loads(_engine(environment, "stack", "export", "--stack", stack))
        if restore(exported["deployment"], wanted_names(preview)):
            _engine(environment, "stack", "import", "--stack", stack, stdin=json.dumps(exported))


def state_directory(backend: str | None) -> Path | None:
    """The directory of a `file://` backend; none for any other."""
    if backend is None or not backend.startswith("file://"):
        return None
    return Path(backend.removeprefix("file://").split("?")[0]).expanduser() / ".pulumi"


def checkpoint_file(directory: Path, stack: str) -> Path | None:
    """The file that holds a stack's state, if the stack exists."""
    file = directory / "stacks" / PROJECT / f"{stack}.json"
    return file if file.exists() else None


def stacks_with_resources(directory: Path) -> list[str]:
    """The stacks of a state directory that hold resources, or were about to make some."""
    return [file.stem for file in sorted((directory / "stacks" / PROJECT).glob("*.json")) if _holds(file)]


def _holds(file: Path) -> bool:
    try:
        checkpoint = json.loads(file.read_text())
    except FileNotFoundError:
        return False
    except json.JSONDecodeError:
        # Nobody knows what it held.
        return True
    return bool(latest(checkpoint).get("resources") or pending_operations(checkpoint))


def release_lock(directory: Path, stack: str) -> None:
    """Remove the locks of processes of this machine that are gone. Raises ToolError for one that lives."""
    for lock in (directory / "locks").glob(f"**/{stack}/*.json"):
        try:
            holder = json.loads(lock.read_text())
        except (FileNotFoundError, json.JSONDecodeError):
            continue
        pid = int(holder.get("pid", 0))
        if holder.get("hostname") != socket.gethostname():
            continue
        if _is_engine(pid):
            message = f"stack {stack} is being changed by process {pid} since {holder.get('timestamp')}"
            raise ToolError(message, f"wait for it, or stop it with: kill -INT {pid}")
        lock.unlink(missing_ok=True)
        say(f"released the lock that the killed process {pid} left on stack {stack}")


def end_orphans() -> None:
    """End helpers of this checkout's engine that outlived it."""
    orphans = list(_orphans())
    for pid in orphans:
        _signal(pid, signal.SIGTERM)
    deadline = time.monotonic() + _ORPHAN_END_SECONDS
    pause = threading.Event()
    while any(_alive(pid) for pid in orphans):
        if time.monotonic() > deadline:
            for pid in orphans:
                _signal(pid, signal.SIGKILL)
            break
        pause.wait(0.05)
    if orphans:
        say(f"ended {len(orphans)} helper process(es) of a killed engine")


def settle(stack: str, environment: Mapping[str, str]) -> None:
    """Take the pending operations out of a stack's state, and what they made in the Docker engine into it."""
    exported = json.loads(_engine(environment, "stack", "export", "--stack", stack))
    deployment = exported["deployment"]
    deleted = deleted_already(deployment, is_gone)
    moved = dict.fromkeys([*deleted, *adopt(deployment, find_id)])
    _engine(environment, "stack", "import", "--stack", stack, stdin=json.dumps(exported))
    if moved:
        targets = [word for urn in moved for word in ("--target", urn)]
        _engine(environment, "refresh", "--stack", stack, "--yes", "--skip-preview", *targets)


def _engine(environment: Mapping[str, str], *words: str, stdin: str | None = None) -> str:
    done = subprocess.run(
        ["pulumi", *words, "--non-interactive", "--color", "never"],
        env=dict(environment),
        input=stdin,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        message = f"`pulumi {' '.join(words[:2])}` failed: {done.stderr.strip() or done.stdout.strip()}"
        raise ToolError(message)
    return done.stdout


def _orphans() -> Iterator[int]:
    if not sys.platform.startswith("linux"):
        return
    home = f"PULUMI_HOME={PULUMI_HOME}".encode()
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit() or int(entry.name) == os.getpid():
            continue
        try:
            command = (entry / "cmdline").read_bytes()
            if not any(helper in command for helper in _HELPERS):
                continue
            if home not in (entry / "environ").read_bytes().split(b"\0"):
                continue
        except OSError:
            continue
        if not any(_is_engine(pid) for pid in _ancestors(int(entry.name))):
            yield int(entry.name)


def _ancestors(pid: int) -> Iterator[int]:
    while pid > 1:
        try:
            status = Path(f"/proc/{pid}/stat").read_text()
        except OSError:
            return
        pid = int(status.rsplit(")", 1)[1].split()[1])
        yield pid


def _is_engine(pid: int) -> bool:
    comm = Path(f"/proc/{pid}/comm")
    if comm.exists():
        return comm.read_text().strip() == _ENGINE
    return not sys.platform.startswith("linux") and _alive(pid)


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _signal(pid: int, number: signal.Signals) -> None:
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return
