"""Finding what the account already has under a name: live guests, and orders whose guest does not show yet.

Both lookups are needed before anything is ordered: an order waiting for approval is no guest yet, and buying
its name again would be buying it twice (research/softlayer.md section 7).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from providers.softlayer.client import Api
from providers.softlayer.guest_inputs import GuestInputs
from providers.softlayer.guest_wire import GUEST_MASK, created_at, is_cancelled
from providers.softlayer.mark import carries, is_unsigned

# The zone in which the API compares order dates is not documented: ask for a day more, compare here.
_ZONE_MARGIN = timedelta(days=1)
# An order may wait for its approval over weekends and holidays (every order of that time has to be read); an
# approved one brings its guest within minutes, and an older one is the history of a guest that was cancelled.
_PENDING_WINDOW = timedelta(days=14)
_APPROVED_WINDOW = timedelta(hours=1)
_ITEM_MASK = "hostName,domainName,categoryCode,billingItem[id,cancellationDate,resourceTableId]"
_ORDER_MASK = f"id,status,createDate,items[{_ITEM_MASK}]"
_DEAD_ORDER = ("CANCEL", "REJECT", "DENIED", "DELETED")


@dataclass(frozen=True)
class Order:
    """An order that names a guest, `fqdn` in small letters; `guest_id` is known once the guest is billed."""

    order_id: int
    status: str
    guest_id: int | None
    fqdn: str


@dataclass(frozen=True)
class Holders:
    """The live guests of one name: with the mark, without user data (so far), and all others."""

    ours: tuple[Mapping[str, Any], ...]
    unsigned: tuple[Mapping[str, Any], ...]
    foreign: tuple[Mapping[str, Any], ...]


def holders(api: Api, inputs: GuestInputs) -> Holders:
    """Look up who holds the guest's name; cancelled guests that still show hold nothing."""
    found = api.listing(
        "looking up the name",
        "Account",
        "getVirtualGuests",
        mask=GUEST_MASK,
        filters={
            "virtualGuests": {
                "hostname": {"operation": f"_= {inputs.hostname}"},
                "domain": {"operation": f"_= {inputs.domain}"},
            }
        },
    )
    live = [guest for guest in found if holds_name(guest, inputs) and not is_cancelled(guest)]
    ours = tuple(guest for guest in live if carries(guest, inputs.mark))
    rest = [guest for guest in live if not carries(guest, inputs.mark)]
    return Holders(
        ours=ours,
        unsigned=tuple(guest for guest in rest if is_unsigned(guest)),
        foreign=tuple(guest for guest in rest if not is_unsigned(guest)),
    )


def open_orders(api: Api, inputs: GuestInputs, since: datetime | None = None) -> tuple[Order, ...]:
    """The orders that name the guest and may still bring it; `since` leaves out older ones."""
    return orders_of(api, lambda *name: name == (inputs.hostname, inputs.domain), since)


def orders_of(
    api: Api, wanted: Callable[[str, str], bool], since: datetime | None = None
) -> tuple[Order, ...]:
    """The orders that may still bring a guest of a wanted host name and domain, one for each such name."""
    now = api.clock.utc_now()
    begin = ((since or now - _PENDING_WINDOW) - _ZONE_MARGIN).strftime("%m/%d/%Y %H:%M:%S")
    found = api.listing(
        "looking up orders of the name",
        "Account",
        "getOrders",
        mask=_ORDER_MASK,
        filters={
            "orders": {
                "createDate": {
                    "operation": "greaterThanDate",
                    "options": [{"name": "date", "value": [begin]}],
                }
            }
        },
    )
    fresh = [raw for raw in found if _is_fresh(raw, since, now)]
    return tuple(order for raw in fresh for order in _open_orders(raw, wanted))


def _is_fresh(raw: Mapping[str, Any], since: datetime | None, now: datetime) -> bool:
    """Whether an order is young enough to be on its way; one without a date is."""
    made = created_at(raw)
    if made is None:
        return True
    waits = "PENDING" in str(raw.get("status") or "").upper()
    return made >= (since or now - (_PENDING_WINDOW if waits else _APPROVED_WINDOW))


def _open_orders(raw: Mapping[str, Any], wanted: Callable[[str, str], bool]) -> Iterator[Order]:
    """The order, for each wanted name that it may still bring."""
    status = str(raw.get("status") or "")
    if any(word in status.upper() for word in _DEAD_ORDER):
        return
    items = [(_name_of(item), item.get("billingItem")) for item in raw.get("items") or []]
    for name in dict.fromkeys(name for name, _ in items if wanted(*name)):
        billing = [entry for named, entry in items if named == name and entry]
        if any(entry.get("cancellationDate") for entry in billing):
            continue
        guests = [int(entry["resourceTableId"]) for entry in billing if entry.get("resourceTableId")]
        yield Order(int(raw["id"]), status, guests[0] if guests else None, ".".join(name))


def holds_name(guest: Mapping[str, Any], inputs: GuestInputs) -> bool:
    """Whether a guest has exactly the declared name, whatever the filter let through."""
    return (
        str(guest.get("hostname") or "").lower() == inputs.hostname
        and str(guest.get("domain") or "").lower() == inputs.domain
    )


def _name_of(item: Mapping[str, Any]) -> tuple[str, str]:
    return str(item.get("hostName") or "").lower(), str(item.get("domainName") or "").lower()
