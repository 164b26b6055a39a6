"""The same way walked by the plain shell script `baseline`, for the ratio."""

import subprocess
import sys
from pathlib import Path

from bench.results import Figure

SCRIPT = Path(__file__).resolve().parent / "baseline"


def by_hand(ours: float | None) -> list[Figure]:
    """Run the baseline, its progress shown; its figures, and the ratio where our own `up` was measured.

    Raises RuntimeError when the script fails; it has taken its servers away even then.
    """
    done = subprocess.run(
        [str(SCRIPT)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=sys.stderr,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        message = f"{SCRIPT.name} ended with {done.returncode}"
        raise RuntimeError(message)
    phases = parse(done.stdout)
    whole = sum(seconds for _, seconds in phases)
    parts = ", ".join(f"{name} {seconds:.1f}" for name, seconds in phases)
    figures = [Figure(step="baseline", what="by hand, one after another", value=whole, note=parts)]
    if ours is not None:
        figures.append(
            Figure(step="baseline", what="our up against it", value=ours / whole, unit="times", target=1.0)
        )
    return figures


def parse(text: str) -> list[tuple[str, float]]:
    """The script's lines: a phase, a tab, its seconds."""
    return [(name, float(seconds)) for name, seconds in (line.split("\t") for line in text.splitlines())]
