"""The log of calls: who was called how often, and how it ended; never the arguments, which hold secrets."""

import threading
import time
from collections import Counter, deque
from dataclasses import asdict, dataclass
from typing import Any

_KEPT = 5000


@dataclass(frozen=True, kw_only=True)
class CallRecord:
    """One call. `outcome` is `ok`, a fault's code, or the kind of the fault script that answered."""

    time: float
    service: str
    method: str
    id: str | None
    hostnames: list[str]
    outcome: str
    milliseconds: float


class CallLog:
    """The newest calls, and counters of all of them."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._records: deque[CallRecord] = deque(maxlen=_KEPT)
        self._counts: Counter[str] = Counter()

    def add(
        self, started: float, service: str, method: str, object_id: object, hostnames: set[str], outcome: str
    ) -> None:
        """Record a call that began at `started` (of `time.time`)."""
        record = CallRecord(
            time=started,
            service=f"SoftLayer_{service}",
            method=method,
            id=None if object_id is None else str(object_id),
            hostnames=sorted(hostnames),
            outcome=outcome,
            milliseconds=round((time.time() - started) * 1000, 1),
        )
        with self._lock:
            self._records.append(record)
            self._counts[f"{record.service}::{method}"] += 1

    def clear(self) -> None:
        """Forget all calls."""
        with self._lock:
            self._records.clear()
            self._counts.clear()

    def shown(self) -> dict[str, Any]:
        """Counters by `Service::method`, and the newest calls, oldest first."""
        with self._lock:
            return {
                "total": sum(self._counts.values()),
                "counts": dict(self._counts),
                "calls": [asdict(each) for each in self._records],
            }
