"""Time as the provider sees it: one seam, so that every deadline can be tested without waiting."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    """What the provider asks of time."""

    def monotonic(self) -> float:
        """Seconds that only grow; for deadlines."""

    def utc_now(self) -> datetime:
        """The wall clock, with its zone; for comparing with the API's createDate."""

    def sleep(self, seconds: float) -> None:
        """Wait that many seconds."""


class SystemClock:
    """The machine's own time."""

    def monotonic(self) -> float:
        """Seconds that only grow."""
        return time.monotonic()

    def utc_now(self) -> datetime:
        """The wall clock in UTC."""
        return datetime.now(UTC)

    def sleep(self, seconds: float) -> None:
        """Wait that many seconds."""
        time.sleep(seconds)


def growing(first: float, factor: float, largest: float) -> Iterator[float]:
    """Yield waiting times in seconds that grow from `first` by `factor` up to `largest`, without end."""
    current = first
    while True:
        yield current
        current = min(current * factor, largest)


def jittered(seconds: float) -> float:
    """Spread one waiting time over its upper half, so that parallel retries do not meet again."""
    return seconds * random.uniform(0.5, 1.0)  # noqa: S311 (spreads load, keeps no secret)
