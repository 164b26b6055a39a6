"""The order recipe: whatever happens to an order, one guest and one order at the most."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from SoftLayer import SoftLayerAPIError

from providers.softlayer import errors
from providers.softlayer.mark import sign
from providers.softlayer.ordering import acquire, read_guest
from tests.unit.providers.softlayer.fakes import FakeAccount, FakeClock, api_on, declared, order_record


@pytest.fixture
def account() -> FakeAccount:
    return FakeAccount(FakeClock())


def nothing() -> None:
    """Whoever asked for the order is still there."""


@pytest.mark.parametrize(
    ("script", "orders_sent", "adopted"),
    [
        (["ok"], 1, False),
        (["rate limit", "ok"], 2, False),
        (["429", "rate limit", "ok"], 3, False),
        (["lost after commit"], 1, True),
        (["bad body"], 1, True),
        (["receipt without guests"], 1, True),
        (["rate limit", "lost after commit"], 2, True),
    ],
)
def test_one_guest_comes_of_it(
    account: FakeAccount, script: list[str], orders_sent: int, adopted: bool
) -> None:
    account.script = script

    acquired = acquire(api_on(account), declared(), nothing)

    assert acquired.guest_id in account.guests
    assert acquired.adopted is adopted
    assert len(account.guests) == 1
    assert len(account.orders) == 1
    assert account.calls["placeOrder"] == orders_sent


@pytest.mark.parametrize(
    ("script", "error"),
    [
        ("capacity", errors.CapacityError),
        ("no such price", errors.RefusedError),
        ("bad key", errors.CredentialsError),
        ("lost before commit", errors.OrderDoubtError),
        ("500", errors.OrderDoubtError),
    ],
)
def test_nothing_is_ordered_twice_when_nothing_came(
    account: FakeAccount, script: str, error: type[Exception]
) -> None:
    account.script = [script]

    with pytest.raises(error, match=r"guest db-1\.example\.com"):
        acquire(api_on(account), declared(), nothing)

    assert account.calls["placeOrder"] == 1
    assert account.guests == {}


@pytest.mark.parametrize("script", ["lost before commit", "500"])
def test_the_next_run_orders_after_a_doubt_that_brought_nothing(account: FakeAccount, script: str) -> None:
    account.script = [script]
    with pytest.raises(errors.OrderDoubtError):
        acquire(api_on(account), declared(), nothing)

    acquired = acquire(api_on(account), declared(), nothing)

    assert not acquired.adopted
    assert len(account.orders) == 1


def test_a_doubtful_order_is_searched_for_minutes(account: FakeAccount) -> None:
    account.script = ["lost before commit"]
    with pytest.raises(errors.OrderDoubtError, match="neither a guest nor an order"):
        acquire(api_on(account, doubt_seconds=300), declared(), nothing)
    assert 280 <= account.clock.now <= 310


def test_a_guest_that_shows_late_is_adopted(account: FakeAccount) -> None:
    account.script = ["lost, guest hidden"]
    account.clock.on_sleep = lambda: account.hidden.clear() if account.clock.now > 60 else None

    acquired = acquire(api_on(account), declared(), nothing)

    assert acquired.adopted
    assert len(account.orders) == 1


def test_an_order_of_a_killed_run_whose_guest_shows_late_is_adopted(account: FakeAccount) -> None:
    inputs = declared()
    guest = account.add("db-1", "example.com", userData=[{"value": sign("", inputs.mark)}])
    account.hidden.add(guest["id"])
    account.orders.append(order_record(500, None, account.clock, status="PENDING_APPROVAL"))
    account.clock.on_sleep = lambda: account.hidden.clear() if account.clock.now > 60 else None

    acquired = acquire(api_on(account), inputs, nothing)

    assert acquired.guest_id == guest["id"]
    assert account.calls["placeOrder"] == 0


@pytest.mark.parametrize("days", [0, 3, 13])
def test_an_order_that_waits_for_days_stops_the_run_all_the_same(account: FakeAccount, days: int) -> None:
    made = (account.clock.utc_now() - timedelta(days=days)).isoformat()
    account.orders.append(order_record(500, None, account.clock, status="PENDING_APPROVAL", createDate=made))
    with pytest.raises(errors.OrderDoubtError, match="order 500"):
        acquire(api_on(account), declared(), nothing)
    assert account.calls["placeOrder"] == 0


@pytest.mark.parametrize("answer", [None, {}, "", {"id": 7}, [{"id": 100}]])
def test_a_guest_is_gone_only_when_the_cloud_says_so(account: FakeAccount, answer: Any) -> None:
    api = api_on(account)
    api._call = lambda *_, **__: answer  # type: ignore[assignment]
    with pytest.raises(errors.BrokenCallError):
        read_guest(api, 100)


def test_an_order_that_stays_without_a_guest_stops_the_run(account: FakeAccount) -> None:
    account.orders.append(order_record(500, None, account.clock, status="PENDING_APPROVAL"))
    with pytest.raises(errors.OrderDoubtError, match=r"order 500 \(PENDING_APPROVAL\)"):
        acquire(api_on(account), declared(), nothing)
    assert account.calls["placeOrder"] == 0


@pytest.mark.parametrize(
    "shown",
    [
        {"userData": [{"value": sign("", "galera-swarm:test")}]},
        {"userData": [{"value": sign("#!/bin/sh\ntrue", "galera-swarm:test")}]},
        {"tagReferences": [{"tag": {"name": "Galera-Swarm:Test"}}]},
    ],
)
def test_a_marked_guest_of_the_name_is_adopted(account: FakeAccount, shown: dict[str, Any]) -> None:
    guest = account.add("DB-1", "example.com", **shown)
    acquired = acquire(api_on(account), declared(), nothing)
    assert (acquired.guest_id, acquired.adopted) == (guest["id"], True)
    assert account.calls["placeOrder"] == 0


@pytest.mark.parametrize(
    "shown",
    [
        {"userData": [{"value": sign("", "galera-swarm:other")}]},
        {"userData": [{"value": "#!/bin/sh"}]},
        {"provisionDate": "2026-11-01T00:00:00+00:00"},
    ],
)
def test_an_unmarked_guest_of_the_name_is_left_alone(account: FakeAccount, shown: dict[str, Any]) -> None:
    account.add("db-1", "example.com", **shown)
    with pytest.raises(errors.OwnershipError, match=r"id 100.*slcli vs cancel 100"):
        acquire(api_on(account), declared(), nothing)
    assert account.calls["placeOrder"] == 0


@pytest.mark.parametrize(
    "shown",
    [
        {"billingItem": {"id": 5, "cancellationDate": "2026-11-20T00:00:00+00:00"}},
        {"billingItem": {"id": 5, "cancellationDate": "2026-12-01T00:00:00+00:00"}},
        {"activeTransaction": {"transactionStatus": {"name": "RECLAIM_WAIT"}}},
    ],
)
def test_a_cancelled_guest_holds_no_name(account: FakeAccount, shown: dict[str, Any]) -> None:
    gone = account.add("db-1", "example.com", **shown)
    acquired = acquire(api_on(account), declared(), nothing)
    assert acquired.guest_id != gone["id"]
    assert account.calls["placeOrder"] == 1


def test_the_order_of_a_renamed_guest_is_history(account: FakeAccount) -> None:
    inputs = declared()
    renamed = account.add("db-9", "example.com", userData=[{"value": sign("", inputs.mark)}])
    account.orders.append(order_record(500, renamed, account.clock))
    acquired = acquire(api_on(account), inputs, nothing)
    assert acquired.guest_id != renamed["id"]
    assert account.calls["placeOrder"] == 1


def test_two_marked_guests_of_one_name_are_for_the_user(account: FakeAccount) -> None:
    for _ in range(2):
        account.add("db-1", "example.com", userData=[{"value": sign("", "galera-swarm:test")}])
    with pytest.raises(errors.OrderDoubtError, match="ids 100, 101"):
        acquire(api_on(account), declared(), nothing)


def test_our_own_guest_is_known_by_its_age_while_it_shows_no_user_data(account: FakeAccount) -> None:
    account.script = ["lost after commit"]
    account.strip_user_data = True
    assert acquire(api_on(account), declared(), nothing).adopted
    assert len(account.guests) == 1


def test_nothing_is_bought_for_an_engine_that_is_gone(account: FakeAccount) -> None:
    def gone() -> None:
        raise errors.AbandonedError

    with pytest.raises(errors.AbandonedError):
        acquire(api_on(account), declared(), gone)
    assert account.calls["placeOrder"] == 0


def test_reads_that_fail_for_a_while_do_not_stop_an_order(account: FakeAccount) -> None:
    limit = SoftLayerAPIError("SoftLayer_Exception_WebService_RateLimitExceeded", "Rate limit of 50")
    account.fail = {"getVirtualGuests": [limit] * 5, "getOrders": [limit] * 3, "verifyOrder": [limit]}
    assert not acquire(api_on(account), declared(), nothing).adopted
    assert account.calls["placeOrder"] == 1


@pytest.mark.parametrize("provisioned", [None, "2026-11-21T12:00:00+00:00"])
def test_a_user_who_may_not_see_billing_items_buys_nothing_twice(
    account: FakeAccount, provisioned: str | None
) -> None:
    there = account.add(
        "db-1",
        "example.com",
        billingItem=None,
        provisionDate=provisioned,
        userData=[{"value": sign("", declared().mark)}],
    )
    assert acquire(api_on(account), declared(), nothing).guest_id == there["id"]
    assert account.calls["placeOrder"] == 0
