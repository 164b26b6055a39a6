"""What a preview says of the servers that an `up` would order."""

from __future__ import annotations

import pytest
from SoftLayer import TransportError

from providers.softlayer import errors, offer
from providers.softlayer.guest_inputs import GuestInputs
from providers.softlayer.offer import lines
from tests.unit.providers.softlayer.fakes import FakeAccount, FakeClock, api_on, declared


def guests() -> list[GuestInputs]:
    return [declared(hostname=f"db-{number}") for number in (1, 2, 3)]


@pytest.fixture
def account() -> FakeAccount:
    return FakeAccount(FakeClock())


def there(account: FakeAccount, hostname: str, mark: str = "galera-swarm:test") -> None:
    account.add(hostname, "example.com", tagReferences=[{"tag": {"name": mark}}])


def test_each_server_and_the_sum(account: FakeAccount) -> None:
    price = "0.05 USD per hour, 36.50 USD per month"
    assert lines(api_on(account), guests(), ()) == [
        f"db-1.example.com would be ordered: {price}",
        f"db-2.example.com would be ordered: {price}",
        f"db-3.example.com would be ordered: {price}",
        "3 to order, before tax: 0.15 USD per hour, 109.50 USD per month",
    ]
    assert account.calls["verifyOrder"] == 1, "servers of one kind are asked about once"
    assert account.calls["placeOrder"] == 0


def test_nothing_to_order_is_nothing_to_say(account: FakeAccount) -> None:
    for hostname in ("db-1", "db-2", "db-3"):
        there(account, hostname)
    assert lines(api_on(account), guests(), ()) == []
    assert account.calls["verifyOrder"] == 0


def test_what_is_replaced_is_ordered_anew_and_what_is_somebody_elses_does_not_count(
    account: FakeAccount,
) -> None:
    there(account, "db-1")
    there(account, "db-2")
    there(account, "db-3", mark="another")
    said = lines(api_on(account), guests(), {"db-2"})
    assert [line.split(":")[0] for line in said] == [
        "db-2.example.com would be ordered anew",
        "db-3.example.com would be ordered",
        "2 to order, before tax",
    ]


def test_a_price_that_cannot_be_had_stops_nothing(account: FakeAccount) -> None:
    refusal = TransportError(500, "500 Server Error")
    account.fail["verifyOrder"] = [refusal]
    cheap, dear = declared(hostname="db-1"), declared(hostname="db-2", cpus=16)
    said = lines(api_on(account), [dear, cheap], ())
    assert "its price cannot be had" in said[0]
    assert said[2].startswith("2 to order, 1 of them not counted, before tax: 0.05 USD per hour")
    assert account.calls["verifyOrder"] == 2, "nothing is asked again"


def test_an_account_that_does_not_answer_stops_nothing(
    account: FakeAccount, monkeypatch: pytest.MonkeyPatch
) -> None:
    account.fail["getVirtualGuests"] = [TransportError(0, "Connection reset by peer")]
    monkeypatch.setattr(offer, "connect", lambda *_: api_on(account))
    (said,) = offer.offer(guests(), (), username="u", api_key="k")
    assert said.startswith("what would be ordered cannot be told: ")


def test_only_a_fault_of_the_cloud_is_borne(account: FakeAccount) -> None:
    account.fail["getVirtualGuests"] = [TransportError(0, "Connection reset by peer")]
    with pytest.raises(errors.CloudError):
        lines(api_on(account), guests(), ())
