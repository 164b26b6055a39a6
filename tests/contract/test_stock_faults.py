"""What stops, breaks off or comes late at the sandbox, as the stock SoftLayer package sees it."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import SoftLayer
from SoftLayer.auth import BasicAuthentication
from SoftLayer.transports import XmlRpcTransport

from tests.contract.conftest import API_KEY, USERNAME, RunningCloud
from tests.contract.stock import AMBIGUOUS, LOOKUP, gone, place, ready, until


def test_a_restart_keeps_orders_and_ends_what_was_under_way(cloud: RunningCloud) -> None:
    cloud.fault(method="placeOrder", kind="provision-hold")
    guest_id = place(cloud.client())
    cloud.restart()
    client = cloud.client()
    assert client.call("Virtual_Guest", "getObject", id=guest_id, mask=LOOKUP)["provisionDate"] is None
    assert cloud.control("POST", "release") == {"released": 1}
    ready(client, guest_id)
    assert cloud.orders()["orderedByName"] == {"db-1.example.com": 1}


SERVE = """
import sys, time
from pathlib import Path
from sandbox.api import serve
from sandbox.api.memory import MemoryDriver
options = dict(host="127.0.0.1", port=0, database=Path(sys.argv[1]), driver=MemoryDriver())
with serve(**options, provision_seconds=0, username="sandbox", api_key="sandbox-key") as server:
    print(server.url, flush=True)
    time.sleep(60)
"""


def test_killing_the_server_loses_no_answered_order(
    tmp_path: Path, start_cloud: Callable[..., RunningCloud]
) -> None:
    database = tmp_path / "killed.sqlite"
    process = subprocess.Popen(
        [sys.executable, "-c", SERVE, str(database)], stdout=subprocess.PIPE, text=True, cwd=Path.cwd()
    )
    try:
        assert process.stdout is not None
        url = process.stdout.readline().strip()
        transport = XmlRpcTransport(endpoint_url=url, timeout=5)
        auth = BasicAuthentication(USERNAME, API_KEY)
        client = SoftLayer.API.BaseClient(auth=auth, transport=transport, config_file=os.devnull)
        ids = [place(client, f"k-{number}") for number in range(3)]
    finally:
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
        if process.stdout is not None:
            process.stdout.close()
    cloud = start_cloud(database=database)
    client = cloud.client()
    for guest_id in ids:
        ready(client, guest_id)
    assert cloud.orders()["orders"] == 3


@pytest.mark.parametrize(
    ("kind", "when", "guests"),
    [
        *((kind, "before", 0) for kind in ("drop", "http", "bad-body", "empty-body", "stall", "fault")),
        *((kind, "after", 1) for kind in ("drop", "http", "bad-body", "empty-body", "stall", "fault")),
        ("truncate", "after", 1),
    ],
)
def test_a_fault_at_an_order_leaves_none_or_one(
    cloud: RunningCloud, client: SoftLayer.API.BaseClient, kind: str, when: str, guests: int
) -> None:
    delay = 0.05 if kind == "stall" else 0
    cloud.fault(method="placeOrder", kind=kind, when=when, hostname="db-*", delay=delay)
    place(client, "other")
    with pytest.raises(AMBIGUOUS):
        place(client)
    assert cloud.orders()["orderedByName"].get("db-1.example.com", 0) == guests
    place(client, "db-2")
    assert cloud.orders()["orderedByName"]["db-2.example.com"] == 1


@pytest.mark.parametrize(
    ("script", "code"),
    [
        ({"kind": "rate-limit"}, "SoftLayer_Exception_WebService_RateLimitExceeded"),
        ({"kind": "capacity"}, "SoftLayer_Exception_Virtual_Host_Pool_InsufficientResources"),
        ({"kind": "fault", "code": "SoftLayer_Exception_Order"}, "SoftLayer_Exception_Order"),
        ({"kind": "http", "status": 429}, 429),
    ],
)
def test_faults_arrive_under_their_names(
    cloud: RunningCloud, client: SoftLayer.API.BaseClient, script: dict[str, Any], code: object
) -> None:
    cloud.fault(method="getVirtualGuests", nth=2, times=2, **script)
    outcomes = []
    for _ in range(4):
        try:
            client.call("Account", "getVirtualGuests")
            outcomes.append("ok")
        except SoftLayer.SoftLayerAPIError as error:
            outcomes.append(error.faultCode)
    assert outcomes == ["ok", code, code, "ok"]
    assert cloud.call_count("Account", "getVirtualGuests") == 4


def test_a_transaction_can_be_held_and_released(
    cloud: RunningCloud, client: SoftLayer.API.BaseClient
) -> None:
    cloud.fault(method="placeOrder", kind="provision-hold")
    guest_id = place(client)
    until(lambda: guest_id in cloud.driver.nodes)
    assert client.call("Virtual_Guest", "getActiveTransaction", id=guest_id)["guestId"] == guest_id
    assert cloud.control("POST", "release") == {"released": 1}
    ready(client, guest_id)


def test_an_order_can_be_pending_while_its_guest_is_not_seen(
    cloud: RunningCloud, client: SoftLayer.API.BaseClient
) -> None:
    cloud.fault(method="placeOrder", kind="hide", seconds=2)
    guest_id = place(client)
    assert gone(client, guest_id)
    order = client.call("Account", "getOrders", mask="mask[id,items[hostName,domainName,categoryCode]]")[0]
    assert order["items"][0] == {
        "hostName": "db-1",
        "domainName": "example.com",
        "categoryCode": "guest_core",
    }
    until(lambda: not gone(client, guest_id))
    ready(client, guest_id)


def test_a_driver_that_fails_is_asked_again(cloud: RunningCloud, client: SoftLayer.API.BaseClient) -> None:
    cloud.driver.fail = "No room."
    guest_id = place(client)
    until(lambda: cloud.control("GET", "health")["failing"])
    assert cloud.control("GET", "health")["failing"][0]["error"] == "No room."
    cloud.driver.fail = None
    ready(client, guest_id)
    assert cloud.control("GET", "health")["failing"] == []


@pytest.mark.parametrize(
    "body",
    [{"kind": "flood"}, {"colour": "red"}, {"nth": "two"}, ["drop"], {"when": "during"}],
)
def test_a_fault_script_that_makes_no_sense_is_refused(cloud: RunningCloud, body: object) -> None:
    with pytest.raises(OSError, match="400"):
        cloud.control("POST", "faults", body)
    assert cloud.control("GET", "faults") == []


def test_a_connection_serves_many_calls(cloud: RunningCloud) -> None:
    host, port = cloud.url.removeprefix("http://").partition("/")[0].split(":")
    body = b"<?xml version='1.0'?><methodCall><methodName>x</methodName></methodCall>"
    head = f"POST /xmlrpc/v3.1/SoftLayer_Account HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body)}\r\n\r\n"
    with socket.create_connection((host, int(port)), timeout=5) as connection:
        for _ in range(3):
            connection.sendall(head.encode() + body)
            answer = b""
            while b"</methodResponse>" not in answer:
                answer += connection.recv(65536)
            assert answer.startswith(b"HTTP/1.1 200")
            assert b"<string>SoftLayer_Exception_Public</string>" in answer
