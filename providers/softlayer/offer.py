"""What an `up` would order, and for how much: shown by a preview, and never in its way.

Asked is the account, not the state: a guest that an interrupted run ordered is adopted and not bought again.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Iterator, Sequence
from decimal import Decimal

from providers.softlayer.client import Api, connect
from providers.softlayer.credentials import Credentials
from providers.softlayer.errors import CloudError
from providers.softlayer.guest_inputs import GuestInputs
from providers.softlayer.guest_wire import GUEST_MASK, is_cancelled
from providers.softlayer.lookup import holds_name
from providers.softlayer.mark import carries
from providers.softlayer.price import Price, quote

#: Seconds after which a preview does without the answer to one question.
PATIENCE_SECONDS = 10.0
_MOST_GUESTS = 500


def offer(
    guests: Sequence[GuestInputs], replaced: Collection[str], *, username: str, api_key: str
) -> list[str]:
    """Lines for people: each server that would be ordered with its price, then the sum; none if none would.

    replaced: host names of the guests that would be cancelled and ordered anew. Never raises a CloudError.
    """
    credentials = Credentials(username=username, api_key=api_key, timeout_seconds=PATIENCE_SECONDS)
    try:
        return lines(connect(guests[0].endpoint, credentials, "the price"), guests, replaced)
    except CloudError as exc:
        return [f"what would be ordered cannot be told: {exc}"]


def lines(api: Api, guests: Sequence[GuestInputs], replaced: Collection[str]) -> list[str]:
    """As `offer`. Raises CloudError when the account cannot be asked what it has."""
    there = set(_names_there(api, guests))
    wanted = [guest for guest in guests if guest.fqdn not in there or guest.hostname in replaced]
    prices: dict[GuestInputs, Price | CloudError] = {}
    said: list[str] = []
    known: list[Price] = []
    for guest in wanted:
        kind = dataclasses.replace(guest, hostname="any")
        if kind not in prices:
            prices[kind] = _price(api, guest)
        price = prices[kind]
        how = "would be ordered anew" if guest.fqdn in there else "would be ordered"
        if isinstance(price, Price):
            known.append(price)
            said.append(f"{guest.fqdn} {how}: {_text([price])}")
        else:
            said.append(f"{guest.fqdn} {how}; its price cannot be had: {price}")
    if known:
        without = f", {len(wanted) - len(known)} of them not counted" if len(known) < len(wanted) else ""
        said.append(f"{len(wanted)} to order{without}, before tax: {_text(known)}")
    return said


def _price(api: Api, guest: GuestInputs) -> Price | CloudError:
    try:
        return quote(api, guest)
    except CloudError as exc:
        return exc


def _names_there(api: Api, guests: Sequence[GuestInputs]) -> Iterator[str]:
    for domain in dict.fromkeys(guest.domain for guest in guests):
        found = api.call_once(
            "looking up the names",
            "Account",
            "getVirtualGuests",
            mask=GUEST_MASK,
            filter={"virtualGuests": {"domain": {"operation": f"_= {domain}"}}},
            limit=_MOST_GUESTS,
        )
        live = [guest for guest in found or [] if isinstance(guest, dict) and not is_cancelled(guest)]
        for wanted in guests:
            if any(holds_name(guest, wanted) and carries(guest, wanted.mark) for guest in live):
                yield wanted.fqdn


def _text(prices: Sequence[Price]) -> str:
    currency = prices[0].currency
    monthly = sum((price.monthly for price in prices), Decimal(0))
    by_hour = [price.hourly for price in prices if price.hourly is not None]
    if len(by_hour) < len(prices):
        return f"{monthly:.2f} {currency} per month"
    return f"{_plain(sum(by_hour, Decimal(0)))} {currency} per hour, {monthly:.2f} {currency} per month"


def _plain(fee: Decimal) -> str:
    """Cents, or as many digits as the fee has beyond them."""
    return f"{fee:.2f}" if fee == fee.quantize(Decimal("0.01")) else f"{fee.normalize():f}"
