"""The stock SoftLayer package works on the sandbox as it does on the cloud."""

import os
import time
from collections.abc import Callable

import pytest
import SoftLayer
from SoftLayer.auth import BasicAuthentication
from SoftLayer.transports import XmlRpcTransport

from tests.contract.conftest import API_KEY, PUBLIC_KEY, USERNAME, RunningCloud
from tests.contract.stock import LOOKUP, READY_SECONDS, UPGRADE, gone, place, ready, until


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
