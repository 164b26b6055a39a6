"""How long the program's imports take, by Python's own account."""

import ast
import re
import statistics
import subprocess
import sys
from collections.abc import Iterable

from tests.e2e.stack import ROOT

RUNS = 3
_LINE = re.compile(r"^import time:\s+(\d+) \|\s+(\d+) \| ( *)(\S+)$")
_MARK = "the program's imports"


def import_time() -> tuple[float, list[str]]:
    """Seconds (median of three runs) of what `__main__` imports, and the heaviest packages in it.

    `-X importtime` itself makes the imports a little slower than they are.
    """
    statement = imports_of((ROOT / "__main__.py").read_text())
    code = f"import sys; print({_MARK!r}, file=sys.stderr)\n{statement}"
    logs = [
        subprocess.run(
            [sys.executable, "-X", "importtime", "-c", code],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=True,
        ).stderr.split(_MARK, 1)[1]
        for _ in range(RUNS)
    ]
    return statistics.median(total(log.splitlines()) for log in logs), heaviest(logs[-1].splitlines())


def imports_of(source: str) -> str:
    """The import statements of a module, without what it does."""
    tree = ast.parse(source)
    return "\n".join(ast.unparse(node) for node in tree.body if isinstance(node, ast.Import | ast.ImportFrom))


def total(lines: Iterable[str]) -> float:
    """Seconds of all imports at the top level."""
    found = (match for line in lines if (match := _LINE.match(line)))
    return sum(int(match.group(2)) for match in found if not match.group(3)) / 1e6


def heaviest(lines: Iterable[str], count: int = 4) -> list[str]:
    """The packages whose own modules take longest, each with its share."""
    shares: dict[str, int] = {}
    for line in lines:
        if match := _LINE.match(line):
            package = match.group(4).split(".")[0]
            shares[package] = shares.get(package, 0) + int(match.group(1))
    ranked = sorted(shares.items(), key=lambda item: -item[1])[:count]
    return [f"{package} {microseconds / 1e6:.2f} s" for package, microseconds in ranked]
