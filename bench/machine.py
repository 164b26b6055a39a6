"""The machine a figure belongs to: without it a figure says nothing."""

import os
import platform
import shutil
import subprocess
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]


def machine() -> dict[str, Any]:
    """Cores, memory, kernel, Docker, the load at this moment, and the commit that is measured."""
    return {
        "cores": len(os.sched_getaffinity(0)),
        "memoryMiB": os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2**20,
        "kernel": platform.release(),
        "python": platform.python_version(),
        "docker": _said("docker", "version", "--format", "{{.Server.Version}}"),
        "loadAverage": round(os.getloadavg()[0], 1),
        "commit": _said("git", "describe", "--always", "--dirty"),
    }


def described(facts: dict[str, Any]) -> str:
    """The machine in one line."""
    return (
        f"{facts['cores']} cores, {facts['memoryMiB'] / 1024:.0f} GiB, kernel {facts['kernel']}, "
        f"Docker {facts['docker']}, load {facts['loadAverage']} at the start, commit {facts['commit']}"
    )


def _said(*command: str) -> str:
    if shutil.which(command[0]) is None:
        return "none"
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    return done.stdout.strip() if done.returncode == 0 else "unknown"
