"""`make down`: everything that `make up` made goes away again, with the last stack the stand-in cloud."""

import argparse
import shutil
import sys

from tools.checkout import DEV_STACK, ROOT, VENV
from tools.engine_run import EngineStack, sandbox
from tools.environment import checkout_backend, is_local
from tools.errors import ToolError
from tools.phases import Phases
from tools.progress import say
from tools.recovery import stacks_with_resources, state_directory
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
    """Destroy the stack, then the stand-in cloud where no other stack uses it. Raises ToolError."""
    stack = EngineStack.open(name)
    if not (VENV / "bin" / "python").exists():
        if not stack.local:
            message = (
                f"this checkout was never set up, and cannot tell whether servers of stack {name} are up"
            )
            raise ToolError(message, f"make setup STACK={name}, then make down again")
        say("nothing is up: this checkout was never set up")
        return
    has_engine = shutil.which("pulumi", path=stack.environment["PATH"]) is not None
    is_known = has_engine and stack.exists()
    if not stack.local and not is_known:
        backend = stack.environment.get("PULUMI_BACKEND_URL") or "the backend you are logged in to"
        message = (
            f"{backend} knows no stack {name}; if it was made with another login or in another checkout, its"
            " servers are up and billed"
        )
        raise ToolError(message, "pulumi login to where it was made, then make down again")
    if is_known:
        _destroy(stack, phases, force=force)
    stays_for: list[str] = []
    if stack.local and (ROOT / ".sandbox").exists():
        stays_for = _others_in_the_stand_in(name)
        if not stays_for:
            with phases.phase("stand-in cloud down"):
                sandbox("down")
    say("\n" + ("\n".join(phases.lines()) if phases.taken else "nothing was up"))
    if stays_for:
        left = ", and what was given up is left in it" if force else ""
        say(f"\nthe stand-in cloud stays up for {', '.join(stays_for)}{left}")
        say(f"the last `make down` takes it away: make down STACK={stays_for[0]}")


def _others_in_the_stand_in(name: str) -> list[str]:
    """The other stacks of this checkout whose servers are in the same stand-in cloud."""
    directory = state_directory(checkout_backend())
    found = stacks_with_resources(directory) if directory else []
    return [other for other in found if other != name and is_local(other)]


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
    if not stack.local:
        with phases.phase("look for servers that are left"):
            stack.refuse_leftovers()
    if stack.local and stack.in_checkout:
        _remove(stack)


def _remove(stack: EngineStack, *words: str) -> None:
    """The stand-in's stack goes with it; its config file stays."""
    stack.ask("stack", "rm", stack.name, "--yes", "--preserve-config", *words)
    (DIRECTORY / f"Pulumi.{stack.name}.yaml").unlink(missing_ok=True)


if __name__ == "__main__":
    sys.exit(main())
