"""What an account has of a stack, whatever the stack's state knows: its servers, and those on their way.

A server shows its mark as soon as it shows its user data. Before that its name is all there is: a guest
without user data, or an order alone.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from providers.softlayer.client import Api
from providers.softlayer.guest_wire import GUEST_MASK, is_cancelled
from providers.softlayer.lookup import Order, orders_of
from providers.softlayer.mark import carries, is_unsigned
from providers.softlayer.ordering import read_guest


@dataclass(frozen=True, kw_only=True)
class Names:
    """The names that a stack's servers can have: a prefix, a dash and a number, in one domain."""

    prefix: str
    domain: str

    def have(self, hostname: str, domain: str) -> bool:
        """Whether a name is one of these."""
        numbered = rf"{re.escape(self.prefix)}-[0-9]+"
        return domain.lower() == self.domain.lower() and bool(re.fullmatch(numbered, hostname, re.IGNORECASE))


@dataclass(frozen=True, kw_only=True)
class Traces:
    """Live guests with the mark; guests of the names that cannot show a mark yet; orders whose guest does
    not show."""

    marked: tuple[Mapping[str, Any], ...]
    unborn: tuple[Mapping[str, Any], ...]
    orders: tuple[Order, ...]


def traces_of(api: Api, mark: str, names: Names, known: Collection[str]) -> Traces:
    """All of them but what is known by its id already. Raises CloudError when the account does not tell."""
    guests = api.listing(
        "looking for servers of this stack", "Account", "getVirtualGuests", mask=GUEST_MASK, filters=None
    )
    live = [guest for guest in guests if not is_cancelled(guest)]
    strange = [guest for guest in live if str(guest["id"]) not in known]
    held = {fqdn_of(guest) for guest in live}
    return Traces(
        marked=tuple(guest for guest in strange if carries(guest, mark)),
        unborn=tuple(
            guest
            for guest in strange
            if names.have(str(guest.get("hostname") or ""), str(guest.get("domain") or ""))
            and _is_unborn(guest, mark)
        ),
        orders=tuple(
            order
            for order in orders_of(api, names.have)
            if order.fqdn not in held
            and str(order.guest_id) not in known
            and _may_bring_ours(api, order, mark)
        ),
    )


def fqdn_of(guest: Mapping[str, Any]) -> str:
    """A guest's full name in small letters."""
    return f"{guest.get('hostname') or ''}.{guest.get('domain') or ''}".lower()


def _is_unborn(guest: Mapping[str, Any], mark: str) -> bool:
    return not carries(guest, mark) and is_unsigned(guest) and not guest.get("provisionDate")


def _may_bring_ours(api: Api, order: Order, mark: str) -> bool:
    """Whether the guest of an order that shows no guest may be the stack's; who cannot be read may not show
    yet."""
    guest = None if order.guest_id is None else read_guest(api, order.guest_id)
    if guest is None:
        return True
    return (
        not is_cancelled(guest)
        and fqdn_of(guest) == order.fqdn
        and (carries(guest, mark) or is_unsigned(guest))
    )
