"""The stock SoftLayer package and its `slcli` work on the sandbox as they do on the cloud."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import xmlrpc.client
from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.parsers.expat import ExpatError

import pytest
import SoftLayer
from click.testing import CliRunner
from SoftLayer.auth import BasicAuthentication
from SoftLayer.CLI import core, environment
from SoftLayer.transports import XmlRpcTransport

from tests.contract.conftest import API_KEY, PUBLIC_KEY, USERNAME, RunningCloud

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


def test_the_life_of_a_guest(cloud: RunningCloud, client: SoftLayer.API.BaseClient) -> None:
    key = client.call("Security_Ssh_Key", "createObject", {"key": PUBLIC_KEY, "label": "deploy"})
    manager = SoftLayer.VSManager(client)
    order = {
        "hostname": "db-1",
        "domain": "example.com",
        "flavor": "B1_2X8X25",
        "os_code": "DEBIAN_LATEST",
        "datacenter": "tor01",
        "hourly": True,
        "local_disk": None,
        "disks": ["25", "100"],
        "ssh_keys": [key["id"]],
        "userdata": "größe €",
        "nic_speed": 100,
    }
    cost = manager.order_guest(dict(order), test=True)
    assert cost["preTaxRecurringHourly"] == ".186"
    assert cloud.orders()["orders"] == 0

    receipt = manager.order_guest({**order, "tags": "one,two"})
    guest_id = receipt["orderDetails"]["virtualGuests"][0]["id"]
    assert manager.wait_for_ready(guest_id, READY_SECONDS, delay=0.02)
    ready(client, guest_id)
    guest = manager.get_instance(guest_id)
    assert guest["primaryIpAddress"] == "10.140.0.10"
    assert guest["primaryBackendIpAddress"] == "10.141.0.10"
    assert guest["powerState"]["keyName"] == "RUNNING"
    assert guest["operatingSystem"]["passwords"][0]["username"] == "root"
    assert [each["tag"]["name"] for each in guest["tagReferences"]] == ["one", "two"]
    assert guest["userData"] == [{"value": "größe €"}]
    assert guest["billingItem"]["orderItem"]["preset"]["keyName"] == "B1_2X8X25"
    spec = cloud.driver.nodes[guest_id].spec
    assert (spec.disks_gb, spec.memory_mb, spec.ssh_public_keys) == ((25, 100), 8192, (PUBLIC_KEY,))

    assert manager.edit(guest_id, hostname="db-9", notes="kept", tags="")
    edited = client.call("Virtual_Guest", "getObject", id=guest_id, mask="hostname,notes,tagReferences")
    assert edited == {"hostname": "db-9", "notes": "kept", "tagReferences": []}

    assert manager.cancel_instance(guest_id)
    until(lambda: gone(client, guest_id))
    assert guest_id not in cloud.driver.nodes
    second = place(client)
    assert second != guest_id
    assert ready(client, second)["primaryIpAddress"] == "10.140.0.10"


def test_orders_made_at_once_get_addresses_of_their_own(
    cloud: RunningCloud, client: SoftLayer.API.BaseClient
) -> None:
    template = client.call("Virtual_Guest", "generateOrderTemplate", wanted())
    names = ["a-1", "a-2", "a-3"]
    template["virtualGuests"] = [template["virtualGuests"][0] | {"hostname": name} for name in names]
    template["quantity"] = 3
    receipt = client.call("Product_Order", "placeOrder", {"orderContainers": [template]})
    guests = receipt["orderDetails"]["orderContainers"][0]["virtualGuests"]
    found = [ready(client, guest["id"]) for guest in guests]
    assert [guest["hostname"] for guest in found] == names
    assert [guest["primaryIpAddress"] for guest in found] == ["10.140.0.10", "10.140.0.11", "10.140.0.12"]
    assert cloud.orders()["orders"] == 1


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"hostname": "1234"}, "InvalidValue"),
        ({"hostname": "-db"}, "InvalidValue"),
        ({"hostname": "d--b"}, "InvalidValue"),
        ({"domain": "example"}, "InvalidValue"),
        ({"domain": "example.c0m"}, "InvalidValue"),
        ({"datacenter": {"name": "dal05"}}, "InvalidValue"),
        ({"operatingSystemReferenceCode": "PLAN9_4_64"}, "InvalidValue"),
        ({"supplementalCreateObjectOptions": {"flavorKeyName": "B1_3X3X25"}}, "InvalidValue"),
        ({"startCpus": 4}, "InvalidValue"),
        ({"maxMemory": 4096}, "InvalidValue"),
        ({"dedicatedAccountHostOnlyFlag": True}, "Public"),
        ({"localDiskFlag": True}, "Public"),
        ({"blockDeviceTemplateGroup": {"globalIdentifier": "x"}}, "Public"),
        ({"blockDevices": [{"device": "1", "diskImage": {"capacity": 25}}]}, "InvalidValue"),
        ({"blockDevices": [{"device": "0", "diskImage": {"capacity": 33}}]}, "InvalidValue"),
        (
            {
                "blockDevices": [
                    {"device": "0", "diskImage": {"capacity": 25}},
                    {"device": "2", "diskImage": {"capacity": 33}},
                ]
            },
            "NotFound",
        ),
        (
            {
                "blockDevices": [
                    {"device": str(each), "diskImage": {"capacity": 25}} for each in range(0, 12, 2)
                ]
            },
            "InvalidValue",
        ),
        ({"networkComponents": [{"maxSpeed": 7}]}, "NotFound"),
        ({"sshKeys": [{"id": 1}]}, "ObjectNotFound"),
        ({"primaryNetworkComponent": {"networkVlan": {"id": 1}}}, "ObjectNotFound"),
        ({"primaryNetworkComponent": {"networkVlan": {"id": 1200001}}}, "Public"),
        ({"postInstallScriptUri": "ftp://example.com/x"}, "InvalidValue"),
    ],
)
def test_an_order_that_breaks_a_rule_is_refused(
    client: SoftLayer.API.BaseClient, cloud: RunningCloud, changes: dict[str, Any], code: str
) -> None:
    with pytest.raises(SoftLayer.SoftLayerAPIError) as refusal:
        client.call("Virtual_Guest", "createObject", wanted(**changes))
    assert refusal.value.faultCode == f"SoftLayer_Exception_{code}"
    assert cloud.orders()["orders"] == 0


@pytest.mark.parametrize(
    ("sizes", "code"),
    [
        ({"startCpus": 1642, "maxMemory": 4096}, "NotFound"),
        ({"startCpus": 2, "maxMemory": 4000}, "InvalidValue"),
        ({"startCpus": 2, "maxMemory": 17 * 1024}, "NotFound"),
        ({"startCpus": "two", "maxMemory": 4096}, "InvalidValue"),
    ],
)
def test_sizes_without_a_flavor_have_their_rules(
    client: SoftLayer.API.BaseClient, sizes: dict[str, Any], code: str
) -> None:
    request = wanted(localDiskFlag=False, supplementalCreateObjectOptions={}, **sizes)
    with pytest.raises(SoftLayer.SoftLayerAPIError) as refusal:
        client.call("Virtual_Guest", "generateOrderTemplate", request)
    assert refusal.value.faultCode == f"SoftLayer_Exception_{code}"


def test_a_template_orders_what_it_was_made_from(
    cloud: RunningCloud, client: SoftLayer.API.BaseClient
) -> None:
    request = wanted(
        localDiskFlag=True,
        supplementalCreateObjectOptions={"bootMode": "HVM"},
        startCpus=4,
        maxMemory=16384,
        privateNetworkOnlyFlag=True,
        postInstallScriptUri="https://example.com/setup",
        userData=[{"value": "seed"}],
        primaryBackendNetworkComponent={"networkVlan": {"id": 1200072}},
    )
    guest_id = place(client, **request)
    ready(client, guest_id)
    spec = cloud.driver.nodes[guest_id].spec
    assert (spec.cpus, spec.memory_mb, spec.disks_gb) == (4, 16384, (25, 100))
    assert (spec.public_ip, spec.private_ip) == (None, "10.141.0.10")
    assert (spec.user_data, spec.post_install_uri) == ("seed", "https://example.com/setup")
    mask = "mask[localDiskFlag,privateNetworkOnlyFlag,networkVlans[id],supplementalCreateObjectOptions]"
    guest = client.call("Virtual_Guest", "getObject", id=guest_id, mask=mask)
    assert guest["localDiskFlag"] is True
    assert guest["privateNetworkOnlyFlag"] is True
    assert guest["networkVlans"] == [{"id": 1200072}]
    assert guest["supplementalCreateObjectOptions"]["bootMode"] == "HVM"


def test_the_quota_holds(client: SoftLayer.API.BaseClient) -> None:
    for number in range(20):
        place(client, f"q-{number}")
    with pytest.raises(SoftLayer.SoftLayerAPIError, match="limited to 20"):
        place(client, "q-20")


def test_a_second_key_with_the_same_text_is_refused(client: SoftLayer.API.BaseClient) -> None:
    client.call("Security_Ssh_Key", "createObject", {"key": PUBLIC_KEY, "label": "one"})
    with pytest.raises(SoftLayer.SoftLayerAPIError, match="already exists"):
        client.call("Security_Ssh_Key", "createObject", {"key": f"{PUBLIC_KEY} other", "label": "two"})


@pytest.mark.parametrize(
    ("username", "api_key", "code", "text"),
    [
        (USERNAME, "wrong", "InvalidLegacyToken", "Invalid API token."),
        ("nobody", API_KEY, "InvalidLegacyToken", "Invalid API token."),
        ("apikey", "wrong", "InvalidLegacyToken", "Invalid API token."),
        (None, None, "Public", "No valid authentication headers found"),
    ],
)
def test_wrong_credentials_are_refused(
    cloud: RunningCloud, username: str | None, api_key: str | None, code: str, text: str
) -> None:
    auth = BasicAuthentication(username, api_key) if username else None
    transport = XmlRpcTransport(endpoint_url=cloud.url, timeout=5)
    client = SoftLayer.API.BaseClient(auth=auth, transport=transport, config_file=os.devnull)
    with pytest.raises(SoftLayer.SoftLayerAPIError, match=text) as refusal:
        client.call("Account", "getObject")
    assert refusal.value.faultCode == f"SoftLayer_Exception_{code}"


def test_an_api_key_is_accepted_by_http_basic(cloud: RunningCloud) -> None:
    transport = XmlRpcTransport(endpoint_url=cloud.url, timeout=5)
    auth = SoftLayer.auth.BasicHTTPAuthentication("apikey", API_KEY)
    client = SoftLayer.API.BaseClient(auth=auth, transport=transport, config_file=os.devnull)
    assert client.call("Account", "getCurrentUser", mask="mask[username]") == {"username": USERNAME}


def test_an_unknown_property_of_a_mask_is_refused(client: SoftLayer.API.BaseClient) -> None:
    with pytest.raises(SoftLayer.SoftLayerAPIError, match="Property 'colour' not valid") as refusal:
        client.call("Account", "getVirtualGuests", mask="mask[id,colour]")
    assert refusal.value.faultCode == "SoftLayer_Exception_WebService_ObjectMask"


@pytest.mark.parametrize("method", ["getNothing", "explode"])
def test_an_unknown_method_is_refused(client: SoftLayer.API.BaseClient, method: str) -> None:
    with pytest.raises(SoftLayer.SoftLayerAPIError, match=f'Function \\("{method}"\\) is not a valid method'):
        client.call("Virtual_Guest", method, id=1)


def test_listings_are_filtered_paged_and_counted(client: SoftLayer.API.BaseClient) -> None:
    for number in range(7):
        place(client, f"page-{number}")
    found = list(client.iter_call("Account", "getVirtualGuests", mask="mask[hostname]", limit=3))
    assert [guest["hostname"] for guest in found] == [f"page-{number}" for number in range(7)]
    page = client.call("Account", "getVirtualGuests", mask="mask[id]", limit=2, offset=6)
    assert (len(page), page.total_count) == (1, 7)
    wanted_filter = {"virtualGuests": {"hostname": {"operation": "_= PAGE-4"}}}
    for method in ("getVirtualGuests", "getHourlyVirtualGuests"):
        only = client.call("Account", method, mask="mask[hostname]", filter=wanted_filter)
        assert list(only) == [{"hostname": "page-4"}]
    assert list(client.call("Account", "getMonthlyVirtualGuests", filter=wanted_filter)) == []


def test_a_guest_in_a_transaction_is_not_ready_and_not_cancelled(
    start_cloud: Callable[..., RunningCloud],
) -> None:
    cloud = start_cloud(provision_seconds=3600)
    client = cloud.client()
    guest_id = place(client)
    until(lambda: guest_id in cloud.driver.nodes)
    guest = client.call("Virtual_Guest", "getObject", id=guest_id, mask=LOOKUP)
    assert guest["provisionDate"] is None
    assert guest["activeTransaction"]["transactionStatus"]["name"] == "ASSIGN_HOST"
    assert "primaryIpAddress" not in guest
    for method in ("deleteObject", "powerOff", "reloadOperatingSystem"):
        with pytest.raises(SoftLayer.SoftLayerAPIError, match=r"transaction \d+ \(provision\) is active"):
            client.call("Virtual_Guest", method, id=guest_id)


def test_a_transaction_lasts_as_long_as_it_was_told_to(start_cloud: Callable[..., RunningCloud]) -> None:
    client = start_cloud(provision_seconds=0.3).client()
    begun = time.monotonic()
    guest_id = place(client)
    ready(client, guest_id)
    assert time.monotonic() - begun >= 0.3


def test_power_and_reload(cloud: RunningCloud, client: SoftLayer.API.BaseClient) -> None:
    guest_id = place(client)
    ready(client, guest_id)

    def power() -> str:
        return str(client.call("Virtual_Guest", "getPowerState", id=guest_id)["keyName"])

    for method, state in (
        ("powerOffSoft", "HALTED"),
        ("powerOn", "RUNNING"),
        ("pause", "PAUSED"),
        ("resume", "RUNNING"),
        ("powerOff", "HALTED"),
        ("rebootDefault", "RUNNING"),
    ):
        assert client.call("Virtual_Guest", method, id=guest_id) is True
        assert power() == state
    before = client.call("Virtual_Guest", "getObject", id=guest_id, mask="operatingSystem[passwords]")
    SoftLayer.VSManager(client).reload_instance(guest_id)
    ready(client, guest_id)
    assert cloud.driver.nodes[guest_id].installs == 2
    after = client.call("Virtual_Guest", "getObject", id=guest_id, mask="operatingSystem[passwords]")
    assert before["operatingSystem"]["passwords"] != after["operatingSystem"]["passwords"]


def test_upgrades_change_size_and_add_disks(cloud: RunningCloud, client: SoftLayer.API.BaseClient) -> None:
    manager = SoftLayer.VSManager(client)
    plain = place(
        client, "plain", localDiskFlag=False, supplementalCreateObjectOptions={}, startCpus=2, maxMemory=4096
    )
    flavored = place(client, "flavored")
    ready(client, plain)
    ready(client, flavored)
    assert manager.upgrade(plain, cpus=4, memory=8, nic_speed=1000)
    ready(client, plain)
    prices = client.call(
        "Virtual_Guest", "getUpgradeItemPrices", True, id=plain, mask="mask[id,item,categories]"
    )
    third = next(
        price["id"]
        for price in prices
        if (price["item"]["capacity"], price["categories"][0]["categoryCode"]) == ("200", "guest_disk2")
    )
    upgrade = {"complexType": UPGRADE, "virtualGuests": [{"id": plain}], "prices": [{"id": third}]}
    client.call("Product_Order", "placeOrder", upgrade)
    ready(client, plain)
    guest = client.call("Virtual_Guest", "getObject", id=plain, mask="maxCpu,maxMemory,blockDevices[device]")
    assert (guest["maxCpu"], guest["maxMemory"]) == (4, 8192)
    assert [each["device"] for each in guest["blockDevices"]] == ["0", "1", "2", "3"]
    assert cloud.driver.nodes[plain].disks == {"/dev/xvde": 200}
    assert manager.upgrade(flavored, preset="B1_4X16X25")
    ready(client, flavored)
    mask = "maxCpu,billingItem[orderItem[preset[keyName]]]"
    grown = client.call("Virtual_Guest", "getObject", id=flavored, mask=mask)
    assert grown["maxCpu"] == 4
    assert grown["billingItem"]["orderItem"]["preset"]["keyName"] == "B1_4X16X25"
    assert cloud.orders()["orders"] == 5


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


@pytest.fixture
def slcli(cloud: RunningCloud, tmp_path: Path) -> Callable[..., Any]:
    """Run the stock slcli in this process; returns its JSON output."""
    config = tmp_path / "slcli.conf"
    config.write_text(
        f"[softlayer]\nusername = {USERNAME}\napi_key = {API_KEY}\nendpoint_url = {cloud.url}\ntimeout = 10\n"
    )

    def run(*words: str, answer: str | None = None) -> Any:
        arguments = ["--config", str(config), "--format", "json", "-y", *words]
        clean = {"SL_USERNAME": None, "SL_API_KEY": None, "https_proxy": None, "HTTPS_PROXY": None}
        result = CliRunner().invoke(
            core.cli,
            arguments,
            obj=environment.Environment(),
            env=clean,
            input=answer,
            catch_exceptions=False,
        )
        assert result.exit_code == 0, result.output
        try:
            return json.loads(result.output)
        except json.JSONDecodeError:
            return result.output

    return run


CREATE = (
    "vs create --hostname web --domain example.com --flavor B1_2X8X25 --os DEBIAN_12_64 "
    "--datacenter tor01 --billing hourly --disk 25 --disk 100 --network 1000"
)


def test_slcli_makes_shows_changes_and_cancels_a_guest(
    slcli: Callable[..., Any], client: SoftLayer.API.BaseClient, tmp_path: Path
) -> None:
    key_file = tmp_path / "key.pub"
    key_file.write_text(PUBLIC_KEY)
    slcli("sshkey", "add", "-f", str(key_file), "deploy")
    assert [key["label"] for key in slcli("sshkey", "list")] == ["deploy"]
    assert "B1_2X8X25" not in str(slcli("vs", "list"))
    assert slcli(*CREATE.split(), "--key", "deploy", "--test")
    slcli(*CREATE.split(), "--key", "deploy", "--tag", "blue")
    ready(client, client.call("Account", "getVirtualGuests", mask="mask[id]")[0]["id"])
    assert [guest["hostname"] for guest in slcli("vs", "list")] == ["web"]
    assert slcli("vs", "list", "--tag", "blue", "--hourly", "--columns", "id,tags,created_by,action")
    detail = slcli("vs", "detail", "web", "--passwords", "--price")
    assert (detail["cores"], detail["public_ip"], detail["preset"]) == (2, "10.140.0.10", "B1_2X8X25")
    guest_id = str(detail["id"])
    for words in (
        ("vs", "credentials", guest_id),
        ("vs", "ready", guest_id),
        (
            "vs",
            "edit",
            guest_id,
            "--hostname",
            "web2",
            "--tag",
            "green",
            "--public-speed",
            "100",
            "--private-speed",
            "10",
        ),
        ("vs", "storage", guest_id),
        ("vs", "billing", guest_id),
        ("vs", "monitoring", guest_id),
        ("vs", "bandwidth", guest_id, "-s", "2026-01-01", "-e", "2026-01-02"),
        ("tags", "set", "--tags", "a,b", "--key-name", "GUEST", "--resource-id", guest_id),
        ("tags", "list"),
        ("vs", "power-off", guest_id),
        ("vs", "power-on", guest_id),
        ("vs", "reboot", "--hard", guest_id),
        ("vs", "pause", guest_id),
        ("vs", "resume", guest_id),
        ("vs", "rescue", guest_id),
        ("vs", "list", "--search", "web2"),
        ("account", "billing-items"),
        ("account", "orders"),
        ("vlan", "detail", "1200071"),
    ):
        slcli(*words)
    slcli("vs", "reload", "--key", "deploy", guest_id)
    ready(client, int(guest_id))
    slcli("vs", "upgrade", guest_id, "--flavor", "B1_4X16X25")
    ready(client, int(guest_id))
    slcli("vs", "cancel", guest_id)
    until(lambda: gone(client, int(guest_id)))
    slcli("sshkey", "remove", "deploy")
    assert slcli("sshkey", "list") in ([], "")


@pytest.mark.parametrize(
    "words",
    [
        "vs create-options",
        "vs create-options tor01 --prices",
        "vlan list",
        "vlan list --datacenter tor01",
        "account summary",
        "summary",
        "order package-list",
        "order category-list PUBLIC_CLOUD_SERVER",
        "order item-list PUBLIC_CLOUD_SERVER --prices",
        "order preset-list PUBLIC_CLOUD_SERVER",
        "order package-locations PUBLIC_CLOUD_SERVER",
        "securitygroup list",
        "vs placementgroup list",
        "image list",
        "dedicatedhost list",
        "subnet list",
        "user list",
        "call-api Account getObject",
        "order place --verify PUBLIC_CLOUD_SERVER TORONTO OS_DEBIAN_12_64 BANDWIDTH_0_GB_2 1_IP_ADDRESS"
        " 1_GBPS_PUBLIC_PRIVATE_NETWORK_UPLINKS --preset B1_2X8X25 --billing hourly"
        " --complex-type SoftLayer_Container_Product_Order_Virtual_Guest"
        ' --extras {"virtualGuests":[{"hostname":"web","domain":"example.com"}]}',
    ],
)
def test_slcli_reads_the_catalogue(slcli: Callable[..., Any], words: str) -> None:
    assert slcli(*words.split()) is not None
