"""Command line: `python -m settings check --stack dev`, `... images --stack dev` and `... reference`."""

import argparse
import os
import sys
from pathlib import Path

from settings import reference, stack_file
from settings.model import Settings
from settings.parse import parse
from settings.problems import report


def main(arguments: list[str]) -> int:
    """Runs one command; 0 when all is well, 1 when the configuration has problems."""
    parser = argparse.ArgumentParser(prog="python -m settings", description="The stack configuration.")
    commands = parser.add_subparsers(dest="command", required=True)
    check = commands.add_parser("check", help="check Pulumi.<stack>.yaml without the engine")
    images = commands.add_parser("images", help="print the images that Pulumi.<stack>.yaml needs, one a line")
    for command in (check, images):
        command.add_argument("--stack", default="dev", help="name of the stack (default: dev)")
        command.add_argument("--root", type=Path, default=Path.cwd(), help="directory of the project")
    commands.add_parser("reference", help="print the configuration reference as Markdown")
    chosen = parser.parse_args(arguments)
    if chosen.command == "reference":
        print(reference.markdown(), end="")
        return 0
    settings = _checked(chosen.stack, chosen.root)
    if settings is None:
        return 1
    if chosen.command == "images":
        print("\n".join(settings.images))
    else:
        print(f"The configuration of stack {chosen.stack} is sound.")
    return 0


def _checked(stack: str, root: Path) -> Settings | None:
    """The stack's settings; None when there are problems, all of which have been shown."""
    path = root / f"Pulumi.{stack}.yaml"
    try:
        raw = stack_file.read(path)
    except stack_file.StackFileError as error:
        print(error, file=sys.stderr)
        return None
    keys = stack_file.encrypted_keys(path)
    outcome = parse(raw, stack, root, environ=os.environ, secret_keys=keys)
    problems = outcome if isinstance(outcome, list) else list(outcome.warnings)
    for problem in problems:
        if problem.severity == "warning":
            print(f"warning: {problem}", file=sys.stderr)
    if isinstance(outcome, list):
        errors = [problem for problem in outcome if problem.severity == "error"]
        print(report(stack, errors), file=sys.stderr)
        return None
    return outcome


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
