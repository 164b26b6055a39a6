"""One order at a time for one name on this machine, and none on behalf of an engine that is gone.

A killed engine can leave its provider process behind for a moment, on its way to an order; the next run must
not look for the guest before that order is either placed or given up. The lock dies with its process.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from providers.softlayer.clock import Clock, growing
from providers.softlayer.errors import AbandonedError, OrderDoubtError

# Longer than a doubtful order keeps its process busy (order timeout and search).
PATIENCE_SECONDS = 900.0


@contextmanager
def order_lock(
    endpoint: str, fqdn: str, clock: Clock, patience_seconds: float = PATIENCE_SECONDS
) -> Iterator[None]:
    """Hold this machine's right to look up and order `fqdn`; OrderDoubtError when another keeps it."""
    digest = hashlib.sha256(f"{endpoint}\0{fqdn}".encode()).hexdigest()[:32]
    path = Path(tempfile.gettempdir()) / f"galera-swarm-order-{os.getuid()}-{digest}.lock"
    deadline = clock.monotonic() + patience_seconds
    for pause in growing(0.1, 1.5, 2.0):
        handle = _open(path)
        try:
            if _locked(handle, path):
                try:
                    yield
                finally:
                    path.unlink(missing_ok=True)
                return
        finally:
            os.close(handle)
        if clock.monotonic() >= deadline:
            message = (
                f"guest {fqdn}: another process on this machine has been ordering it for "
                f"{patience_seconds:.0f} s; end that process (or let it end) and run again"
            )
            raise OrderDoubtError(message)
        clock.sleep(pause)


def ensure_engine(parent: int, subject: str) -> None:
    """Refuse to spend money for an engine that no longer runs; `parent` is its process id."""
    if os.getppid() != parent:
        message = (
            f"{subject}: nothing was ordered, because the engine that asked for it is gone; run `pulumi up` "
            "again"
        )
        raise AbandonedError(message)


def _open(path: Path) -> int:
    """Open the lock's file, which has to be this user's own. Raises OrderDoubtError when it is not."""
    try:
        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    except OSError as exc:
        message = f"the lock {path} cannot be opened ({exc.strerror}): remove it and run again"
        raise OrderDoubtError(message) from exc
    return handle


def _locked(handle: int, path: Path) -> bool:
    """Whether the lock is ours now; a file that its last holder removed meanwhile guards nothing."""
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return path.stat().st_ino == os.fstat(handle).st_ino
    except (BlockingIOError, FileNotFoundError):
        return False
