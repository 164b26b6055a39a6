"""How long to wait for something that may move: the time counts from the last sign of progress."""

import sys
import time
from collections.abc import Iterator

#: Seconds between two polls: quick at first, since what is waited for is often there already.
FIRST_PAUSE_SECONDS = 0.3
LONGEST_PAUSE_SECONDS = 2.0
#: Seconds between two lines of progress.
REPORT_SECONDS = 10.0


class Patience:
    """A wait that is given `seconds` from its last sign of progress."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self._began = self._moved = self._reported = time.monotonic()
        self._seen: dict[str, object] = {}

    @property
    def elapsed(self) -> float:
        """Seconds since the wait began."""
        return time.monotonic() - self._began

    @property
    def is_over(self) -> bool:
        """Whether nothing has moved for too long."""
        return time.monotonic() - self._moved > self.seconds

    def pauses(self) -> Iterator[None]:
        """One turn for each poll, with the pause between them, until patience is over."""
        pause = FIRST_PAUSE_SECONDS
        while True:
            yield
            if self.is_over:
                return
            time.sleep(pause)
            pause = min(LONGEST_PAUSE_SECONDS, pause * 1.15)

    def saw(self, what: str, value: object) -> bool:
        """Note a value; one that has changed since it was last noted is a sign of progress."""
        moved = what in self._seen and self._seen[what] != value
        self._seen[what] = value
        if moved:
            self._moved = time.monotonic()
        return moved

    def is_time_to_report(self) -> bool:
        """True once every REPORT_SECONDS."""
        if time.monotonic() - self._reported < REPORT_SECONDS:
            return False
        self._reported = time.monotonic()
        return True

    def report(self, who: str, what: str) -> None:
        """One line of progress, which the engine shows beside the resource."""
        print(f"{who}: {what} ({self.elapsed:.0f} s)", file=sys.stderr, flush=True)


def size_text(kilobytes: int) -> str:
    """A size for people: "12 MiB", "1.4 GiB"."""
    if kilobytes < 1024 * 1024:
        return f"{kilobytes // 1024} MiB"
    return f"{kilobytes / 1024 / 1024:.1f} GiB"
