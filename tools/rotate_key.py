"""`make rotate-key`: the servers of a running stack take another SSH key, without a restart of anything."""

import argparse
import json
import sys

from tools.checkout import DEV_STACK, ROOT
from tools.engine_run import EngineStack
from tools.errors import ToolError
from tools.key_rotation import KeyFiles, by_ssh, doors_of, rotate
from tools.phases import Phases
from tools.up import bring_up


def main(arguments: list[str] | None = None) -> int:
    """Exchange the key of a stack; returns the exit status."""
    parser = argparse.ArgumentParser(prog="make rotate-key", description=__doc__)
    parser.add_argument("--stack", default=DEV_STACK)
    options = parser.parse_args(arguments)
    try:
        exchange(options.stack, Phases())
    except (ToolError, KeyboardInterrupt) as exc:
        why = str(exc) or "interrupted"
        print(f"\nmake rotate-key: {why}\n  run it again: it goes on where it stopped", file=sys.stderr)
        return 1
    return 0


def exchange(name: str, phases: Phases) -> None:
    """A new key onto the servers, into the checkout, into the state; the old one goes. Raises ToolError."""
    stack = EngineStack.open(name)
    outputs = json.loads(stack.ask("stack", "output", "--json", "--stack", name)) if stack.exists() else {}
    if "access" not in outputs:
        message = f"stack {name} has no servers yet, so there is no key to exchange"
        raise ToolError(message)
    access = outputs["access"]
    rotate(
        KeyFiles(ROOT / access["keyFile"]),
        doors_of(access),
        comment=f"galera-swarm-{name}",
        settle=lambda: bring_up(name, phases, preview=False),
        reach=by_ssh,
    )


if __name__ == "__main__":
    sys.exit(main())
