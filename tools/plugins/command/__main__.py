"""Entry of the plugin process: the engine starts it with its own address as the argument."""

import sys
from pathlib import Path


def main() -> None:
    """Serve the engine until it goes away."""
    sys.path[0] = str(Path(__file__).resolve().parents[3])
    from tools.plugins.command.server import serve

    arguments = [argument for argument in sys.argv[1:] if not argument.startswith("-")]
    serve(arguments[0] if arguments else None)


if __name__ == "__main__":
    main()
