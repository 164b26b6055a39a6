"""An API that is killed while orders come in keeps each order whole or not at all."""

import os
import random
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import SoftLayer
from SoftLayer.auth import BasicAuthentication
from SoftLayer.transports import XmlRpcTransport

from tests.contract.conftest import API_KEY, USERNAME, RunningCloud
from tests.contract.stock import AMBIGUOUS, place, ready, wanted

ROUNDS = 3
# Together with the guest that all are compared with, no more than the account may have.
ORDERS_AT_ONCE = 6
# Counted in statements that change the database, from the first order of a round on, so that it is the same
# on fast machines and slow ones. An order takes 33 of them, and what follows it some more.
MOMENTS = (40, 190)

SERVE = """
import os, signal, sqlite3, sys
from pathlib import Path
from sandbox.api import serve
from sandbox.api.memory import MemoryDriver

connect, left, ordering = sqlite3.connect, int(sys.argv[2]), False

def count(statement):
    global left, ordering
    ordering = ordering or statement.startswith("insert or replace into sequences values ('order'")
    left -= ordering and not statement.startswith("select")
    if left == 0:
        os.kill(os.getpid(), signal.SIGKILL)

def counted(*arguments, **options):
    connection = connect(*arguments, **options)
    connection.set_trace_callback(count)
    return connection

sqlite3.connect = counted
options = dict(host="127.0.0.1", port=0, database=Path(sys.argv[1]), driver=MemoryDriver())
with serve(**options, provision_seconds=0.1, username="sandbox", api_key="sandbox-key") as server:
    print(server.url, flush=True)
    sys.stdin.read()
"""

# What guests of the same wish have in common, down to their prices.
LIKENESS = (
    "mask[datacenter[name],maxCpu,maxMemory,hourlyBillingFlag,localDiskFlag,operatingSystemReferenceCode,"
    "supplementalCreateObjectOptions,blockDevices[device,diskImage[capacity]],networkComponents[maxSpeed,name],"
    "billingItem[categoryCode,hourlyRecurringFee,"
    "nextInvoiceTotalRecurringAmount,orderItem[categoryCode,preset[keyName],order[status]],"
    "children[categoryCode,description,hourlyRecurringFee,orderItem[categoryCode,order[status]]]]]"
)


def client_of(url: str) -> SoftLayer.API.BaseClient:
    """A stock client of its own."""
    transport = XmlRpcTransport(endpoint_url=url, timeout=10)
    auth = BasicAuthentication(USERNAME, API_KEY)
    return SoftLayer.API.BaseClient(auth=auth, transport=transport, config_file=os.devnull)


def order_all_at_once(url: str, names: list[str]) -> dict[str, int]:
    """Order a guest of each name, all in the same moment; the ids of those whose receipt came."""
    receipts: dict[str, int] = {}
    start = threading.Barrier(len(names), timeout=10)

    def order(name: str) -> None:
        client = client_of(url)
        template = client.call("Virtual_Guest", "generateOrderTemplate", wanted(name))
        start.wait()
        try:
            receipt = client.call("Product_Order", "placeOrder", template)
        except AMBIGUOUS:
            return
        receipts[name] = int(receipt["orderDetails"]["virtualGuests"][0]["id"])

    threads = [threading.Thread(target=order, args=(name,)) for name in names]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return receipts


def order_until_killed(database: Path, moment: int, names: list[str]) -> dict[str, int]:
    """Start an API on `database` that is killed at `moment`; the receipts that came before."""
    command = [sys.executable, "-c", SERVE, str(database), str(moment)]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=Path.cwd()
    ) as process:
        try:
            assert process.stdout is not None
            receipts = order_all_at_once(process.stdout.readline().strip(), names)
            assert process.wait(timeout=10) == -signal.SIGKILL
        finally:
            process.kill()
    return receipts


def likeness(client: SoftLayer.API.BaseClient, guest_id: int) -> dict[str, Any]:
    """What a guest has in common with others of its kind, once it is ready."""
    ready(client, guest_id)
    found: dict[str, Any] = client.call("Virtual_Guest", "getObject", id=guest_id, mask=LIKENESS)
    return found


def test_killed_while_orders_come_in_it_keeps_each_whole_or_not_at_all(
    tmp_path: Path, start_cloud: Callable[..., RunningCloud]
) -> None:
    database = tmp_path / "killed.sqlite"
    chance = random.Random(20)  # noqa: S311 -- chooses moments, keeps no secret
    receipts: dict[str, int] = {}
    for turn in range(ROUNDS):
        names = [f"k-{turn}-{number}" for number in range(ORDERS_AT_ONCE)]
        receipts |= order_until_killed(database, chance.randint(*MOMENTS), names)
    assert 0 < len(receipts) < ROUNDS * ORDERS_AT_ONCE

    cloud = start_cloud(database=database)
    client = cloud.client()
    undisturbed = likeness(client, place(client, "whole"))
    guests = {guest["id"]: guest for guest in cloud.control("GET", "guests")}
    assert {name: guests[guest_id]["hostname"] for name, guest_id in receipts.items()} == {
        name: name for name in receipts
    }
    for guest_id in guests:
        assert likeness(client, guest_id) == undisturbed
    orders = cloud.orders()
    assert sorted(each["guests"] for each in orders["items"]) == [[guest_id] for guest_id in sorted(guests)]
    assert set(orders["orderedByName"].values()) == {1}
    for network, key in (("10.140.0", "publicIp"), ("10.141.0", "privateIp")):
        free_from_10_on = {f"{network}.{10 + number}" for number in range(len(guests))}
        assert {guest[key] for guest in guests.values()} == free_from_10_on
