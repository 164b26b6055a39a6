"""`make down`: everything that `make up` made goes away again, the stand-in cloud with it."""

import argparse
import shutil
import sys

from tools.checkout import DEV_STACK, ROOT, VENV
from tools.engine_run import EngineStack, sandbox
from tools.errors import ToolError
from tools.phases import Phases
from tools.progress import say
from tools.stack_config import DIRECTORY


def main(arguments: list[str] | None = None) -> int:
    """Take a stack down; returns the exit status."""
    parser = argparse.ArgumentParser(prog="make down", description=__doc__)
    parser.add_argument("--stack", default=DEV_STACK)
    parser.add_argument(
        "--force", action="store_true", help="forget a stand-in's stack that cannot be destroyed in order"
    )
    options = parser.parse_args(arguments)
    phases = Phases()
    try:
        take_down(options.stack, phases, force=options.force)
    except (ToolError, KeyboardInterrupt) as exc:
        print(f"\nmake down: {str(exc) or 'interrupted; run it again'}", file=sys.stderr)
        return 1
    return 0


def take_down(name: str, phases: Phases, *, force: bool) -> None:
    """Destroy the stack, then the stand-in cloud where the stack used it. Raises ToolError."""
    stack = EngineStack.open(name)
    if not (VENV / "bin" / "python").exists():
        say("nothing is up: this checkout was never set up")
        return
    if shutil.which("pulumi", path=stack.environment["PATH"]) and stack.exists():
        _destroy(stack, phases, force=force)
    if stack.local and (ROOT / ".sandbox").exists():
        with phases.phase("stand-in cloud down"):
            sandbox("down")
    say("\n" + ("\n".join(phases.lines()) if phases.taken else "nothing was up"))


def _destroy(stack: EngineStack, phases: Phases, *, force: bool) -> None:
    if stack.local and force:
        with phases.phase("forget the stack"):
            stack.recover()
            _remove(stack, "--force")
        return
    stack.recover()
    if kept := stack.protected():
        names = ", ".join(sorted(set(kept)))
        message = f"servers.protect keeps {names} from being deleted; nothing was touched"
        remedy = f"set servers.protect to false, then make up STACK={stack.name}, then make down again"
        raise ToolError(message, remedy)
    if stack.resources():
        if stack.local:
            # Its servers have to be there, so that they can be left in order; after a reboot they are not.
            with phases.phase("stand-in cloud"):
                sandbox("up")
        try:
            with phases.phase("pulumi refresh"):
                stack.change("refresh", "--yes", "--skip-preview", "--suppress-outputs")
            with phases.phase("pulumi destroy"):
                stack.change("destroy", "--yes", "--skip-preview", "--suppress-outputs")
        except ToolError as exc:
            if stack.local:
                raise ToolError(
                    exc.problem, "make down again, or give the stand-in up: make down FORCE=1"
                ) from exc
            raise
    if stack.local and stack.in_checkout:
        _remove(stack)


def _remove(stack: EngineStack, *words: str) -> None:
    """The stand-in's stack goes with it; its config file stays."""
    stack.ask("stack", "rm", stack.name, "--yes", "--preserve-config", *words)
    (DIRECTORY / f"Pulumi.{stack.name}.yaml").unlink(missing_ok=True)


if __name__ == "__main__":
    sys.exit(main())
