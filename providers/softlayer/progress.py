"""Signs of life during long waits: one line to stderr now and then, which the engine shows as information."""

from __future__ import annotations

import sys

from providers.softlayer.clock import Clock

INTERVAL_SECONDS = 15.0


class Progress:
    """Says what is being waited for, and for how long already; at most one line each interval."""

    def __init__(self, clock: Clock, subject: str) -> None:
        self._clock = clock
        self._subject = subject
        self._begun = clock.monotonic()
        self._next = self._begun + INTERVAL_SECONDS

    @property
    def elapsed_seconds(self) -> float:
        """Seconds since the wait began."""
        return self._clock.monotonic() - self._begun

    def say(self, what: str) -> None:
        """Print `what` with the time waited, if the last line is an interval ago."""
        now = self._clock.monotonic()
        if now < self._next:
            return
        self._next = now + INTERVAL_SECONDS
        sys.stderr.write(f"{self._subject}: {what} ({now - self._begun:.0f} s)\n")
        sys.stderr.flush()
