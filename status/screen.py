"""The screen itself: tables made from the stack's outputs and from what its servers answered."""

from collections.abc import Iterator, Mapping
from typing import Any

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from status.aerospike import aerospike_table
from status.balancers import balancer_table
from status.certificates import certificate_table, certificate_trouble, certificates
from status.cluster import by_cluster, faults
from status.consul import consul_table
from status.etcd_members import etcd_table
from status.live import MemberNow, StackNow
from status.site import site_table


def screen(stack: str, outputs: Mapping[str, Any], now: StackNow) -> Iterator[RenderableType]:
    """The parts from top to bottom; trouble comes last, where the eye ends."""
    database = outputs.get("database", {})
    yield Text(f"stack {stack}: {_verdict(database, now)}", style="bold")
    yield ""
    yield _servers(outputs, now)
    yield ""
    yield _members(database, now)
    yield ""
    yield _database(database, now)
    yield f"password: tools/run pulumi stack output databaseRootPassword --stack {stack} --show-secrets"
    if now.balancers:
        yield ""
        yield balancer_table(outputs, now.balancers)
    if now.etcd:
        yield ""
        yield etcd_table(outputs, now.etcd)
    if now.aerospike:
        yield ""
        yield aerospike_table(outputs, now.aerospike)
    if now.sites:
        yield ""
        yield site_table(outputs, now.sites)
    if outputs.get("consul"):
        yield ""
        yield consul_table(outputs["consul"], now.agents)
    issued = certificates(outputs, now.certificates)
    if issued:
        yield ""
        yield certificate_table(issued)
    others = _other_services(database, now)
    if others is not None:
        yield ""
        yield others
    yield from _trouble(now)
    yield from certificate_trouble(issued)


def _verdict(database: Mapping[str, Any], now: StackNow) -> str:
    synced = sum(member.state == "Synced" for member in now.members)
    wrong = ", ".join(faults(database, now.members))
    members = f"{synced} of {len(now.members)} members Synced{f', but {wrong};' if wrong else ','}"
    return f"{members} {len(now.answering)} servers answer"


def _table(*columns: str) -> Table:
    table = Table(box=None, pad_edge=False, header_style="dim")
    for column in columns:
        table.add_column(column, no_wrap=True)
    return table


def _servers(outputs: Mapping[str, Any], now: StackNow) -> Table:
    table = _table("SERVER", "ID", "PUBLIC", "PRIVATE", "IN", "SSH", "SWARM NODE", "MANAGER")
    nodes = {node.get("Hostname"): node for node in now.nodes}
    for server in outputs.get("servers", ()):
        node = nodes.get(server["hostname"], {})
        table.add_row(
            server["hostname"],
            str(int(server["id"])),
            server.get("publicIp") or "-",
            server["privateIp"],
            server["datacenter"],
            "answers" if server["hostname"] in now.answering else "silent",
            f"{node.get('Status', 'unknown')}, {node.get('Availability', '?')}",
            node.get("ManagerStatus") or "-",
        )
    return table


def _members(database: Mapping[str, Any], now: StackNow) -> Table:
    table = _table("MEMBER", "SERVER", "STATE", "CLUSTER", "SIZE", "COMMITTED", "ENDPOINT")
    endpoints = {one["member"]: one for one in database.get("endpoints", ())}
    for member in now.members:
        endpoint = endpoints.get(member.member)
        table.add_row(
            member.member,
            member.server,
            member.state,
            member.status or "-",
            member.size or "-",
            member.seqno or "-",
            f"{endpoint['host']}:{int(endpoint['port'])}" if endpoint else "-",
        )
    return table


def _database(database: Mapping[str, Any], now: StackNow) -> str:
    recorded = database.get("clusterUuid")
    agrees = list(by_cluster(now.members)) == [recorded]
    return (
        f"cluster {database.get('clusterName')} ({database.get('mode')}, {database.get('version')}), "
        f"{'' if agrees else 'recorded '}UUID {recorded}"
    )


def _other_services(database: Mapping[str, Any], now: StackNow) -> Table | None:
    members = {one["member"] for one in database.get("endpoints", ())}
    rest = [service for service in now.services if service.get("Name") not in members]
    if not rest:
        return None
    table = _table("SERVICE", "RUNNING", "IMAGE")
    for service in rest:
        table.add_row(str(service.get("Name")), str(service.get("Replicas")), str(service.get("Image")))
    return table


def _trouble(now: StackNow) -> Iterator[RenderableType]:
    for problem in now.problems:
        yield Text(f"\n{problem}", style="red")
    clusters = by_cluster(now.members)
    if len(clusters) > 1:
        parts = [f"  {uuid}: {', '.join(names)}" for uuid, names in clusters.items()]
        yield Text("\n".join(["\nclusters by UUID:", *parts]), style="red")
    for member in now.members:
        if member.evidence:
            yield Text(_said(member), style="yellow")


def _said(member: MemberNow) -> str:
    return "\n".join([f"\n{member.member} last said:", *(f"  {line}" for line in member.evidence)])
