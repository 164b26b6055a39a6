"""The sandbox's side of a test: its life, what was ordered, and the containers that are the servers."""

import fcntl
import json
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TextIO

from sandbox.cli import serving
from sandbox.nodes.layout import checkout_layout

ROOT = Path(__file__).resolve().parents[2]
CONTROL = "http://127.0.0.1:18080/control"
_LOCKS = ROOT / ".tools"
#: There while it was a test run that brought the sandbox up.
_BROUGHT_UP = _LOCKS / "e2e-sandbox"


def sandbox(*words: str, timeout: float = 900) -> subprocess.CompletedProcess[str]:
    """Run `python -m sandbox …` to its end."""
    return subprocess.run(
        [sys.executable, "-m", "sandbox", *words],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
    )


def bring_images(*images: str, timeout: float = 900) -> None:
    """Have images at hand for the servers of the sandbox, which is up."""
    made = sandbox("up", *(word for image in images for word in ("--image", image)), timeout=timeout)
    assert made.returncode == 0, f"an image is missing:\n{made.stdout}\n{made.stderr}"


def build_image(image: str) -> None:
    """Have an image on this machine, without a sandbox."""
    made = sandbox("images", image, timeout=1800)
    assert made.returncode == 0, f"no image {image}:\n{made.stdout}\n{made.stderr}"


@contextmanager
def sandbox_up() -> Iterator[None]:
    """The sandbox is up meanwhile; one that answers already is left alone.

    Test runs beside each other share it: the last one to leave takes it away.
    """
    _LOCKS.mkdir(exist_ok=True)
    with (_LOCKS / "e2e-users.lock").open("w") as users:
        with _alone():
            if _nobody_holds(users):
                _BROUGHT_UP.unlink(missing_ok=True)  # what a killed run left up is somebody's by now
            fcntl.flock(users, fcntl.LOCK_SH)
            if not answers():
                started = sandbox("up")
                said = f"the sandbox does not start:\n{started.stdout}\n{started.stderr}"
                assert started.returncode == 0, said
                _BROUGHT_UP.touch()
        try:
            yield
        finally:
            with _alone():
                fcntl.flock(users, fcntl.LOCK_UN)
                if _BROUGHT_UP.exists() and _nobody_holds(users):
                    stopped = sandbox("down")
                    assert stopped.returncode == 0, stopped.stderr
                    _BROUGHT_UP.unlink()


@contextmanager
def _alone() -> Iterator[None]:
    with (_LOCKS / "e2e-turn.lock").open("w") as turn:
        fcntl.flock(turn, fcntl.LOCK_EX)
        yield


def _nobody_holds(users: TextIO) -> bool:
    try:
        fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    fcntl.flock(users, fcntl.LOCK_UN)
    return True


def control(path: str, body: object = None, method: str | None = None) -> Any:
    """One of the sandbox's control answers; with a body, something it is told."""
    request = urllib.request.Request(
        f"{CONTROL}/{path}",
        data=None if body is None else json.dumps(body).encode(),
        method=method,
    )
    with urllib.request.urlopen(request, timeout=10) as answer:
        return json.load(answer)


def answers() -> bool:
    """Whether the API of this checkout's sandbox is there; that of another one is no help."""
    if serving.running(checkout_layout()) is None:
        return False
    try:
        control("health")
    except OSError:
        return False
    return True


def ordered(prefix: str) -> dict[str, int]:
    """How often each server whose name begins so was ever ordered, by host name."""
    counts: dict[str, int] = control("orders")["orderedByName"]
    return {name.split(".")[0]: count for name, count in counts.items() if name.startswith(prefix)}


def guests(prefix: str) -> list[str]:
    """Host names of the guests that are there, in order, each as often as there are guests of it."""
    return sorted(guest["hostname"] for guest in control("guests") if guest["hostname"].startswith(prefix))


@contextmanager
def faults(*scripts: dict[str, Any]) -> Iterator[None]:
    """Fault scripts of the sandbox's API, taken back at the end."""
    control("faults", list(scripts))
    try:
        yield
    finally:
        control("faults", method="DELETE")


def docker(*words: str) -> str:
    """The machine's own docker, on which the servers are containers."""
    done = subprocess.run(["docker", *words], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, f"docker {' '.join(words)}: {done.stderr}"
    return done.stdout.strip()


def node_container(hostname: str) -> str:
    """Id of the container that is the server of that name."""
    numbers = [guest["id"] for guest in control("guests") if guest["hostname"] == hostname]
    assert len(numbers) == 1, f"{len(numbers)} servers are called {hostname}"
    found = docker("ps", "-aq", "--filter", "label=galera-swarm.sandbox", "--filter", f"name=-{numbers[0]}$")
    assert found, f"no container for server {hostname}"
    return found.split()[0]


def on_node(hostname: str, command: str) -> str:
    """Output of a shell command on a server, past SSH and firewall."""
    return docker("exec", node_container(hostname), "sh", "-c", command)


def seen_on(hostname: str) -> str:
    """What anybody on a server can read: command lines, environments, containers and their logs."""
    return on_node(
        hostname,
        "cat /proc/[0-9]*/cmdline /proc/[0-9]*/environ 2>/dev/null;"  # processes end meanwhile
        " for c in $(docker ps -q); do docker logs $c 2>&1; docker inspect $c; done",
    )


def kill_database(hostname: str) -> None:
    """kill -9 of the database process on a server."""
    on_node(hostname, "kill -9 $(pidof mariadbd)")
