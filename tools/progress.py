"""Progress of long steps: what is done, for how long, how much is left where a usual time is known."""

import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

_TERMINAL_EVERY_SECONDS = 0.5
_LOG_EVERY_SECONDS = 15.0


def say(text: str) -> None:
    """One line of output, at once."""
    print(text, flush=True)


def duration(seconds: float) -> str:
    """Seconds as people read them: `0.4 s`, `12 s`, `3 min 05 s`."""
    if seconds < 10:
        return f"{seconds:.1f} s"
    if seconds < 100:
        return f"{seconds:.0f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest:02d} s"


def expectation(elapsed: float, usual_seconds: float | None) -> str:
    """The time so far and, where a usual time is known, about how much is left."""
    if not usual_seconds:
        return duration(elapsed)
    left = usual_seconds - elapsed
    if left > 0:
        return f"{duration(elapsed)}, about {duration(left)} left"
    return f"{duration(elapsed)}, usually {duration(usual_seconds)}"


@contextmanager
def step(what: str, usual_seconds: float | None = None) -> Iterator[None]:
    """Show that `what` is under way until the block ends: on a terminal one line that counts, elsewhere a
    line at the start, every 15 seconds, and at the end. A failure is marked and passed on."""
    begun = time.monotonic()
    ended = threading.Event()
    terminal = sys.stdout.isatty()
    if not terminal:
        say(f"{what} …" + (f" (usually {duration(usual_seconds)})" if usual_seconds else ""))

    def tell() -> None:
        every = _TERMINAL_EVERY_SECONDS if terminal else _LOG_EVERY_SECONDS
        while not ended.wait(every):
            line = f"{what}: {expectation(time.monotonic() - begun, usual_seconds)}"
            if terminal:
                print(f"\r\033[K{line}", end="", flush=True)
            else:
                say(f"  {line}")

    teller = threading.Thread(target=tell, daemon=True)
    teller.start()
    outcome = "failed"
    try:
        yield
        outcome = "done"
    finally:
        ended.set()
        teller.join()
        say(("\r\033[K" if terminal else "") + f"{what}: {outcome} in {duration(time.monotonic() - begun)}")
