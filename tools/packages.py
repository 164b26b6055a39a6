"""Programs of the operating system: found, installed from the distribution when that is possible, or named
with the one command that provides them."""

import os
import re
import shutil
import subprocess
from collections.abc import Iterable, Sequence

from tools.errors import ToolError
from tools.steps import Step, logged

#: Program to the Debian and Ubuntu package that holds it.
DEBIAN_PACKAGES = {
    "git": "git",
    "go": "golang-go",
    "ssh": "openssh-client",
    "docker": "docker.io",
    "dockerd": "docker.io",
    "iptables": "iptables",
    "mmdebstrap": "mmdebstrap",
    "losetup": "mount",
    "chromium": "chromium",
    "chromedriver": "chromium-driver",
}
#: The same for the Fedora and Red Hat family.
FEDORA_PACKAGES = {
    "git": "git",
    "go": "golang",
    "ssh": "openssh-clients",
    "docker": "docker-ce",
    "dockerd": "docker-ce",
    "iptables": "iptables",
    "losetup": "util-linux",
    "chromium": "chromium",
    "chromedriver": "chromedriver",
}


def missing(programs: Iterable[str]) -> list[str]:
    """Those of the programs that are not on PATH (nor among the administrator's programs)."""
    path = os.pathsep.join([os.environ.get("PATH", os.defpath), "/usr/local/sbin", "/usr/sbin", "/sbin"])
    return [program for program in programs if shutil.which(program, path=path) is None]


def install_command(programs: Iterable[str]) -> str:
    """The one command line that provides the programs on this machine."""
    sudo = "" if os.geteuid() == 0 else "sudo "
    if shutil.which("apt-get"):
        packages = sorted({DEBIAN_PACKAGES.get(program, program) for program in programs})
        return f"{sudo}apt-get install -y {' '.join(packages)}"
    packages = sorted({FEDORA_PACKAGES.get(program, program) for program in programs})
    return f"{sudo}dnf install -y {' '.join(packages)}"


def can_install() -> bool:
    """Whether packages can be installed here without asking anybody: root, on Debian or Ubuntu."""
    return os.geteuid() == 0 and shutil.which("apt-get") is not None


def candidate(package: str) -> str:
    """The version of a package that apt would install, without its epoch; empty where it has none.

    A fresh machine may have no lists of packages yet: they are fetched where that needs nobody's leave.
    """
    version = _candidate(package)
    if not version and can_install():
        try:
            logged("packages", "apt-get", "update", "-q")
        except ToolError:
            # No lists are to be had from here; their log stays.
            return ""
        version = _candidate(package)
    return version


def _candidate(package: str) -> str:
    if shutil.which("apt-cache") is None:
        return ""
    done = subprocess.run(
        ["apt-cache", "policy", package],
        env={**os.environ, "LC_ALL": "C"},
        capture_output=True,
        text=True,
        check=False,
    )
    found = re.search(r"^\s*Candidate: (?:\d+:)?(\d\S*)", done.stdout, re.MULTILINE)
    return found.group(1) if found else ""


def programs_step(name: str, what: str, usual_seconds: float, programs: Sequence[str]) -> Step:
    """The step that provides programs of the operating system."""
    return Step(
        name=name,
        what=what,
        usual_seconds=usual_seconds,
        key=lambda: " ".join(programs),
        present=lambda: not missing(programs),
        run=lambda: provide(name, programs),
    )


def provide(name: str, programs: Iterable[str]) -> str:
    """Install what is missing of the programs; returns what was done.

    Raises ToolError with the command to run when this user cannot install packages.
    """
    wanted = missing(programs)
    if not wanted:
        return "already there"
    if not can_install():
        message = f"missing on this machine: {', '.join(wanted)}"
        raise ToolError(message, install_command(wanted))
    packages = sorted({DEBIAN_PACKAGES.get(program, program) for program in wanted})
    quiet = {"DEBIAN_FRONTEND": "noninteractive"}
    logged(name, "apt-get", "update", "-q", env=quiet)
    logged(name, "apt-get", "install", "-y", "-q", "--no-install-recommends", *packages, env=quiet)
    return f"installed {', '.join(packages)} from the distribution"
