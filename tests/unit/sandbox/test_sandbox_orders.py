"""Orders without a server: prices and templates, addresses, what a crash leaves behind, and the wire."""

import ipaddress
import threading
import xmlrpc.client
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sandbox.api.catalogue import FLAVORS_BY_NAME, PRICES
from sandbox.api.cloud import Cloud
from sandbox.api.driver import NodeSpec
from sandbox.api.errors import ApiError
from sandbox.api.faults import Faults, ScriptError, read_script
from sandbox.api.fees import fee
from sandbox.api.memory import MemoryDriver
from sandbox.api.offers import CORES, FURTHER_DISKS_GB, MEMORY_GB, resolve_system
from sandbox.api.ordering import OrderFaults, create, place, verify
from sandbox.api.places import DATACENTERS
from sandbox.api.requests import from_container, from_create, to_container
from sandbox.api.store import Store
from sandbox.api.transactions import Transactions
from sandbox.api.wire import decode, encode, encode_fault
from tests.unit.sandbox.orders import request


@settings(deadline=None)
@given(
    flavor=st.none() | st.sampled_from(sorted(FLAVORS_BY_NAME)),
    cpus=st.sampled_from(CORES),
    memory=st.sampled_from(MEMORY_GB),
    further=st.lists(st.sampled_from(FURTHER_DISKS_GB), max_size=4),
    place_index=st.integers(0, len(DATACENTERS) - 1),
    local=st.booleans(),
    private=st.booleans(),
    hourly=st.booleans(),
    speed=st.sampled_from([10, 100, 1000]),
)
def test_a_template_means_the_guest_it_was_made_from(
    flavor: str | None,
    cpus: int,
    memory: int,
    further: list[int],
    place_index: int,
    local: bool,
    private: bool,
    hourly: bool,
    speed: int,
) -> None:
    first = FLAVORS_BY_NAME[flavor].disk_gb if flavor else 25
    further = further[: FLAVORS_BY_NAME[flavor].max_disks - 1] if flavor else further
    changes: dict[str, Any] = {
        "datacenter": {"name": DATACENTERS[place_index].name},
        "privateNetworkOnlyFlag": private,
        "hourlyBillingFlag": hourly,
        "networkComponents": [{"maxSpeed": speed}],
        "sshKeys": [{"id": 5}],
        "blockDevices": [
            {"device": device, "diskImage": {"capacity": size}}
            for device, size in zip(("0", "2", "3", "4", "5"), (first, *further), strict=False)
        ],
    }
    if flavor:
        changes |= {"startCpus": None, "maxMemory": None, "localDiskFlag": None}
        changes["supplementalCreateObjectOptions"] = {"flavorKeyName": flavor}
    else:
        changes |= {"startCpus": cpus, "maxMemory": memory * 1024, "localDiskFlag": local}
    wanted = from_create(request(**changes))
    container = to_container(wanted)
    body = encode(container)
    sent: Any = xmlrpc.client.loads(body)[0][0]
    assert from_container(sent) == [wanted]


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("DEBIAN_12_64", "DEBIAN_12_64"),
        ("DEBIAN_12", "DEBIAN_12_64"),
        ("DEBIAN_LATEST", "DEBIAN_12_64"),
        ("UBUNTU_LATEST_64", "UBUNTU_24_64"),
        ("UBUNTU_18_64", None),
        ("PLAN9_LATEST", None),
        ("", None),
    ],
)
def test_operating_systems_are_named_loosely(code: str, expected: str | None) -> None:
    assert resolve_system(code) == expected


def test_every_price_has_an_id_of_its_own_and_is_offered_once() -> None:
    offers = [(price.package_id, price.item.id, price.category) for price in PRICES.values()]
    assert len(offers) == len(set(offers))


@pytest.mark.parametrize(
    ("amount", "text"), [("0", "0"), ("0.020", ".02"), ("1.00", "1"), ("10", "10"), ("35.170", "35.17")]
)
def test_fees_are_written_as_the_api_writes_them(amount: str, text: str) -> None:
    assert fee(Decimal(amount)) == text


def test_verifying_leaves_no_trace_and_placing_leaves_one_order(cloud: Cloud) -> None:
    container = to_container(from_create(request()))
    cost = verify(cloud, container)
    assert cost["preTaxRecurringHourly"] == ".106"
    assert (cloud.store.orders(), cloud.store.guests()) == ([], [])
    receipt = place(cloud, container, OrderFaults())
    assert [order.id for order in cloud.store.orders()] == [receipt["orderId"]]


def test_an_order_that_fails_half_way_leaves_nothing(cloud: Cloud) -> None:
    wanted = [from_create(request(hostname=f"db-{number}")) for number in range(21)]
    with pytest.raises(ApiError, match="limited to 20"):
        create(cloud, wanted, OrderFaults())
    assert (cloud.store.orders(), cloud.store.all_guests()) == ([], [])
    assert cloud.store.take_address(ipaddress.IPv4Network("10.140.0.0/24"), 10, 1) == "10.140.0.10"


def test_the_lowest_free_address_is_given(tmp_path: Path) -> None:
    store = Store(tmp_path / "addresses.sqlite")
    network = ipaddress.IPv4Network("192.0.2.0/28")
    assert [store.take_address(network, 10, guest)[-2:] for guest in (1, 2, 3)] == ["10", "11", "12"]
    store.release_addresses(2)
    assert store.take_address(network, 10, 4) == "192.0.2.11"
    assert [store.take_address(network, 10, guest)[-2:] for guest in (5, 6)] == ["13", "14"]
    with pytest.raises(ApiError, match="are taken"):
        store.take_address(network, 10, 7)
    store.close()


def test_orders_from_many_threads_share_nothing(cloud: Cloud) -> None:
    def order(number: int) -> None:
        create(cloud, [from_create(request(hostname=f"t-{number}"))], OrderFaults())

    threads = [threading.Thread(target=order, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    guests = cloud.store.all_guests()
    assert len({guest.id for guest in guests}) == len({guest.private_ip for guest in guests}) == 8


class FakeSlowDriver(MemoryDriver):
    """A driver whose creations wait for the test."""

    def __init__(self) -> None:
        super().__init__()
        self.go = threading.Event()

    def create(self, spec: NodeSpec) -> None:
        self.go.wait(5)
        super().create(spec)


def test_what_was_under_way_is_resumed_from_the_database(tmp_path: Path) -> None:
    store = Store(tmp_path / "cloud.sqlite")
    first = Transactions(store, MemoryDriver(), 3600)
    created = create(Cloud(store, MemoryDriver(), first, "u", "k"), [from_create(request())], OrderFaults())
    first.stop(5)
    store.close()

    store = Store(tmp_path / "cloud.sqlite")
    driver = FakeSlowDriver()
    second = Transactions(store, driver, 0)
    (unfinished,) = store.unfinished()
    unfinished.seconds = 0
    store.put_transaction(unfinished)
    assert second.resume() == 1
    assert created[0].id not in driver.nodes
    driver.go.set()
    finished = threading.Event()
    for _ in range(500):
        if not store.unfinished():
            break
        finished.wait(0.01)
    guest = store.guest(created[0].id)
    assert guest is not None
    assert guest.provision_date is not None
    assert created[0].id in driver.nodes
    second.stop(5)
    store.close()


def test_a_call_is_read_with_its_headers() -> None:
    headers = {
        "authenticate": {"username": "u", "apiKey": "k"},
        "SoftLayer_AccountInitParameters": {"id": "7"},
        "SoftLayer_ObjectMask": {"mask": "mask[id]"},
        "SoftLayer_AccountObjectFilter": {"virtualGuests": {"hostname": {"operation": "ü"}}},
        "resultLimit": {"limit": 5, "offset": 2},
    }
    text = xmlrpc.client.dumps(
        ({"headers": headers}, None, {"a": None}), "getX", allow_none=True, encoding="iso-8859-1"
    )
    credentials, call = decode("SoftLayer_Account", text.encode(), None)
    assert (credentials.username, credentials.api_key) == ("u", "k")
    assert (call.service, call.method, call.object_id, call.mask) == ("Account", "getX", "7", "mask[id]")
    assert (call.limit, call.offset, call.args) == (5, 2, (None, {"a": None}))
    assert call.filter["virtualGuests"]["hostname"]["operation"] == "ü"


@settings(deadline=None)
@given(st.binary(max_size=60))
def test_any_body_is_read_or_refused(body: bytes) -> None:
    with pytest.raises(ApiError, match="not well formed"):
        decode("SoftLayer_Account", body, None)


def test_a_fault_has_a_text_for_its_code() -> None:
    with pytest.raises(xmlrpc.client.Fault) as fault:
        xmlrpc.client.loads(encode_fault(ApiError("Public", "No.")))
    assert fault.value.faultCode == "SoftLayer_Exception_Public"


def test_a_script_counts_only_calls_that_match() -> None:
    faults = Faults()
    faults.add(read_script({"service": "SoftLayer_Product_Order", "hostname": "db-*", "nth": 2, "times": 2}))
    fired = [
        faults.take("Product_Order", "placeOrder", {name}) is not None
        for name in ("web", "db-1", "web", "db-1", "db-2", "db-3")
    ]
    assert fired == [False, False, False, True, True, False]
    assert faults.take("Virtual_Guest", "createObject", {"db-1"}) is None
    assert faults.clear() == 1


@pytest.mark.parametrize(
    "raw", [[], {"kind": "flood"}, {"nth": "2"}, {"times": True}, {"x": 1}, {"when": "never"}]
)
def test_a_script_that_makes_no_sense_is_refused(raw: object) -> None:
    with pytest.raises(ScriptError):
        read_script(raw)
