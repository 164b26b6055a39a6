"""The engine's wish to stop, handed to whatever blocks: sockets are closed, process groups are ended."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager


class Cancellation:
    """Set once by the engine's Cancel; every running operation registers how to interrupt itself."""

    def __init__(self) -> None:
        self._requested = threading.Event()
        self._lock = threading.Lock()
        self._interrupts: dict[object, Callable[[], None]] = {}

    @property
    def requested(self) -> bool:
        """Whether the engine asked to stop."""
        return self._requested.is_set()

    def request(self) -> None:
        """Stop everything that runs now and everything that starts later."""
        self._requested.set()
        with self._lock:
            interrupts = list(self._interrupts.values())
        for interrupt in interrupts:
            interrupt()

    def wait(self, seconds: float) -> bool:
        """Sleep that a cancellation cuts short; true when it did."""
        return self._requested.wait(seconds)

    @contextmanager
    def interrupting(self, interrupt: Callable[[], None]) -> Iterator[None]:
        """Call `interrupt` from another thread if the engine cancels while the block runs."""
        token = object()
        with self._lock:
            self._interrupts[token] = interrupt
        try:
            if self.requested:
                interrupt()
            yield
        finally:
            with self._lock:
                del self._interrupts[token]
