"""`python -m operations.guests left --stack NAME`: servers that carry the stack's mark, and that it has lost.
`begin` asks for them before there is a state, and so without the engine.

Those that are on their way under its names are among them. Status 0: there are none. 3: these are billed, or
will be, and `make down` does not know them.
"""

import argparse
import sys
from pathlib import Path

from operations.access import ROOT
from operations.errors import OperationError
from operations.guests.left import before_a_state, left
from providers.softlayer.errors import CloudError

LEFT = 3
_WHAT_TO_DO = (
    "\nIf a run was interrupted while it ordered them, `make up` takes them in, and `make down` cancels"
    " them then; or `slcli vs cancel ID`, for an order once its server shows (`slcli account orders`)."
    " Another stack of the same name in the same account has the same mark, and one of the same prefix"
    " and domain the same host names: leave its servers alone."
)


def main(arguments: list[str] | None = None) -> int:
    """Run it; returns the exit status."""
    options = _parser().parse_args(arguments)
    begins = options.operation == "begin"
    try:
        found = _before(options) if begins else _left(options)
    except (OperationError, CloudError) as exc:
        print(f"guests: {exc}", file=sys.stderr)
        return 1
    if not found:
        return 0
    lines = "\n  ".join(found)
    print(f"of stack {options.stack}, and not in its state:\n  {lines}{'' if begins else _WHAT_TO_DO}")
    return LEFT


def _before(options: argparse.Namespace) -> list[str]:
    return before_a_state(options.stack, Path(options.config_file or ROOT / f"Pulumi.{options.stack}.yaml"))


def _left(options: argparse.Namespace) -> list[str]:
    return left(options.stack, ["--config-file", options.config_file] if options.config_file else [])


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m operations.guests", description=__doc__)
    operations = parser.add_subparsers(dest="operation", required=True)
    for name, what in (
        ("left", "servers of this stack that its state does not know"),
        ("begin", "servers of this stack, while no backend that is asked knows it"),
    ):
        one = operations.add_parser(name, help=what)
        one.add_argument("--stack", default="dev")
        one.add_argument(
            "--config-file", default="", help="the stack's config, where it is not the project's"
        )
    return parser


if __name__ == "__main__":
    sys.exit(main())
