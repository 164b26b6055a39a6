"""Prints the environment of a stack for a shell: `eval "$(tools/env)"`."""

import os
import shlex
import sys
from collections.abc import Sequence

from tools.checkout import DEV_STACK
from tools.environment import stack_environment


def main(arguments: Sequence[str] | None = None) -> int:
    """Print what differs from the caller's own environment; returns the exit status."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    if words and words[0] in {"-h", "--help"}:
        print(f"usage: tools/env [STACK]\n\n{__doc__}")
        return 0
    stack = words[0] if words else os.environ.get("STACK") or DEV_STACK
    wanted = stack_environment(stack)
    for name in sorted(os.environ.keys() - wanted.keys()):
        print(f"unset {name}")
    for name, value in sorted(wanted.items()):
        if os.environ.get(name) != value:
            print(f"export {name}={shlex.quote(value)}")
    return 0
