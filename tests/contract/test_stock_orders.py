"""The stock SoftLayer package orders guests on the sandbox, by the rules that the cloud has for orders."""

from typing import Any

import pytest
import SoftLayer

from tests.contract.conftest import RunningCloud
from tests.contract.stock import place, ready, wanted


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
