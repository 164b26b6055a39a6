"""How long the certificates of the stack's services live, as the servers show them right now.

A server is asked for the certificate itself: what the state holds says nothing of a service that was not
rolled. What no server shows, the clients' and the authority's, is told from the stack's outputs.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from rich.table import Table
from rich.text import Text

from providers.pki import AuthorityArgs, CertificateArgs, served_until
from providers.ssh import Session

Door = tuple[str, str, int]
"""Service, address and port at which a certificate is shown."""


@dataclass(frozen=True, kw_only=True)
class ShownNow:
    """The certificate of a service on one server; `until` is None where it shows none."""

    service: str
    server: str
    until: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class CertificatesNow:
    """Those of one service, by the one that ends first.

    whose: which one that is. seen: how many are known, and from where. renew_days: so many days before its
    end `make up` makes a new one.
    """

    service: str
    whose: str
    seen: str
    until: datetime | None
    renew_days: int

    def days_left(self, now: datetime) -> int | None:
        """Whole days, negative once it has expired."""
        return None if self.until is None else (self.until - now) // timedelta(days=1)

    def state(self, now: datetime) -> str:
        """ "good", "renewal due", "expired" or "not seen"."""
        if self.until is None:
            return "not seen"
        if self.until <= now:
            return "expired"
        return "renewal due" if self.until - timedelta(days=self.renew_days) <= now else "good"


def certificate_doors(outputs: Mapping[str, Any]) -> dict[str, list[Door]]:
    """Server to the doors at which its services show a certificate."""
    doors: dict[str, list[Door]] = {}
    etcd = outputs.get("etcd", {})
    for member, endpoint in zip(etcd.get("members", ()), etcd.get("endpoints", ()), strict=False):
        # A member without a majority answers no client, but its peers.
        url = urlsplit(str(member.get("peerUrl") or endpoint))
        doors.setdefault(member["server"], []).append(("etcd", url.hostname or "", url.port or 0))
    for one in outputs.get("consul", {}).get("endpoints", ()):
        doors.setdefault(one["server"], []).append(("consul", one["host"], int(one["port"])))
    return doors


def ask_certificates(session: Session, hostname: str, doors: Sequence[Door]) -> tuple[ShownNow, ...]:
    """Each door, asked from its own server."""
    return tuple(
        ShownNow(service=service, server=hostname, until=served_until(session, host, port))
        for service, host, port in doors
    )


def certificates(outputs: Mapping[str, Any], shown: Sequence[ShownNow]) -> list[CertificatesNow]:
    """One entry for each service that shows one, the clients and the authority."""
    found = []
    for service in dict.fromkeys(one.service for one in shown):
        all_of_it = [one for one in shown if one.service == service]
        known = [(one.until, one.server) for one in all_of_it if one.until is not None]
        until, whose = min(known) if known else (None, "-")
        seen = f"{len(known)} of {len(all_of_it)} servers"
        found.append(_entry(service, whose, seen, until, CertificateArgs.renew_days))
    clients = outputs.get("etcd", {}).get("clientCertificates") or {}
    recorded = [(datetime.fromisoformat(end), name) for name, end in clients.items()]
    if recorded:
        until, whose = min(recorded)
        found.append(_entry("etcd clients", whose, "outputs", until, CertificateArgs.renew_days))
    authority = outputs.get("etcd", outputs.get("consul", {})).get("authority")
    if authority:
        # Lazy: the package is slow to load, and most stacks have no certificate.
        from providers.pki.x509 import end_of

        found.append(_entry("authority", "-", "outputs", end_of(authority), AuthorityArgs.renew_days))
    return found


def _entry(service: str, whose: str, seen: str, until: datetime | None, days: int) -> CertificatesNow:
    return CertificatesNow(service=service, whose=whose, seen=seen, until=until, renew_days=days)


def certificate_table(found: Sequence[CertificatesNow]) -> Table:
    """One line for each."""
    table = Table(box=None, pad_edge=False, header_style="dim")
    for column in ("CERTIFICATES", "STATE", "DAYS LEFT", "FIRST TO END", "ENDS", "SEEN"):
        table.add_column(column, no_wrap=True)
    now = datetime.now(UTC)
    for one in found:
        state, days = one.state(now), one.days_left(now)
        table.add_row(
            one.service,
            Text(state, style=_STYLES.get(state, "")),
            "-" if days is None else str(days),
            one.whose,
            one.until.strftime("%Y-%m-%d") if one.until else "-",
            one.seen,
        )
    return table


def certificate_trouble(found: Sequence[CertificatesNow]) -> Iterator[Text]:
    """What to do about those that have to be renewed."""
    now = datetime.now(UTC)
    for state, said in _TROUBLE.items():
        services = [one.service for one in found if one.state(now) == state]
        if services:
            yield Text(f"\n{said}: {', '.join(services)}; make up renews them", style=_STYLES[state])


_STYLES = {"renewal due": "yellow", "expired": "red"}
_TROUBLE = {
    "renewal due": "certificates whose renewal is due",
    "expired": "certificates that have expired, so that new connections are refused",
}
