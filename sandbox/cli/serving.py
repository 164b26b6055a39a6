"""The API's process: run in the foreground by `serve`, kept in the background by `up`."""

import hashlib
import logging
import os
import signal
import subprocess
import sys
import threading
import time
from argparse import Namespace
from pathlib import Path

from sandbox.api import serve
from sandbox.cli.control import ControlError, NotRunningError, control
from sandbox.nodes.docker_cli import Docker
from sandbox.nodes.docker_driver import DockerDriver
from sandbox.nodes.errors import HostError
from sandbox.nodes.host_facts import gather
from sandbox.nodes.images import NODE
from sandbox.nodes.layout import API_HOST, API_KEY, API_PATH, API_PORT, API_USERNAME, Layout, checkout_layout
from sandbox.nodes.probe import choose_profile
from sandbox.nodes.progress import Progress

START_SECONDS = 30.0
STOP_SECONDS = 20.0

ENDPOINT = f"http://{API_HOST}:{API_PORT}{API_PATH}"


def serve_command(options: Namespace) -> int:
    """Serve the API with servers on Docker until SIGTERM or SIGINT."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    layout, docker = checkout_layout(), Docker()
    profile, _ = choose_profile(docker, layout, gather(docker), NODE.tag)
    driver = DockerDriver(layout, profile, NODE.tag, docker)
    ended = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ended.set())
    try:
        with serve(
            host=API_HOST,
            port=API_PORT,
            database=layout.database,
            driver=driver,
            provision_seconds=options.provision_seconds,
            username=API_USERNAME,
            api_key=API_KEY,
        ) as server:
            logging.info("serving %s", server.url)
            ended.wait()
    except OSError as exc:
        message = f"Cannot serve {ENDPOINT}: {exc}; see with 'ss -ltnp' who uses port {API_PORT}."
        raise HostError(message) from exc
    return 0


def revision() -> str:
    """Twelve digits that follow from the sandbox's code, so that a process of older code is known."""
    package = Path(__file__).resolve().parents[1]
    digest = hashlib.sha256(NODE.content.encode())
    for path in sorted(package.rglob("*.py")):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:12]


def command(provision_seconds: float) -> list[str]:
    """The command line of the API's process; two that are equal serve alike."""
    return [
        sys.executable,
        "-m",
        "sandbox",
        "serve",
        f"--provision-seconds={provision_seconds:g}",
        f"--revision={revision()}",
    ]


def running(layout: Layout) -> int | None:
    """The process id of this checkout's API, if it runs. A reused id is told by the command line and
    directory.
    """
    if not layout.api_pid.exists():
        return None
    pid = int(layout.api_pid.read_text())
    return pid if _checkout_served_by(pid) == layout.checkout.resolve() else None


def elsewhere(layout: Layout) -> dict[int, Path]:
    """The APIs that other checkouts have left running on this network: process id and checkout."""
    ours, found = layout.checkout.resolve(), {}
    for process in Path("/proc").glob("[0-9]*"):
        checkout = _checkout_served_by(int(process.name))
        if checkout is not None and checkout != ours and _shares_our_network(process):
            found[int(process.name)] = checkout
    return found


def _checkout_served_by(pid: int) -> Path | None:
    process = Path("/proc") / str(pid)
    try:
        words = (process / "cmdline").read_bytes().decode(errors="replace").split("\0")
        directory = (process / "cwd").resolve()
    except OSError:
        return None
    return directory if words[1:4] == ["-m", "sandbox", "serve"] else None


def _shares_our_network(process: Path) -> bool:
    try:
        return (process / "ns/net").readlink() == Path("/proc/self/ns/net").readlink()
    except OSError:
        return False


def ensure_running(layout: Layout, provision_seconds: float, progress: Progress) -> None:
    """Start the API unless it runs with this code and this provision time. Raises HostError when it does not
    answer.
    """
    wanted = command(provision_seconds)
    pid = running(layout)
    if pid is not None:
        words = Path(f"/proc/{pid}/cmdline").read_bytes().decode(errors="replace").split("\0")
        if words[1:-1] == wanted[1:] and _answers():
            return
        progress.say("restarting the API: its code or its provision time changed")
        stop(layout)
    elif _answers():
        message = (
            f"Something else answers at {API_HOST}:{API_PORT}, perhaps another checkout's sandbox; "
            "run 'python -m sandbox down' there, or 'python -m sandbox down --others' here."
        )
        raise HostError(message)
    progress.say(f"starting the API at {ENDPOINT}")
    _start(layout, wanted)


def _start(layout: Layout, words: list[str]) -> None:
    with layout.api_log.open("ab") as output:
        process = subprocess.Popen(
            words,
            cwd=layout.checkout,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            env={name: value for name, value in os.environ.items() if not name.startswith("SL_")},
        )
    layout.api_pid.write_text(f"{process.pid}\n")
    deadline = time.monotonic() + START_SECONDS
    while not _answers():
        if process.poll() is not None or time.monotonic() > deadline:
            lines = layout.api_log.read_text(errors="replace").splitlines()
            message = (
                f"The API did not start ({lines[-1] if lines else 'it said nothing'}); see {layout.api_log}."
            )
            raise HostError(message)
        time.sleep(0.02)


def stop(layout: Layout) -> bool:
    """End the API's process; False when none ran. Its records stay, so no order is lost."""
    pid = running(layout)
    if pid is None:
        layout.api_pid.unlink(missing_ok=True)
        return False
    end(pid)
    layout.api_pid.unlink(missing_ok=True)
    return True


def end(pid: int) -> None:
    """Wait for the end of an API's process; one that does not end in order is killed."""
    os.kill(pid, signal.SIGTERM)
    deadline = time.monotonic() + STOP_SECONDS
    while _checkout_served_by(pid) is not None:
        if time.monotonic() > deadline:
            os.kill(pid, signal.SIGKILL)
        time.sleep(0.02)


def _answers() -> bool:
    try:
        control("GET", "health")
    except NotRunningError:
        return False
    except ControlError as exc:
        raise HostError(str(exc)) from exc
    return True
