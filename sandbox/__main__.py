"""`python -m sandbox`: reads the command line and runs the command; `sandbox/cli` says what each does."""

import sys

from sandbox.api.driver import NodeError
from sandbox.cli.control import ControlError
from sandbox.cli.parser import build_parser


def main(arguments: list[str] | None = None) -> int:
    """Run one command and return its exit status; errors that a user can act on are one line on standard
    error.
    """
    options = build_parser().parse_args(arguments)
    try:
        status: int = options.run(options)
    except (NodeError, ControlError) as exc:
        print(f"sandbox: {exc}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return status


if __name__ == "__main__":
    sys.exit(main())
