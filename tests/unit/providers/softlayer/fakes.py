"""A fake clock and a fake account: enough of the API to play through every outcome of an order."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from xml.parsers.expat import ExpatError

from SoftLayer import SoftLayerAPIError, SoftLayerError
from SoftLayer.exceptions import TransportError

from providers.softlayer.client import Api, RequestBudget
from providers.softlayer.guest_inputs import GuestInputs

START = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
FAILURES = (SoftLayerError, ExpatError)


NOT_FOUND = SoftLayerAPIError("SoftLayer_Exception_ObjectNotFound", "Unable to find object with id of '1'.")
RESET = TransportError(0, "Connection reset by peer")
TIMED_OUT = TransportError(0, "Read timed out")
BAD_BODY = ExpatError("no element found: line 1, column 0")


class FakeClock:
    """Time that passes only while somebody sleeps; `sleeps` remembers how long each time."""

    def __init__(self) -> None:
        self.now = 0.0
        self.sleeps: list[float] = []
        self.on_sleep: Callable[[], None] = lambda: None

    def monotonic(self) -> float:
        return self.now

    def utc_now(self) -> datetime:
        return START + timedelta(seconds=self.now)

    def sleep(self, seconds: float) -> None:
        self.sleeps.append(seconds)
        self.now += seconds
        self.on_sleep()


class FakeAccount:
    """Guests and orders in memory. `script` holds what the next placeOrder calls do, in order."""

    def __init__(self, clock: FakeClock) -> None:
        self.clock = clock
        self.guests: dict[int, dict[str, Any]] = {}
        self.orders: list[dict[str, Any]] = []
        self.script: list[str] = []
        self.fail: dict[str, list[Exception]] = {}
        self.calls: Counter[str] = Counter()
        self.hidden: set[int] = set()
        self.strip_user_data = False

    def call(self, service: str, method: str, *args: Any, **options: Any) -> Any:
        self.calls[method] += 1
        if self.fail.get(method):
            raise self.fail[method].pop(0)
        return getattr(self, f"_{method}")(*args, **options)

    def add(self, hostname: str, domain: str, **more: Any) -> dict[str, Any]:
        number = 100 + len(self.guests)
        guest = {
            "id": number,
            "hostname": hostname,
            "domain": domain,
            "createDate": self.clock.utc_now().isoformat(),
            "billingItem": {"id": number + 1000},
            **more,
        }
        self.guests[number] = guest
        return guest

    def _getVirtualGuests(self, **_: Any) -> list[dict[str, Any]]:  # noqa: N802 (the API's name)
        return [guest for number, guest in self.guests.items() if number not in self.hidden]

    def _getOrders(self, **_: Any) -> list[dict[str, Any]]:  # noqa: N802
        return self.orders

    def _getObject(self, *, id: int, **_: Any) -> dict[str, Any]:  # noqa: N802, A002
        if id not in self.guests or id in self.hidden:
            raise NOT_FOUND
        return self.guests[id]

    def _generateOrderTemplate(self, template: dict[str, Any]) -> dict[str, Any]:  # noqa: N802
        return {
            "complexType": "SoftLayer_Container_Product_Order_Virtual_Guest",
            "virtualGuests": [{"hostname": template["hostname"], "domain": template["domain"]}],
            "prices": [{"id": 1, "hourlyRecurringFee": ".05"}],
            "useHourlyPricing": True,
        }

    def _verifyOrder(self, order: dict[str, Any]) -> dict[str, Any]:  # noqa: N802
        return order

    def _placeOrder(self, order: dict[str, Any]) -> dict[str, Any]:  # noqa: N802
        step = self.script.pop(0) if self.script else "ok"
        refusal = REFUSALS.get(step)
        if refusal is not None:
            raise refusal
        wanted = order["virtualGuests"][0]
        more = {} if self.strip_user_data else {"userData": wanted["userData"]}
        guest = self.add(wanted["hostname"], wanted["domain"], **more)
        order_id = 500 + len(self.orders)
        self.orders.append(order_record(order_id, guest, self.clock))
        if step == "lost after commit":
            raise RESET
        if step == "bad body":
            raise BAD_BODY
        if step == "lost, guest hidden":
            self.hidden.add(guest["id"])
            raise TIMED_OUT
        if step == "receipt without guests":
            return {"orderId": order_id, "orderDetails": {}}
        return {"orderId": order_id, "orderDetails": {"virtualGuests": [{"id": guest["id"]}]}}


REFUSALS: dict[str, Exception] = {
    "rate limit": SoftLayerAPIError("SoftLayer_Exception_WebService_RateLimitExceeded", "Rate limit of 50"),
    "429": TransportError(429, "429 Client Error: Too Many Requests"),
    "lost before commit": TransportError(0, "Connection reset by peer"),
    "500": TransportError(500, "500 Server Error"),
    "capacity": SoftLayerAPIError(
        "SoftLayer_Exception_Virtual_Host_Pool_InsufficientResources", "There are insufficient resources"
    ),
    "no such price": SoftLayerAPIError("SoftLayer_Exception_Public", "Price # 454616 does not exist."),
    "bad key": SoftLayerAPIError("SoftLayer_Exception_InvalidLegacyToken", "Invalid API token."),
}


def order_record(
    order_id: int, guest: dict[str, Any] | None, clock: FakeClock, **more: Any
) -> dict[str, Any]:
    """An order as getOrders shows it, billed for a guest."""
    billing = None if guest is None else {"id": 9, "cancellationDate": None, "resourceTableId": guest["id"]}
    item = {"hostName": "db-1", "domainName": "example.com", "billingItem": billing}
    return {
        "id": order_id,
        "status": "APPROVED",
        "createDate": clock.utc_now().isoformat(),
        "items": [item],
        **more,
    }


def api_on(account: FakeAccount, doubt_seconds: float = 300.0) -> Api:
    """A client of the fake account."""
    return Api(
        call=account.call,
        order_call=account.call,
        endpoint="https://api.example.com/xmlrpc/v3.1",
        subject="guest db-1.example.com",
        failures=FAILURES,
        clock=account.clock,
        doubt_seconds=doubt_seconds,
        budget=RequestBudget(1e9),
    )


def declared(**more: Any) -> GuestInputs:
    """A valid declaration."""
    base: dict[str, Any] = {
        "endpoint": "https://api.example.com/xmlrpc/v3.1",
        "hostname": "db-1",
        "domain": "example.com",
        "datacenter": "tor01",
        "mark": "galera-swarm:test",
        "cpus": 2,
        "memory_mb": 4096,
        "os_code": "DEBIAN_12_64",
    }
    return GuestInputs(**{**base, **more})
