"""What each member of etcd says of itself right now."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rich.table import Table

from providers.etcd.control import etcdctl, member_status
from providers.etcd.errors import EtcdError
from providers.ssh import Session


@dataclass(frozen=True, kw_only=True)
class EtcdNow:
    """A member's own words; `health` is whether a majority answers it."""

    member: str
    server: str
    state: str
    health: str = "-"
    version: str = "-"
    size: str = "-"
    alarms: str = "-"


def etcd_services(outputs: Mapping[str, Any]) -> dict[str, str]:
    """Server to the service of its member; none while etcd is off."""
    return {one["server"]: one["name"] for one in outputs.get("etcd", {}).get("members", ())}


def ask_etcd(session: Session, hostname: str, service: str) -> EtcdNow:
    """One member, asked inside its container."""
    try:
        status = member_status(session, service)
    except EtcdError as fault:
        return EtcdNow(member=service, server=hostname, state=str(fault)[:60])
    if status is None:
        return EtcdNow(member=service, server=hostname, state="does not answer")
    role = "leader" if status.leader == status.member_id else "follower"
    return EtcdNow(
        member=service,
        server=hostname,
        state="learner" if status.is_learner else role if status.leader else "no leader",
        health="healthy" if etcdctl(session, service, "endpoint", "health").ok else "unhealthy",
        version=status.version,
        size=f"{status.db_bytes / 1024 / 1024:.1f} MiB",
        alarms="; ".join(status.errors) or "-",
    )


def etcd_table(outputs: Mapping[str, Any], members: Sequence[EtcdNow]) -> Table:
    """One line for each member."""
    table = Table(box=None, pad_edge=False, header_style="dim")
    for column in ("ETCD", "SERVER", "STATE", "HEALTH", "VERSION", "DATA", "ALARMS", "ENDPOINT"):
        table.add_column(column, no_wrap=True)
    etcd = outputs.get("etcd", {})
    names = [one["name"] for one in etcd.get("members", ())]
    endpoints = dict(zip(names, etcd.get("endpoints", ()), strict=False))
    for one in members:
        table.add_row(
            one.member,
            one.server,
            one.state,
            one.health,
            one.version,
            one.size,
            one.alarms,
            endpoints.get(one.member, "-"),
        )
    return table
