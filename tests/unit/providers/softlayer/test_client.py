"""The client's manners: what is repeated, for how long, and how fast requests go out."""

from __future__ import annotations

from typing import Any

import pytest
from SoftLayer import SoftLayerAPIError
from SoftLayer.exceptions import TransportError

from providers.softlayer import errors
from providers.softlayer.client import Api, RequestBudget, connect
from providers.softlayer.credentials import Credentials
from tests.unit.providers.softlayer.fakes import FAILURES, REFUSALS, FakeClock


class FakeCall:
    """A call that fails as often as told, then answers."""

    def __init__(self, failures: int, exc: Exception) -> None:
        self.failures = failures
        self.exc = exc
        self.count = 0

    def __call__(self, service: str, method: str, *args: Any, **options: Any) -> Any:
        self.count += 1
        if self.count <= self.failures:
            raise self.exc
        return "answer"


def api_with(call: FakeCall, clock: FakeClock) -> Api:
    return Api(
        call=call,
        order_call=call,
        endpoint="https://api.example.com/xmlrpc/v3.1",
        subject="guest db-1",
        failures=FAILURES,
        clock=clock,
        doubt_seconds=1,
        budget=RequestBudget(1e9),
    )


@pytest.mark.parametrize("name", ["rate limit", "429", "500", "lost before commit"])
def test_what_may_pass_is_repeated(name: str) -> None:
    call = FakeCall(4, REFUSALS[name])
    assert api_with(call, FakeClock()).call("reading it", "Account", "getObject") == "answer"
    assert call.count == 5


@pytest.mark.parametrize("name", ["capacity", "no such price", "bad key"])
def test_what_will_not_pass_is_not_repeated(name: str) -> None:
    call = FakeCall(1, REFUSALS[name])
    with pytest.raises(errors.CloudError):
        api_with(call, FakeClock()).call("reading it", "Account", "getObject")
    assert call.count == 1


@pytest.mark.parametrize(
    ("name", "error", "least", "most"),
    [
        ("rate limit", errors.RateLimitError, 500, 600),
        ("500", errors.BrokenCallError, 80, 120),
    ],
)
def test_patience_ends(name: str, error: type[Exception], least: float, most: float) -> None:
    clock = FakeClock()
    with pytest.raises(error) as raised:
        api_with(FakeCall(10**6, REFUSALS[name]), clock).call("reading it", "Account", "getObject")
    assert least <= clock.now <= most
    assert raised.value.__cause__ is REFUSALS[name]


def test_waits_grow_and_differ() -> None:
    clock = FakeClock()
    api_with(FakeCall(5, REFUSALS["rate limit"]), clock).call("reading it", "Account", "getObject")
    assert len(set(clock.sleeps)) == 5
    assert all(0.5 * 2**n * 0.5 <= pause <= 0.5 * 2**n for n, pause in enumerate(clock.sleeps))


@pytest.mark.parametrize("exc", [TransportError(0, "reset"), SoftLayerAPIError("SoftLayer_Exception", "x")])
def test_once_is_once(exc: Exception) -> None:
    call = FakeCall(1, exc)
    result, fault = api_with(call, FakeClock()).once("Product_Order", "placeOrder", {})
    assert (result, call.count) == (None, 1)
    assert fault is not None


def test_requests_are_spaced_after_a_burst() -> None:
    clock = FakeClock()
    budget = RequestBudget(20, clock)
    clock.now = 100
    for _ in range(60):
        budget.take()
    assert clock.now - 100 == pytest.approx(2, abs=0.1)


def test_an_endpoint_that_nobody_serves_is_named() -> None:
    clock = FakeClock()
    api = connect(
        "http://127.0.0.1:1/xmlrpc/v3.1", Credentials(username="u", api_key="secret-key"), "guest x", clock
    )
    with pytest.raises(errors.UnavailableError, match=r"no connection to http://127\.0\.0\.1:1") as raised:
        api.call("reading it", "Account", "getObject")
    assert clock.now <= 30
    assert "secret-key" not in str(raised.value)


@pytest.mark.parametrize(
    "answer", [None, "", {}, "text", [None], [{"hostname": "db-1"}], [{"id": 1}, "text"]]
)
def test_an_answer_that_is_no_list_of_objects_is_not_taken_for_an_empty_one(answer: Any) -> None:
    api = api_with(FakeCall(0, ValueError()), FakeClock())
    api._call = lambda *_, **__: answer  # type: ignore[assignment]
    with pytest.raises(errors.BrokenCallError, match="guest db-1: looking failed: the API's answer has not"):
        api.listing("looking", "Account", "getVirtualGuests", mask="id", filters=None)


@pytest.mark.parametrize("answer", [[], [{"id": 1}]])
def test_a_list_is_one(answer: list[dict[str, Any]]) -> None:
    api = api_with(FakeCall(0, ValueError()), FakeClock())
    api._call = lambda *_, **__: answer  # type: ignore[assignment]
    assert api.listing("looking", "Account", "getVirtualGuests", mask="id", filters=None) == answer
