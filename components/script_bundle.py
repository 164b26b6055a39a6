"""Several scripts of one service as one script, which lays them down and becomes one of them.

Each Docker config is two resources of the stack, an object in the swarm and a mount in every container: the
members' two dozen scripts by themselves were a third of all resources (docs/figures.md).
"""

from collections.abc import Mapping
from shlex import quote


class BundleError(ValueError):
    """A script that would not arrive as it is."""


def bundle(scripts: Mapping[str, str], *, into: str, start: str) -> str:
    """The text of a bash script that writes `scripts` (name to text) below `into` and becomes one, `start`.

    It needs bash and coreutils alone. The same scripts make the same text on any machine: its digest decides
    whether running containers have to be made anew, and compressed data differs from one zlib to the next.

    Raises:
        BundleError: a text does not end with a newline, or holds the line that marks its end.
    """
    paths = {name: quote(f"{into}/{name}") for name in sorted(scripts)}
    lines = ["#!/bin/bash", "set -euo pipefail", "umask 022", f"mkdir -p {quote(into)}"]
    for name, path in paths.items():
        text, end = scripts[name], f"### end of {name}"
        if not text.endswith("\n") or end in text.split("\n"):
            problem = f"{name} cannot be bundled: let it end with a newline, and have no line {end!r}"
            raise BundleError(problem)
        lines += [f"cat >{path} <<{quote(end)}", text.removesuffix("\n"), end]
    lines += [f"chmod 0555 {' '.join(paths.values())}", f'exec {paths[start]} "$@"']
    return "\n".join(lines) + "\n"
