"""When a guest counts as ready, idle or gone, and what a wait that ends in vain says."""

from __future__ import annotations

from typing import Any

import pytest

from providers.softlayer import errors
from providers.softlayer.readiness import (
    wait_until_gone,
    wait_until_idle,
    wait_until_ready,
    wait_until_seen,
)
from tests.unit.providers.softlayer.fakes import FakeAccount, FakeClock, api_on

READY: dict[str, Any] = {
    "provisionDate": "2026-11-21T12:00:00+00:00",
    "primaryIpAddress": "192.0.2.1",
    "primaryBackendIpAddress": "10.0.0.1",
}
BUSY = {
    "id": 77,
    "elapsedSeconds": 4000,
    "transactionStatus": {"name": "SERVICE_SETUP", "friendlyName": "Service Setup"},
}


@pytest.fixture
def account() -> FakeAccount:
    return FakeAccount(FakeClock())


def add(account: FakeAccount, **more: Any) -> int:
    number: int = account.add("db-1", "example.com", **more)["id"]
    return number


@pytest.mark.parametrize(
    ("missing", "words"),
    [
        ({"activeTransaction": BUSY}, r"'Service Setup' \(transaction 77 SERVICE_SETUP, 4000 s old\)"),
        ({"provisionDate": None}, "the start of its provisioning"),
        ({"primaryBackendIpAddress": None}, "its private address"),
        ({"primaryIpAddress": None}, "its public address"),
    ],
)
def test_each_missing_thing_is_waited_for_and_named(
    account: FakeAccount, missing: dict[str, Any], words: str
) -> None:
    number = add(account, **{**READY, **missing})
    with pytest.raises(errors.TransactionTimeoutError, match=f"90 min, it waits for {words}; .*pulumi up"):
        wait_until_ready(api_on(account), number, private_only=False, timeout_minutes=90)
    assert 5380 <= account.clock.now <= 5400
    assert number in account.guests


def test_a_private_guest_needs_no_public_address(account: FakeAccount) -> None:
    number = add(account, **{**READY, "primaryIpAddress": None})
    assert wait_until_ready(api_on(account), number, private_only=True, timeout_minutes=1)["id"] == number
    assert account.clock.sleeps == []


def test_polls_are_short_at_first_and_never_rare(account: FakeAccount) -> None:
    number = add(account)
    with pytest.raises(errors.TransactionTimeoutError):
        wait_until_ready(api_on(account), number, private_only=False, timeout_minutes=10)
    assert account.clock.sleeps[0] == pytest.approx(0.3)
    assert max(account.clock.sleeps) == pytest.approx(10)


def test_progress_every_quarter_of_a_minute(account: FakeAccount, capsys: pytest.CaptureFixture[str]) -> None:
    number = add(account, **{**READY, "activeTransaction": BUSY})
    with pytest.raises(errors.TransactionTimeoutError):
        wait_until_ready(api_on(account), number, private_only=False, timeout_minutes=5)
    lines = capsys.readouterr().err.splitlines()
    assert 12 <= len(lines) <= 20
    assert all(
        "guest db-1.example.com: being provisioned, waiting for 'Service Setup'" in line for line in lines
    )


def test_a_guest_cancelled_meanwhile_is_named(account: FakeAccount) -> None:
    number = add(account)
    account.clock.on_sleep = account.guests.clear
    with pytest.raises(errors.NotFoundError, match="cancelled while it was being provisioned"):
        wait_until_ready(api_on(account), number, private_only=False, timeout_minutes=10)


def test_an_ordered_guest_may_show_late(account: FakeAccount) -> None:
    number = add(account)
    account.hidden.add(number)
    account.clock.on_sleep = lambda: account.hidden.clear() if account.clock.now > 60 else None
    assert wait_until_seen(api_on(account), number)["id"] == number


def test_an_ordered_guest_that_never_shows_is_named(account: FakeAccount) -> None:
    with pytest.raises(errors.OrderDoubtError, match=r"id 100 was ordered.*slcli account orders"):
        wait_until_seen(api_on(account), 100)


def test_idle_is_no_transaction_and_gone_is_none(account: FakeAccount) -> None:
    number = add(account, activeTransaction=BUSY)
    account.clock.on_sleep = lambda: account.guests[number].pop("activeTransaction", None)
    assert wait_until_idle(api_on(account), number, timeout_minutes=1) == account.guests[number]
    assert wait_until_idle(api_on(account), 999, timeout_minutes=1) is None


def test_a_transaction_that_never_ends_is_named(account: FakeAccount) -> None:
    number = add(account, activeTransaction=BUSY)
    with pytest.raises(errors.TransactionTimeoutError, match=r"still busy with 'Service Setup'.*ticket"):
        wait_until_idle(api_on(account), number, timeout_minutes=1)


def test_a_cancelled_guest_is_given_a_moment_to_vanish(account: FakeAccount) -> None:
    number = add(account, billingItem={"id": 1, "cancellationDate": "2026-11-21"})
    wait_until_gone(api_on(account), number)
    assert 5 <= account.clock.now <= 7
    account.guests.clear()
    wait_until_gone(api_on(account), number)
    assert account.clock.now <= 7


def test_a_guest_that_stays_after_its_cancellation_is_named(account: FakeAccount) -> None:
    number = add(account)
    with pytest.raises(errors.TransactionTimeoutError, match="was cancelled and still shows after 30 min"):
        wait_until_gone(api_on(account), number)
