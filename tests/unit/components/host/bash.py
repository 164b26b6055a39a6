"""Runs functions of the generated scripts in bash, with the test's values and fake commands."""

import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from components.host.script import Value, assignment, shell

#: In place of a fake command, since it is called often: a device is a file that holds its number.
STAT = """
stat() { local line; IFS= read -r line <"${@: -1}" && printf '%s\\n' "$line"; }
"""

RECORD = 'echo "${0##*/} $*" >>"${0%/fake-bin/*}/calls"'
"""Body of a fake command that writes its call down for `calls`."""


def run_functions(
    room: Path,
    *,
    files: Sequence[str],
    call: str,
    values: Mapping[str, Value] | None = None,
    overrides: str = "",
    fakes: Mapping[str, str] | None = None,
) -> "subprocess.CompletedProcess[str]":
    """`call` after the functions of `files` and then `overrides`; `fakes` come before the real commands."""
    seat = room / "fake-bin"
    seat.mkdir(exist_ok=True)
    for name, body in (fakes or {}).items():
        (seat / name).write_text(f"#!/bin/bash\n{body}\n")
        (seat / name).chmod(0o755)
    state = room / "state"
    state.mkdir(exist_ok=True)
    base: dict[str, Value] = {
        "host_name": "galera-1",
        "state_dir": str(state),
        "log_file": str(room / "log"),
        "lock_name": "host",
        "room": str(room),
    }
    text = "\n".join(
        [
            "set -euo pipefail",
            *(assignment(name, value) for name, value in {**base, **(values or {})}.items()),
            *(shell(name) for name in ("frame", *files)),
            f'PATH="{seat}:$PATH"',
            "sleep() { :; }",
            overrides,
            call,
        ]
    )
    return subprocess.run(
        ["bash", "-s"], input=text, capture_output=True, text=True, timeout=30, cwd=room, check=False
    )


def calls(room: Path) -> list[str]:
    """What the fakes wrote down."""
    path = room / "calls"
    return path.read_text().splitlines() if path.exists() else []
