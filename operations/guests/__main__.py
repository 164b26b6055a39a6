"""`python -m operations.guests left --stack NAME`: servers that carry the stack's mark, and that it has lost.

Those that are on their way under its names are among them. Status 0: there are none. 3: these are billed, or
will be, and `make down` does not know them.
"""

import argparse
import sys

from operations.errors import OperationError
from operations.guests.left import left
from providers.softlayer.errors import CloudError

LEFT = 3


def main(arguments: list[str] | None = None) -> int:
    """Run it; returns the exit status."""
    options = _parser().parse_args(arguments)
    try:
        found = left(options.stack, ["--config-file", options.config_file] if options.config_file else [])
    except (OperationError, CloudError) as exc:
        print(f"guests: {exc}", file=sys.stderr)
        return 1
    if not found:
        return 0
    lines = "\n  ".join(found)
    print(
        f"of stack {options.stack}, and not in its state:\n  {lines}\n"
        "If a run was interrupted while it ordered them, `make up` takes them in, and `make down` cancels"
        " them then; or `slcli vs cancel ID`, for an order once its server shows (`slcli account orders`)."
        " Another stack of the same name in the same account has the same mark, and one of the same prefix"
        " and domain the same host names: leave its servers alone."
    )
    return LEFT


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m operations.guests", description=__doc__)
    operations = parser.add_subparsers(dest="operation", required=True)
    one = operations.add_parser("left", help="servers of this stack that its state does not know")
    one.add_argument("--stack", default="dev")
    one.add_argument("--config-file", default="", help="the stack's config, where it is not the project's")
    return parser


if __name__ == "__main__":
    sys.exit(main())
