"""A Docker engine for the stand-in cloud: one that runs already is never touched; else the distribution's is
installed and started, by the init system where there is one."""

import http.client
import os
import shutil
import socket
import subprocess
import threading
import time
from pathlib import Path

from tools.checkout import TOOLS
from tools.errors import ToolError
from tools.packages import missing, provide
from tools.steps import Step, logged

#: What the stand-in cloud needs besides Python.
PROGRAMS = ("docker", "dockerd", "iptables", "losetup")
#: Makes the servers' base image where no registry can be reached; elsewhere it is not needed.
BASE_IMAGE_PROGRAMS = ("mmdebstrap",)
#: Who may use the engine is not enough: the stand-in attaches disks and reaches its servers' networks.
AS_ROOT = "sudo make up"
PID_FILE = TOOLS / "dockerd.pid"
LOG_FILE = TOOLS / "dockerd.log"
_SOCKET = Path("/var/run/docker.sock")
_START_SECONDS = 90
#: Where the engine and its containerd write their numbers, and the program that has to run under them.
_PID_FILES = {
    Path("/var/run/docker.pid"): "dockerd",
    Path("/var/run/docker/containerd/containerd.pid"): "containerd",
}


def step() -> Step:
    """Have a Docker engine that answers."""
    return Step(
        name="docker",
        what="Docker engine",
        usual_seconds=45,
        key=lambda: " ".join((*PROGRAMS, *BASE_IMAGE_PROGRAMS)),
        present=lambda: not missing(PROGRAMS[:1]) and answers(),
        run=_provide,
        needs=_require_leave,
    )


def answers() -> bool:
    """Whether a Docker engine answers where this user's client would ask."""
    host = os.environ.get("DOCKER_HOST", "")
    if host and not host.startswith("unix://"):
        done = subprocess.run(["docker", "version"], capture_output=True, timeout=30, check=False)
        return done.returncode == 0
    connection = _UnixConnection(host.removeprefix("unix://") or str(_SOCKET))
    try:
        connection.request("GET", "/_ping")
        return connection.getresponse().status == 200
    except PermissionError as exc:
        message = f"this user may not use the Docker engine at {connection.path}"
        raise ToolError(message, AS_ROOT) from exc
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _require_leave() -> None:
    if answers() or os.geteuid() == 0:
        return
    absent = missing(PROGRAMS)
    lack = f"this user cannot install one (missing: {', '.join(absent)})" if absent else "none runs"
    message = f"no Docker engine answers, and {lack}; the stand-in cloud needs root for more than that"
    raise ToolError(message, AS_ROOT)


def _provide() -> str:
    if answers():
        installed = provide("docker", ["docker", *_helpful()])
        return f"one runs already; its companions: {installed}"
    installed = provide("docker", [*PROGRAMS, *_helpful()])
    return f"{installed}; {_start()}"


def _helpful() -> list[str]:
    """Programs that are installed along where that needs nobody's leave, but whose absence is no error."""
    return list(BASE_IMAGE_PROGRAMS) if os.geteuid() == 0 and shutil.which("apt-get") else []


def _start() -> str:
    if answers():
        return "started by its package"
    if Path("/run/systemd/system").is_dir():
        logged("docker", "systemctl", "start", "docker")
        _await_answer(None)
        return "started by systemd"
    for file, program in _PID_FILES.items():
        clear_stale(file, program)
    with LOG_FILE.open("a") as log:
        process = subprocess.Popen(
            ["dockerd"], stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
        )
    PID_FILE.write_text(f"{process.pid}\n")
    _await_answer(process)
    return f"started as process {process.pid}, log in {LOG_FILE}"


def clear_stale(file: Path, program: str, proc: Path = Path("/proc")) -> None:
    """Remove a pid file whose number belongs to nobody, or to another program by now.

    An engine that was killed leaves it behind, and the next one takes whoever has that number for the first.
    """
    try:
        running = (proc / file.read_text().strip() / "comm").read_text().strip()
    except OSError:
        running = ""
    if running != program:
        file.unlink(missing_ok=True)


def _await_answer(process: subprocess.Popen[bytes] | None) -> None:
    pause = threading.Event()
    deadline = time.monotonic() + _START_SECONDS
    while not answers():
        if process is not None and process.poll() is not None:
            tail = "\n".join(LOG_FILE.read_text(errors="replace").splitlines()[-10:])
            message = f"dockerd ended at once; the end of {LOG_FILE}:\n{tail}"
            raise ToolError(message)
        if time.monotonic() > deadline:
            message = f"the Docker engine does not answer {_START_SECONDS} s after its start"
            raise ToolError(message, f"tail {LOG_FILE}" if process else "journalctl -u docker")
        pause.wait(0.2)


class _UnixConnection(http.client.HTTPConnection):
    """HTTP over a Unix socket."""

    def __init__(self, path: str) -> None:
        super().__init__("localhost", timeout=10)
        self.path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(10)
        self.sock.connect(self.path)
