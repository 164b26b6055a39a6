"""What the control answers while orders come in."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from sandbox.api.calls import CallLog
from sandbox.api.cloud import Cloud
from sandbox.api.control import Control
from sandbox.api.faults import Faults
from sandbox.api.memory import MemoryDriver
from sandbox.api.ordering import OrderFaults, create
from sandbox.api.requests import from_create
from sandbox.api.store import Store
from sandbox.api.transactions import Transactions


@pytest.fixture
def cloud(tmp_path: Path) -> Iterator[Cloud]:
    """A cloud without a server in front."""
    store = Store(tmp_path / "cloud.sqlite")
    driver = MemoryDriver()
    transactions = Transactions(store, driver, 0)
    yield Cloud(store, driver, transactions, "sandbox", "sandbox-key")
    transactions.stop(5)
    store.close()


def order(cloud: Cloud, hostname: str) -> None:
    request = {
        "hostname": hostname,
        "domain": "example.com",
        "datacenter": {"name": "tor01"},
        "startCpus": 2,
        "maxMemory": 4096,
        "hourlyBillingFlag": True,
        "localDiskFlag": False,
        "operatingSystemReferenceCode": "DEBIAN_12_64",
    }
    create(cloud, [from_create(request)], OrderFaults())


def test_the_counters_are_told_while_an_order_is_committed(
    cloud: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The order comes between the two reads of the database, whichever of them is the first."""
    order(cloud, "db-1")
    reads: list[str] = []

    def then_order(name: str) -> Callable[..., Any]:
        read = getattr(cloud.store, name)

        def reading() -> Any:
            found = read()
            reads.append(name)
            if len(reads) == 1:
                order(cloud, "db-2")
            return found

        return reading

    for name in ("orders", "all_guests"):
        monkeypatch.setattr(cloud.store, name, then_order(name))
    status, told = Control(cloud, Faults(), CallLog()).answer("GET", "/control/orders", b"")
    assert status == 200
    assert told["orderedByName"]["db-1.example.com"] == 1
    assert set(reads) == {"orders", "all_guests"}
