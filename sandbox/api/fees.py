"""Prices as orders and receipts show them."""

from decimal import Decimal
from typing import Any

from sandbox.api.catalogue import Price


def show_price(price: Price) -> dict[str, Any]:
    """A price as orders and receipts show it."""
    return {
        "id": price.id,
        "itemId": price.item.id,
        "locationGroupId": None,
        "hourlyRecurringFee": fee(price.hourly),
        "recurringFee": fee(price.monthly),
        "setupFee": "0",
        "oneTimeFee": "0",
        "laborFee": "0",
        "categories": [{"categoryCode": price.category}],
        "item": {
            "id": price.item.id,
            "keyName": price.item.key_name,
            "description": price.item.description,
            "capacity": str(price.item.capacity),
            "units": price.item.units,
        },
    }


def fee(amount: Decimal | int) -> str:
    """Dollars as the API writes them: no trailing zeros, no leading zero, `0` for nothing."""
    text = f"{amount:f}"
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return text.removeprefix("0") if text.startswith("0.") else text
