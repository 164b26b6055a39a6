"""The load balancers as a client sees them: the doors of each server, and the member behind a door."""

from typing import Any

from tests.e2e.ledger import Endpoint, ask


def doors(outputs: dict[str, Any], door: str) -> list[Endpoint]:
    """The load balancers of all servers. door: "writer", "reader" or "stats"."""
    return [Endpoint(one["server"], one["host"], int(one["port"])) for one in outputs["loadBalancer"][door]]


def behind(endpoint: Endpoint, password: str) -> str:
    """Name of the member that answers."""
    return str(ask(endpoint, password, "SELECT @@wsrep_node_name")[0][0])


def writers(outputs: dict[str, Any]) -> set[str]:
    """The members that the load balancers of all servers send writes to."""
    return {behind(door, outputs["databaseRootPassword"]) for door in doors(outputs, "writer")}
