"""How a script for a host is put together: quoted values, bash functions, and one frame around them.

A script is sent over SSH to `bash -s`. Its functions (`shell/*.sh`) are never interpolated; what a plan
decides reaches them only as quoted shell variables, so no value can become code. Nothing runs before the last
line has arrived, and nothing reads stdin.
"""

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import dropwhile
from pathlib import Path

Value = str | int | Sequence[str]

STATE_DIR = "/var/lib/galera-swarm"
LOG_FILE = "/var/log/galera-swarm-host.log"

_SHELL_DIR = Path(__file__).with_name("shell")


@dataclass(frozen=True, kw_only=True)
class Part:
    """A piece of a script: variables, bash functions that read them, and the name of the function to call."""

    functions: str
    values: Mapping[str, Value] = field(default_factory=dict)
    call: str | None = None
    title: str | None = None


def shell(name: str) -> str:
    """The bash functions of `shell/NAME.sh`, without the comment lines at its head."""
    lines = (_SHELL_DIR / f"{name}.sh").read_text(encoding="utf-8").splitlines()
    body = dropwhile(lambda line: line.startswith("#") or not line, lines)
    return "\n".join(body)


def assignment(name: str, value: Value) -> str:
    """One quoted bash assignment; a sequence becomes an array."""
    if isinstance(value, str | int):
        return f"{name}={shlex.quote(str(value))}"
    return f"{name}=({' '.join(shlex.quote(item) for item in value)})"


def render(*, host: str, parts: Sequence[Part], closing: str, lock: str = "host") -> str:
    """The whole script for `host`: parts with a title are the numbered steps, and `closing` prints the
    result.

    Scripts of the same `lock` wait for each other on the host.
    """
    titled = [part for part in parts if part.title]
    values: dict[str, Value] = {
        "host_name": host,
        "state_dir": STATE_DIR,
        "log_file": LOG_FILE,
        "lock_name": lock,
    }
    for part in parts:
        values.update(part.values)
    calls: list[str] = []
    for part in parts:
        if part.title:
            number = titled.index(part) + 1
            calls.append(f"  step {shlex.quote(f'[{number}/{len(titled)}] {part.title}')}")
        if part.call:
            calls.append(f"  {part.call}")
    lines = [
        "set -euo pipefail",
        *(assignment(name, value) for name, value in values.items()),
        shell("frame"),
        *dict.fromkeys(part.functions.strip("\n") for part in parts),
        "main() {",
        "  begin",
        *calls,
        f"  {closing}",
        "}",
        'main "$@" </dev/null',
        "",
    ]
    return "\n".join(lines)
