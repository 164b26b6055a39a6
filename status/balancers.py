"""What each server's load balancer does right now: where it sends writes, and where reads may go."""

import csv
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from rich.table import Table

from providers.ssh import Session

#: How long a load balancer may take to answer, in seconds.
PATIENCE_SECONDS = 8.0

#: The container's own words, then a line, then name and address of each member as its DNS has them.
_ASK = r"""
container=$(docker ps -q --filter label=com.docker.swarm.service.name={service} | head -n 1)
[ -n "$container" ] || exit 3
docker exec -i "$container" bash -s <<'INSIDE'
exec 3<>/dev/tcp/127.0.0.1/9999 || exit 4
printf 'show stat\n' >&3
timeout 4 cat <&3
echo ---
for member in {members}; do
    getent ahostsv4 "$member" | awk -v member="$member" '$2 == "STREAM" {{ print member, $1 }}'
done
INSIDE
"""


@dataclass(frozen=True, kw_only=True)
class BalancerNow:
    """What a load balancer says of itself; members by name where its DNS knows them."""

    server: str
    state: str
    writer: str = "-"
    readers: str = "-"
    connections: str = "-"


def balancer_services(outputs: Mapping[str, Any]) -> dict[str, str]:
    """Server to the service of its load balancer; none while it is off."""
    doors = outputs.get("loadBalancer", {}).get("writer", ())
    return {door["server"]: f"load-balancer-{number}" for number, door in enumerate(doors, 1)}


def ask_balancer(session: Session, hostname: str, service: str, outputs: Mapping[str, Any]) -> BalancerNow:
    """One load balancer, asked inside its container."""
    members = " ".join(shlex.quote(one["member"]) for one in outputs.get("database", {}).get("endpoints", ()))
    answer = session.run(
        _ASK.format(service=shlex.quote(service), members=members), timeout_seconds=2 * PATIENCE_SECONDS
    )
    if answer.exit_status == 3:
        return BalancerNow(server=hostname, state="not running")
    if answer.exit_status != 0:
        return BalancerNow(server=hostname, state="does not answer")
    return read_statistics(hostname, answer.stdout)


def read_statistics(hostname: str, text: str) -> BalancerNow:
    """HAProxy's `show stat`, and the members' addresses after a line of dashes."""
    table, _, addresses = text.partition("---\n")
    names = {address: name for name, address in (line.split() for line in addresses.splitlines() if line)}
    rows = list(csv.DictReader(table.removeprefix("# ").splitlines()))
    up = {door: [_name(row, names) for row in _serving(rows, door)] for door in ("writer", "reader")}
    sessions = sum(
        int(row["scur"] or 0) for row in rows if row["svname"] == "FRONTEND" and row["pxname"] in up
    )
    return BalancerNow(
        server=hostname,
        state="up",
        writer=", ".join(up["writer"]) or "none",
        readers=", ".join(sorted(up["reader"])) or "none",
        connections=str(sessions),
    )


def _serving(rows: list[dict[str, str]], door: str) -> Iterator[dict[str, str]]:
    for row in rows:
        is_server = row["pxname"] == door and row["svname"] not in ("FRONTEND", "BACKEND")
        if is_server and row["status"].startswith("UP"):
            yield row


def _name(row: Mapping[str, str], names: Mapping[str, str]) -> str:
    address = row.get("addr", "").rpartition(":")[0]
    return names.get(address, address or row["svname"])


def balancer_table(outputs: Mapping[str, Any], balancers: tuple[BalancerNow, ...]) -> Table:
    """One line for each server: where its ports lead."""
    table = Table(box=None, pad_edge=False, header_style="dim")
    for column in (
        "LOAD BALANCER",
        "STATE",
        "WRITES GO TO",
        "READS GO TO",
        "CLIENTS",
        "WRITER",
        "READER",
        "STATS",
    ):
        table.add_column(column, no_wrap=True)
    doors = outputs["loadBalancer"]
    ports = {
        door: {one["server"]: f"{one['host']}:{int(one['port'])}" for one in doors[door]}
        for door in ("writer", "reader", "stats")
    }
    for now in balancers:
        where = [ports[door].get(now.server, "-") for door in ("writer", "reader", "stats")]
        table.add_row(now.server, now.state, now.writer, now.readers, now.connections, *where)
    return table
