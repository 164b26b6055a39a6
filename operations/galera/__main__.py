"""`python -m operations.galera promote --stack NAME`: the operator's decision after a lost quorum.

Shows what every member says, names the most advanced one that runs without quorum, and makes it Primary.
Refuses while a member is Primary. What only a silent member holds is thrown away when it returns.
"""

import argparse
import sys

from operations.access import outputs_of
from operations.errors import OperationError
from operations.galera.promote import promote, typed, typed_password
from providers.ssh import SshError


def main(arguments: list[str] | None = None) -> int:
    """Run it; returns the exit status."""
    options = _parser().parse_args(arguments)
    try:
        promote(
            outputs_of(options.stack),
            named=options.member,
            forced=options.force,
            confirm=(lambda _: True) if options.yes else typed,
            password=typed_password,
        )
    except (OperationError, SshError) as exc:
        print(f"promote: {exc}", file=sys.stderr)
        return 1
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m operations.galera", description=__doc__)
    operations = parser.add_subparsers(dest="operation", required=True)
    one = operations.add_parser("promote", help="make a member Primary that has lost its quorum")
    one.add_argument("--stack", default="dev")
    one.add_argument("--member", default="", metavar="NAME", help="this one, if it is the most advanced")
    one.add_argument("--force", default="", metavar="NAME", help="this one, although it is not")
    one.add_argument("--yes", action="store_true", help="answer the question beforehand, for scripts")
    return parser


if __name__ == "__main__":
    sys.exit(main())
