"""The phases of a run and the time each took."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from tools.progress import duration, say


@dataclass
class Phases:
    """Collects the phases in order, also the one that failed."""

    taken: list[tuple[str, float]] = field(default_factory=list)

    @contextmanager
    def phase(self, name: str) -> Iterator[None]:
        """Announce a phase and take its time."""
        say(f"\n== {name}")
        begun = time.monotonic()
        try:
            yield
        finally:
            self.taken.append((name, time.monotonic() - begun))

    def lines(self) -> list[str]:
        """One line for each phase and one for all."""
        width = max((len(name) for name, _ in self.taken), default=0)
        total = sum(seconds for _, seconds in self.taken)
        rows = [*self.taken, ("in all", total)]
        return [f"  {name:{max(width, 6)}}  {duration(seconds):>12}" for name, seconds in rows]
