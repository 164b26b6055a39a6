"""A ledger kept over an accident, and the verdict on it: nothing acknowledged is missing on any member.

And a look at all members again and again meanwhile: how many are away at once.
"""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field

from tests.e2e.cluster import Cluster
from tests.e2e.ledger import Endpoint, Ledger
from tests.e2e.stack import await_condition

#: Rows written before the accident, so that there is something to lose.
ROWS_BEFORE = 20


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


@dataclass
class Watch:
    """The most members that two looks in a row found away at the same time."""

    looks: int = 0
    most_away: int = 0
    failure: Exception | None = None


@contextmanager
def watched(ledger: Ledger) -> Iterator[Watch]:
    """Every member whose rows the ledger keeps is asked again and again meanwhile, all at the same moment.

    A single look may find a member that is well too busy to answer in time.
    """
    watch, ended = Watch(), threading.Event()

    def look() -> None:
        before: set[str] = set()
        with ThreadPoolExecutor(len(ledger.endpoints)) as askers:
            while not ended.wait(0.2):
                answers = askers.map(ledger.status, ledger.endpoints)
                states = {
                    endpoint.member: answer.get("wsrep_local_state_comment")
                    for endpoint, answer in zip(ledger.endpoints, answers, strict=True)
                }
                # A donor serves, and by its own word only.
                away = {name for name, state in states.items() if state not in {"Synced", "Donor/Desynced"}}
                watch.most_away = max(watch.most_away, len(away & before))
                watch.looks, before = watch.looks + 1, away

    def looking() -> None:
        try:
            look()
        except Exception as exc:  # noqa: BLE001 - told to the test, which runs in another thread
            watch.failure = exc

    watcher = threading.Thread(target=looking)
    watcher.start()
    try:
        yield watch
    finally:
        ended.set()
        watcher.join()
    if watch.failure is not None:
        raise watch.failure
    assert watch.looks > 10, "the members were hardly looked at"
