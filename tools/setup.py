"""Sets this checkout up, so that `make up` can work: Python packages, the engine, its plugins, SSH, Docker.

Everything lands inside the checkout, except packages of the distribution. A second run finds everything and
ends at once.
"""

import argparse
import sys
import time

from tools import docker_engine, engine_install, plugin_install, python_packages
from tools.checkout import DEV_STACK
from tools.environment import is_local
from tools.errors import ToolError
from tools.packages import programs_step
from tools.progress import duration, say
from tools.steps import Step, perform


def main(arguments: list[str] | None = None) -> int:
    """Run the steps that are asked for; returns the exit status."""
    options = _parser().parse_args(arguments)
    steps = chosen(options.only, options.stack)
    begun = time.monotonic()
    try:
        if options.check:
            return _check(steps)
        count = perform(steps)
    except ToolError as exc:
        print(f"setup: {exc}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("setup: interrupted; the next run goes on from here", file=sys.stderr)
        return 130
    if count or not options.quiet:
        done = f"{count} step{'s' * (count != 1)} done" if count else "everything is there"
        say(f"setup: {done} ({duration(time.monotonic() - begun)})")
    return 0


def chosen(only: str | None, stack: str) -> list[Step]:
    """The steps for a stack, in order. Docker is for the stand-in cloud: a stack on a real one needs none.
    The browser is for tests, which ask for it by name.
    """
    steps = {
        "ssh": programs_step("ssh", "SSH client", 10, ["ssh"]),
        "venv": python_packages.step(),
        "engine": engine_install.step(),
        "plugins": plugin_install.step(),
        "docker": docker_engine.step(),
        "browser": programs_step("browser", "Chromium for the tests", 40, ["chromium", "chromedriver"]),
    }
    if only is not None:
        return [steps[only]]
    left_out = {"browser"} if is_local(stack) else {"browser", "docker"}
    return [step for name, step in steps.items() if name not in left_out]


def _check(steps: list[Step]) -> int:
    undone = [step for step in steps if not step.is_done()]
    for step in steps:
        state = f"to do, usually {duration(step.usual_seconds)}" if step in undone else "there"
        say(f"{step.name:8} {state:28} {step.what}")
    return 1 if undone else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="tools/setup", description=__doc__.split("\n\n")[0])
    names = ["ssh", "venv", "engine", "plugins", "docker", "browser"]
    parser.add_argument("--only", choices=names, help="do this step alone")
    parser.add_argument("--stack", default=DEV_STACK, help="the stack to set up for (default: %(default)s)")
    parser.add_argument("--check", action="store_true", help="tell what is missing, change nothing")
    parser.add_argument("--quiet", action="store_true", help="say nothing when there is nothing to do")
    return parser


if __name__ == "__main__":
    sys.exit(main())
