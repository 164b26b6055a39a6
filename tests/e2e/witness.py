"""A ledger kept over an accident, and the verdict on it: nothing acknowledged is missing on any member.

And a look at all members again and again meanwhile: how many are away at once.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from tests.e2e.cluster import Cluster
from tests.e2e.ledger import Endpoint, Ledger
from tests.e2e.stack import await_condition

#: Rows written before the accident, so that there is something to lose.
ROWS_BEFORE = 50


@dataclass
class Witness:
    """What the writing client saw. `longest_pause_seconds` and `rows` are final at the end of the context."""

    ledger: Ledger
    longest_pause_seconds: float = 0.0
    rows: int = 0
    lost: dict[str, int] = field(default_factory=dict)

    def await_writes(self, timeout: float = 60.0) -> float:
        """Wait for ten acknowledged rows from now on; the seconds it took."""
        before = len(self.ledger.acknowledged)
        return await_condition(
            "ten acknowledged rows", lambda: len(self.ledger.acknowledged) >= before + 10, timeout, every=0.02
        )


@contextmanager
def witnessed(cluster: Cluster, doors: list[Endpoint] | None = None) -> Iterator[Witness]:
    """Rows are written meanwhile, through `doors` in their order (all members, if none are given).

    At the end a write is awaited, and AssertionError raised if an acknowledged row is missing anywhere.
    """
    with Ledger(doors or cluster.endpoints, cluster.password) as ledger:
        witness = Witness(ledger)
        await_condition(
            "the first rows", lambda: len(ledger.acknowledged) >= ROWS_BEFORE, timeout=60, every=0.02
        )
        ledger.longest_pause_seconds = 0.0
        yield witness
        witness.await_writes()
    witness.longest_pause_seconds = ledger.longest_pause_seconds
    witness.rows = len(ledger.acknowledged)
    witness.lost = {
        endpoint.member: missing
        for endpoint in cluster.endpoints
        if (missing := len(ledger.lost_on(endpoint)))
    }
    assert not witness.lost, f"acknowledged rows are missing: {witness.lost} of {witness.rows}"


class Watch:
    """The most members that were seen away at the same time."""

    most_away = 0


@contextmanager
def watched(ledger: Ledger) -> Iterator[Watch]:
    """Every member whose rows the ledger keeps is asked again and again meanwhile."""
    watch, ended = Watch(), threading.Event()

    def look() -> None:
        while not ended.wait(0.2):
            states = [ledger.status(one).get("wsrep_local_state_comment") for one in ledger.endpoints]
            # A donor serves, and by its own word only.
            away = [state for state in states if state not in {"Synced", "Donor/Desynced"}]
            watch.most_away = max(watch.most_away, len(away))

    watcher = threading.Thread(target=look)
    watcher.start()
    try:
        yield watch
    finally:
        ended.set()
        watcher.join()
