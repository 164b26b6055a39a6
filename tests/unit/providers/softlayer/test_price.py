"""The price in a verified order."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from providers.softlayer.price import Price, price_of, quote
from tests.unit.providers.softlayer.fakes import FakeAccount, FakeClock, api_on, declared

PRICES = [{"hourlyRecurringFee": ".023", "recurringFee": "15.5"}, {"hourlyRecurringFee": ".03"}, {}]


@pytest.mark.parametrize(
    ("verified", "price"),
    [
        (
            {"useHourlyPricing": True, "prices": PRICES, "currencyShortName": "EUR"},
            Price(hourly=Decimal(".053"), monthly=Decimal("38.69"), currency="EUR"),
        ),
        ({"prices": PRICES}, Price(hourly=None, monthly=Decimal("15.5"), currency="USD")),
        (
            {"orderContainers": [{"useHourlyPricing": 1, "prices": PRICES}]},
            Price(hourly=Decimal(".053"), monthly=Decimal("38.69"), currency="USD"),
        ),
        ({}, Price(hourly=None, monthly=Decimal(0), currency="USD")),
    ],
)
def test_price(verified: dict[str, Any], price: Price) -> None:
    assert price_of(verified) == price


def test_a_quote_buys_nothing() -> None:
    account = FakeAccount(FakeClock())
    quote(api_on(account), declared())
    assert account.calls["verifyOrder"] == 1
    assert account.calls["placeOrder"] == 0
