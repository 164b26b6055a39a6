"""Command line: `python -m settings check --stack dev` and `python -m settings reference`."""

import argparse
import os
import sys
from pathlib import Path

from settings import reference, stack_file
from settings.parse import parse
from settings.problems import report


def main(arguments: list[str]) -> int:
    """Runs one command; 0 when all is well, 1 when the configuration has problems."""
    parser = argparse.ArgumentParser(prog="python -m settings", description="The stack configuration.")
    commands = parser.add_subparsers(dest="command", required=True)
    check = commands.add_parser("check", help="check Pulumi.<stack>.yaml without the engine")
    check.add_argument("--stack", default="dev", help="name of the stack (default: dev)")
    check.add_argument("--root", type=Path, default=Path.cwd(), help="directory of the project")
    commands.add_parser("reference", help="print the configuration reference as Markdown")
    chosen = parser.parse_args(arguments)
    if chosen.command == "reference":
        print(reference.markdown(), end="")
        return 0
    return _check(chosen.stack, chosen.root)


def _check(stack: str, root: Path) -> int:
    path = root / f"Pulumi.{stack}.yaml"
    try:
        raw = stack_file.read(path)
    except stack_file.StackFileError as error:
        print(error, file=sys.stderr)
        return 1
    keys = stack_file.encrypted_keys(path)
    outcome = parse(raw, stack, root, environ=os.environ, secret_keys=keys)
    problems = outcome if isinstance(outcome, list) else list(outcome.warnings)
    for problem in problems:
        if problem.severity == "warning":
            print(f"warning: {problem}", file=sys.stderr)
    errors = [problem for problem in problems if problem.severity == "error"]
    if errors:
        print(report(stack, errors), file=sys.stderr)
        return 1
    print(f"The configuration of stack {stack} is sound.")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
