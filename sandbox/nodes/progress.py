"""Progress lines: what is being done, and when that began, counted from the start of the command."""

import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TextIO

#: Seconds between two lines about a step that is still under way.
EVERY_SECONDS = 15.0


class Progress:
    """Prints one line for each step to standard error."""

    def __init__(self, stream: TextIO | None = None) -> None:
        self._stream = stream if stream is not None else sys.stderr
        self._began = time.monotonic()

    @property
    def seconds(self) -> float:
        """Time since the command began."""
        return time.monotonic() - self._began

    def say(self, text: str) -> None:
        """Show one step."""
        print(f"[{self.seconds:6.1f}s] {text}", file=self._stream, flush=True)

    @contextmanager
    def during(self, text: str, usual_seconds: float | None = None) -> Iterator[None]:
        """Show a step that may be long: at its start, then now and again how long it has been under way."""
        began, ended = time.monotonic(), threading.Event()
        self.say(text + (f" (usually {usual_seconds:.0f} s)" if usual_seconds else ""))

        def tell() -> None:
            while not ended.wait(EVERY_SECONDS):
                taken = time.monotonic() - began
                rest = (usual_seconds or 0.0) - taken
                self.say(f"  {text}: {taken:.0f} s" + (f", about {rest:.0f} s left" if rest > 0 else ""))

        teller = threading.Thread(target=tell, daemon=True)
        teller.start()
        try:
            yield
        finally:
            ended.set()
            teller.join()
