"""`python -m status --stack NAME`: servers, swarm nodes, members, their state, endpoints, on one screen."""

import argparse
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from rich.console import Console

from status.cluster import is_whole
from status.live import ask_stack
from status.screen import screen

ROOT = Path(__file__).resolve().parent.parent


class StatusError(Exception):
    """The stack's outputs cannot be had."""


def main(arguments: list[str] | None = None) -> int:
    """Print the screen. Returns 0 when all members are Synced in one Primary cluster, the recorded one; 2
    when they are not, 1 without an answer.
    """
    parser = argparse.ArgumentParser(prog="make status", description=__doc__)
    parser.add_argument("--stack", default="dev")
    options = parser.parse_args(arguments)
    try:
        outputs = _outputs(options.stack)
    except StatusError as fault:
        print(f"make status: {fault}", file=sys.stderr)
        return 1
    if "access" not in outputs:
        print(f"stack {options.stack}: nothing is deployed; make up does that")
        return 0
    now = ask_stack(outputs, ROOT)
    console = Console(highlight=False, width=None if sys.stdout.isatty() else 160)
    for part in screen(options.stack, outputs, now):
        console.print(part)
    return 0 if is_whole(outputs.get("database", {}), now.members) else 2


def _outputs(stack: str) -> dict[str, Any]:
    asked = subprocess.run(
        ["pulumi", "stack", "output", "--json", "--stack", stack],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if "no stack named" in asked.stderr:
        return {}
    if asked.returncode != 0:
        message = f"the engine cannot tell the outputs of stack {stack}: {asked.stderr.strip()}"
        raise StatusError(message)
    return dict(json.loads(asked.stdout))


if __name__ == "__main__":
    sys.exit(main())
