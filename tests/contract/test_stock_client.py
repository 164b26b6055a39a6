"""The stock SoftLayer package works on the sandbox as it does on the cloud."""

import os
import time
from collections.abc import Callable
from typing import Any

import pytest
import SoftLayer
from SoftLayer.auth import BasicAuthentication
from SoftLayer.transports import XmlRpcTransport

from tests.contract.conftest import API_KEY, PUBLIC_KEY, USERNAME, RunningCloud
from tests.contract.stock import LOOKUP, READY_SECONDS, UPGRADE, gone, place, ready, until, wanted


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
