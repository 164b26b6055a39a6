"""Whether the WordPress site answers on each server right now."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from rich.table import Table

from providers.ssh import Session
from providers.wordpress.replicas import page_fault


@dataclass(frozen=True, kw_only=True)
class SiteNow:
    """The site as one server answers with it; `fault` is why it does not."""

    server: str
    fault: str = ""


def site_ports(outputs: Mapping[str, Any]) -> dict[str, int]:
    """Server to the port of the site on it; none while it is off."""
    doors = outputs.get("wordpress", {}).get("endpoints", ())
    return {door["server"]: int(door["port"]) for door in doors}


def ask_site(session: Session, hostname: str, port: int) -> SiteNow:
    """The login page, asked for on the server itself: it needs a replica and the database."""
    return SiteNow(server=hostname, fault=page_fault(session, port))


def site_table(outputs: Mapping[str, Any], sites: tuple[SiteNow, ...]) -> Table:
    """One line for each server."""
    table = Table(box=None, pad_edge=False, header_style="dim")
    for column in ("WORDPRESS", "STATE", "ADDRESS"):
        table.add_column(column, no_wrap=True)
    site = outputs["wordpress"]
    where = {one["server"]: f"http://{one['host']}:{int(one['port'])}" for one in site["endpoints"]}
    for now in sites:
        table.add_row(now.server, now.fault or "answers", site.get("url") or where.get(now.server, "-"))
    return table
