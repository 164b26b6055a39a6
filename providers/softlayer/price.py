"""What a guest costs: read from Product_Order::verifyOrder, which prices an order without placing it.

Fees are decimal text on the wire (".02") and stay decimal here. A month of an hourly guest counts as 730
hours.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from providers.softlayer.client import Api
from providers.softlayer.guest_inputs import GuestInputs
from providers.softlayer.guest_wire import complete_order, create_template

HOURS_PER_MONTH = 730


@dataclass(frozen=True, kw_only=True)
class Price:
    """The price of one guest before tax; `hourly` is None for a guest billed by the month."""

    hourly: Decimal | None
    monthly: Decimal
    currency: str


def price_of(verified: Mapping[str, Any]) -> Price:
    """The price in a verifyOrder answer, bare or wrapped in orderContainers."""
    containers = verified.get("orderContainers") or [verified]
    prices = [price for container in containers for price in container.get("prices") or []]
    currency = str(verified.get("currencyShortName") or "USD")
    if any(container.get("useHourlyPricing") for container in containers):
        hourly = _total(prices, "hourlyRecurringFee")
        return Price(hourly=hourly, monthly=hourly * HOURS_PER_MONTH, currency=currency)
    return Price(hourly=None, monthly=_total(prices, "recurringFee"), currency=currency)


def quote(api: Api, inputs: GuestInputs) -> Price:
    """Ask the API once what the guest would cost; buys nothing. Raises CloudError as the order would."""
    return price_of(_verified(api.call_once, inputs)[1])


def verified_order(api: Api, inputs: GuestInputs) -> tuple[dict[str, Any], Mapping[str, Any]]:
    """The complete order for a guest, and the API's verification of it; buys nothing."""
    return _verified(api.call, inputs)


def _verified(call: Callable[..., Any], inputs: GuestInputs) -> tuple[dict[str, Any], Mapping[str, Any]]:
    template = create_template(inputs)
    container = call("preparing the order", "Virtual_Guest", "generateOrderTemplate", template)
    order = complete_order(container, inputs)
    return order, call("verifying the order", "Product_Order", "verifyOrder", order)


def _total(prices: Iterable[Mapping[str, Any]], key: str) -> Decimal:
    return sum((Decimal(str(price.get(key) or 0)) for price in prices), Decimal(0))
