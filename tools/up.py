"""`make up`: from nothing to a verified database, and in seconds to "no changes" when it is already there."""

import argparse
import sys

from tools.checkout import DEV_STACK
from tools.engine_run import EngineStack, sandbox
from tools.errors import ToolError
from tools.phases import Phases
from tools.progress import say
from tools.setup import chosen
from tools.steps import perform


def main(arguments: list[str] | None = None) -> int:
    """Bring a stack up; returns the exit status."""
    parser = argparse.ArgumentParser(prog="make up", description=__doc__)
    parser.add_argument("--stack", default=DEV_STACK)
    parser.add_argument("--preview", action="store_true", help="show what would change, and change nothing")
    options = parser.parse_args(arguments)
    phases = Phases()
    try:
        bring_up(options.stack, phases, preview=options.preview)
    except (ToolError, KeyboardInterrupt) as exc:
        why = str(exc) or "interrupted"
        print(f"\nmake up: {why}\n  run it again: it goes on where it stopped", file=sys.stderr)
        return 1
    return 0


def bring_up(name: str, phases: Phases, *, preview: bool) -> None:
    """Setup, the stand-in cloud where the stack uses it, the engine, the report. Raises ToolError."""
    with phases.phase("setup"):
        perform(chosen(None, name))
    stack = EngineStack.open(name)
    if stack.local:
        with phases.phase("stand-in cloud"):
            sandbox("up", *(f"--image={image}" for image in stack.images()))
    with phases.phase("pulumi preview" if preview else "pulumi up"):
        stack.recover()
        stack.ensure()
        if preview:
            stack.change("preview")
            return
        stack.take_back()
        stack.change("up", "--yes", "--skip-preview", "--suppress-outputs")
    changed = {kind: number for kind, number in stack.last_changes().items() if kind not in {"same", "read"}}
    say("")
    with phases.phase("status"):
        stack.show()
    say("\n" + "\n".join(phases.lines()))
    say("\n" + (_summary(changed) if changed else "no changes"))


def _summary(changed: dict[str, int]) -> str:
    return "changes: " + ", ".join(f"{number} {kind}" for kind, number in sorted(changed.items()))


if __name__ == "__main__":
    sys.exit(main())
