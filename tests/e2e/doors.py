"""The load balancers as a client sees them: the doors of each server, and the member behind a door."""

from typing import Any

from tests.e2e.cluster import Cluster
from tests.e2e.ledger import Endpoint, Ledger, ask
from tests.e2e.stack import await_condition

REFUSED_LIMIT_SECONDS = 20.0
"""Longest time without an acknowledged write on a busy machine; 3 s are for a quiet one (`make bench`)."""


def doors(outputs: dict[str, Any], door: str) -> list[Endpoint]:
    """The load balancers of all servers. door: "writer", "reader" or "stats"."""
    return [Endpoint(one["server"], one["host"], int(one["port"])) for one in outputs["loadBalancer"][door]]


def behind(endpoint: Endpoint, password: str) -> str:
    """Name of the member that answers."""
    return str(ask(endpoint, password, "SELECT @@wsrep_node_name")[0][0])


def writers(outputs: dict[str, Any]) -> set[str]:
    """The members that the load balancers of all servers send writes to."""
    return {behind(door, outputs["databaseRootPassword"]) for door in doors(outputs, "writer")}


def lose_the_writer(outputs: dict[str, Any]) -> None:
    """Kill the member that takes the writes, under a client: another one takes them, and keeps them."""
    cluster, password = Cluster.of(outputs), outputs["databaseRootPassword"]
    (old,) = writers(outputs)
    with Ledger(doors(outputs, "writer"), password, name="killed") as ledger:
        await_condition("a hundred rows", lambda: len(ledger.acknowledged) >= 100, timeout=60)
        cluster.kill(next(member for member in cluster.members if member.name == old))
        cluster.await_fallen()
        cluster.await_synced()
        enough = len(ledger.acknowledged) + 100
        await_condition("a hundred more", lambda: len(ledger.acknowledged) >= enough, timeout=60)
    print(f"writer killed: {ledger.longest_pause_seconds:.1f} s without a write")
    (new,) = writers(outputs)
    assert new != old, "the writes went back to the member that returned"
    assert ledger.longest_pause_seconds <= REFUSED_LIMIT_SECONDS
    for endpoint in cluster.endpoints:
        assert ledger.lost_on(endpoint) == set()


def tell(what: str, ledger: Ledger) -> None:
    """For whoever reads the test's output."""
    print(
        f"{what}: {len(ledger.acknowledged)} writes, {len(ledger.refusals)} refused,"
        f" {ledger.longest_pause_seconds:.1f} s without one at most"
    )
