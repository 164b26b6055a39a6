"""What the stock SoftLayer package is asked to do on the sandbox, and how its end is awaited."""

import time
import xmlrpc.client
from collections.abc import Callable
from typing import Any
from xml.parsers.expat import ExpatError

import SoftLayer

READY_SECONDS = 20.0
AMBIGUOUS = (SoftLayer.SoftLayerError, ExpatError, xmlrpc.client.Error)
UPGRADE = "SoftLayer_Container_Product_Order_Virtual_Guest_Upgrade"
LOOKUP = "mask[id,hostname,provisionDate,activeTransaction[transactionStatus[name]],primaryIpAddress]"


def wanted(hostname: str = "db-1", **changes: Any) -> dict[str, Any]:
    """A create request as the stock manager sends it."""
    return {
        "hostname": hostname,
        "domain": "example.com",
        "datacenter": {"name": "tor01"},
        "hourlyBillingFlag": True,
        "localDiskFlag": None,
        "operatingSystemReferenceCode": "DEBIAN_12_64",
        "supplementalCreateObjectOptions": {"bootMode": None, "flavorKeyName": "B1_2X8X25"},
        "blockDevices": [
            {"device": "0", "diskImage": {"capacity": "25"}},
            {"device": "2", "diskImage": {"capacity": 100}},
        ],
        "networkComponents": [{"maxSpeed": 1000}],
        **changes,
    }


def place(client: SoftLayer.API.BaseClient, hostname: str = "db-1", **changes: Any) -> int:
    """Order one guest the way `slcli vs create` does; returns its id."""
    template = client.call("Virtual_Guest", "generateOrderTemplate", wanted(hostname, **changes))
    receipt = client.call("Product_Order", "placeOrder", template)
    return int(receipt["orderDetails"]["virtualGuests"][0]["id"])


def until(condition: Callable[[], Any], *, seconds: float = READY_SECONDS) -> Any:
    """Await a condition; fails when it does not hold in time."""
    deadline = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < deadline, "the condition did not hold in time"
        time.sleep(0.01)
    return found


def ready(client: SoftLayer.API.BaseClient, guest_id: int) -> dict[str, Any]:
    """Await the end of all transactions; returns the guest."""

    def look() -> Any:
        guest = client.call("Virtual_Guest", "getObject", id=guest_id, mask=LOOKUP)
        return guest if guest["provisionDate"] and "activeTransaction" not in guest else None

    found: dict[str, Any] = until(look)
    return found


def gone(client: SoftLayer.API.BaseClient, guest_id: int) -> bool:
    """Whether the guest cannot be found any more."""
    try:
        client.call("Virtual_Guest", "getObject", id=guest_id, mask="mask[id]")
    except SoftLayer.SoftLayerAPIError as error:
        return bool(error.faultCode == "SoftLayer_Exception_ObjectNotFound")
    return False
