"""What each Aerospike node says of itself and of its cluster right now."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rich.table import Table

from providers.aerospike.info_protocol import InfoError
from providers.aerospike.nodes import look
from providers.ssh import Session, UnreachableError


@dataclass(frozen=True, kw_only=True)
class AerospikeNow:
    """A node; without an answer only where it should be."""

    server: str
    node: str
    state: str = "silent"
    id: str = "-"
    version: str = "-"
    size: str = "-"
    key: str = "-"
    to_move: str = "-"


def aerospike_nodes(outputs: Mapping[str, Any]) -> dict[str, tuple[str, int]]:
    """Server to the name and port of its node; none while Aerospike is off."""
    section = outputs.get("aerospike", {})
    ports = {one["node"]: int(one["port"]) for one in section.get("endpoints", ())}
    return {one["server"]: (one["node"], ports[one["node"]]) for one in section.get("nodes", ())}


def ask_aerospike(session: Session, hostname: str, node: tuple[str, int]) -> AerospikeNow:
    """One node, asked through its server. Raises SshError when the session breaks."""
    name, port = node
    try:
        view = look(session, port, name)
    except (InfoError, UnreachableError):
        return AerospikeNow(server=hostname, node=name, state="does not answer")
    return AerospikeNow(
        server=hostname,
        node=name,
        state="joined" if view.is_member else "apart",
        id=view.node_id,
        version=f"{view.edition} {view.build}",
        size=str(view.size),
        key=view.key,
        to_move=str(view.remaining),
    )


def aerospike_table(outputs: Mapping[str, Any], nodes: Sequence[AerospikeNow]) -> Table:
    """One line for each node."""
    table = Table(box=None, pad_edge=False, header_style="dim")
    for column in (
        "AEROSPIKE",
        "SERVER",
        "STATE",
        "ID",
        "SIZE",
        "CLUSTER KEY",
        "TO MOVE",
        "VERSION",
        "ENDPOINT",
    ):
        table.add_column(column, no_wrap=True)
    doors = {
        one["node"]: f"{one['host']}:{int(one['port'])}" for one in outputs["aerospike"].get("endpoints", ())
    }
    for now in nodes:
        row = [now.node, now.server, now.state, now.id, now.size, now.key, now.to_move, now.version]
        table.add_row(*row, doors.get(now.node, "-"))
    return table
