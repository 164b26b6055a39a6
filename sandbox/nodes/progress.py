"""Progress lines: what is being done, and when that began, counted from the start of the command."""

import sys
import time
from typing import TextIO


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
