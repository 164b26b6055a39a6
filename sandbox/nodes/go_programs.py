"""The programs of an image that is made from Go modules: built on this machine, for its build context."""

import os
import shutil
import subprocess
from pathlib import Path

from sandbox.nodes.docker_cli import last_line
from sandbox.nodes.errors import HostError

BUILD_SECONDS = 1800.0
# What the linker leaves out is not compiled either; nor does a compiler live long enough to collect garbage.
_FLAGS = ("-mod=readonly", "-modcacherw", "-trimpath", "-gcflags=all=-dwarf=false", "-ldflags=-s -w")


def needs_go(source: Path) -> bool:
    """Whether the image's directory names Go programs (the `tool` lines of its go.mod)."""
    return (source / "go.mod").exists()


def build_context(source: Path, target: Path) -> None:
    """Fill `target` with the image's files and its Go programs. Raises HostError with the remedy.

    They link nothing of this machine's C library, so that an image needs nothing but them. The environment
    says where Go keeps its caches; what it puts there can be deleted like any file.
    """
    go = shutil.which("go")
    if go is None:
        message = (
            f"The image of {source.name} is built from Go modules, and there is no go command; install Go."
        )
        raise HostError(message)
    shutil.copytree(source, target, dirs_exist_ok=True)
    done = subprocess.run(
        [go, "build", *_FLAGS, f"-o={target}/", "tool"],
        cwd=target,
        env=os.environ | {"CGO_ENABLED": "0", "GOGC": "off", "GOMEMLIMIT": "1GiB"},
        capture_output=True,
        check=False,
        timeout=BUILD_SECONDS,
    )
    if done.returncode != 0:
        message = f"Cannot build the programs of the image {source.name}: {last_line(done.stderr)}"
        raise HostError(message)
