"""What an account has of a stack: what shows its mark, what cannot yet, and what only an order tells of."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from providers.softlayer.mark import sign
from providers.softlayer.traces import Names, Traces, traces_of
from tests.unit.providers.softlayer.fakes import START, FakeAccount, FakeClock, api_on, order_record

MARK = "galera-swarm:test"
NAMES = Names(prefix="db", domain="example.com")
OURS = {"userData": [{"value": sign("", MARK)}]}
OTHERS = {"userData": [{"value": sign("", "galera-swarm:other")}]}
CANCELLED = {"billingItem": {"id": 1, "cancellationDate": START.isoformat()}}


@pytest.fixture
def account() -> FakeAccount:
    return FakeAccount(FakeClock())


def traces(account: FakeAccount, *known: str) -> Traces:
    return traces_of(api_on(account), MARK, NAMES, known)


@pytest.mark.parametrize(
    ("name", "has"),
    [
        ("db-1.example.com", True),
        ("DB-12.Example.com", True),
        ("db.example.com", False),
        ("db-x.example.com", False),
        ("web-db-1.example.com", False),
        ("db-1.other.com", False),
    ],
)
def test_names_are_the_prefix_and_a_number(name: str, has: bool) -> None:
    hostname, _, domain = name.partition(".")
    assert NAMES.have(hostname, domain) is has


@pytest.mark.parametrize(
    ("hostname", "facts", "found"),
    [
        ("db-1", OURS, "marked"),
        ("any", OURS, "marked"),
        ("db-1", {}, "unborn"),
        ("db-1", {"provisionDate": START.isoformat()}, None),
        ("db-1", OTHERS, None),
        ("web-1", {}, None),
        ("db-1", OURS | CANCELLED, None),
        ("db-1", CANCELLED, None),
    ],
)
def test_each_guest_is_what_it_shows(
    account: FakeAccount, hostname: str, facts: dict[str, Any], found: str | None
) -> None:
    guest = account.add(hostname, "example.com", **facts)
    seen = traces(account)
    for kind in ("marked", "unborn"):
        assert getattr(seen, kind) == ((guest,) if kind == found else ())
    assert traces(account, str(guest["id"])) == Traces(marked=(), unborn=(), orders=())


@pytest.mark.parametrize(
    ("facts", "days", "found"),
    [
        ({}, 0, True),
        ({"status": "PENDING_AUTO_APPROVAL"}, 10, True),
        ({"status": "PENDING_AUTO_APPROVAL"}, 20, False),
        ({}, 10, False),
        ({"status": "CANCELLED"}, 0, False),
        ({"items": [{"hostName": "web-1", "domainName": "example.com"}]}, 0, False),
    ],
)
def test_an_order_without_a_guest(
    account: FakeAccount, facts: dict[str, Any], days: int, found: bool
) -> None:
    made = (START - timedelta(days=days)).isoformat()
    account.orders = [order_record(7, None, account.clock, createDate=made, **facts)]
    assert [order.order_id for order in traces(account).orders] == ([7] if found else [])


def test_an_order_of_several_names_is_told_for_each(account: FakeAccount) -> None:
    items = [{"hostName": f"DB-{number}", "domainName": "example.com"} for number in (1, 1, 2)]
    account.orders = [order_record(7, None, account.clock, items=items)]
    assert [order.fqdn for order in traces(account).orders] == ["db-1.example.com", "db-2.example.com"]


@pytest.mark.parametrize(
    ("facts", "is_hidden", "found"),
    [
        (OURS, False, False),
        ({}, False, False),
        (OURS, True, True),
        (CANCELLED, False, False),
    ],
    ids=["shown by itself", "unborn, shown by itself", "hidden", "cancelled: history"],
)
def test_the_order_of_a_guest(
    account: FakeAccount, facts: dict[str, Any], is_hidden: bool, found: bool
) -> None:
    guest = account.add("db-1", "example.com", **facts)
    account.orders = [order_record(7, guest, account.clock)]
    account.hidden = {guest["id"]} if is_hidden else set()
    assert bool(traces(account).orders) is found
    assert not traces(account, str(guest["id"])).orders


def test_who_may_see_no_bills_is_not_told_of_a_server_that_is_up(account: FakeAccount) -> None:
    account.add("db-1", "example.com", **OURS)
    account.orders = [order_record(7, None, account.clock)]
    assert traces(account).orders == ()
