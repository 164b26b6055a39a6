"""SoftLayer_Virtual_Guest."""

from collections.abc import Callable
from typing import Any

from sandbox.api.catalogue import CLOUD_SERVER, FLAVORS, PACKAGES, Flavor
from sandbox.api.cloud import Cloud
from sandbox.api.dispatch import Call, finder, method, object_id
from sandbox.api.driver import NodeError, PowerAction
from sandbox.api.errors import refuse, refuse_as
from sandbox.api.fees import fee, show_price
from sandbox.api.offers import CORES, FIRST_DISKS_GB, FURTHER_DISKS_GB, MEMORY_GB, PORT_SPEEDS
from sandbox.api.ordering import create, make_password
from sandbox.api.places import DATACENTERS
from sandbox.api.records import Guest, disk_device, stamp
from sandbox.api.requests import from_create, to_container
from sandbox.api.upgrades import upgrade_prices
from sandbox.api.views.catalogue import price
from sandbox.api.views.guests import guest_view
from sandbox.api.wanted import (
    as_dict,
    as_int,
    as_list,
    check_domain,
    check_fqdn,
    check_hostname,
    check_post_install,
)

SERVICE = "Virtual_Guest"


@finder(SERVICE)
def _find(cloud: Cloud, call: Call) -> dict[str, Any]:
    return guest_view(cloud, cloud.guest(object_id(call)))


@method(SERVICE, "generateOrderTemplate")
def _template(cloud: Cloud, call: Call) -> dict[str, Any]:
    wanted = from_create(as_dict("templateObject", call.arg(0)))
    for key_id in wanted.ssh_key_ids:
        cloud.key(key_id)
    return to_container(wanted)


@method(SERVICE, "createObject", returns=SERVICE)
def _create(cloud: Cloud, call: Call) -> dict[str, Any]:
    wanted = from_create(as_dict("templateObject", call.arg(0)))
    return guest_view(cloud, create(cloud, [wanted], call.order_faults)[0])


@method(SERVICE, "createObjects", returns=f"{SERVICE}[]")
def _create_many(cloud: Cloud, call: Call) -> list[dict[str, Any]]:
    wanted = [
        from_create(as_dict("templateObjects", each)) for each in as_list("templateObjects", call.arg(0))
    ]
    if not wanted:
        refuse("Could not place order. No guest was asked for.")
    return [guest_view(cloud, guest) for guest in create(cloud, wanted, call.order_faults)]


@method(SERVICE, "deleteObject")
def _delete(cloud: Cloud, call: Call) -> bool:
    with cloud.store.write():
        guest = cloud.idle_guest(object_id(call), "cancel")
        cancel(cloud, guest)
        transaction = cloud.transactions.add(guest, "reclaim")
    cloud.transactions.begin(transaction)
    return True


def cancel(cloud: Cloud, guest: Guest) -> None:
    """End the billing of a guest; part of the cancellation's commit."""
    guest.cancel_date = stamp()
    guest.modify_date = stamp()
    cloud.store.put_guest(guest)


@method(SERVICE, "editObject")
def _edit(cloud: Cloud, call: Call) -> bool:
    changes = as_dict("templateObject", call.arg(0))
    with cloud.store.write():
        guest = cloud.guest(object_id(call))
        if changes.get("hostname") is not None:
            guest.hostname = check_hostname(changes["hostname"])
        if changes.get("domain") is not None:
            guest.domain = check_domain(changes["domain"])
        check_fqdn(guest.hostname, guest.domain)
        if changes.get("notes") is not None:
            guest.notes = str(changes["notes"])
        if changes.get("postInstallScriptUri") is not None:
            guest.post_install_uri = check_post_install(changes["postInstallScriptUri"])
        guest.modify_date = stamp()
        cloud.store.put_guest(guest)
    return True


@method(SERVICE, "setTags")
def _set_tags(cloud: Cloud, call: Call) -> bool:
    names = read_tags(call.arg(0, ""))
    with cloud.store.write():
        guest = cloud.guest(object_id(call))
        guest.tags = names
        for name in names:
            cloud.store.tag_id(name)
        cloud.store.put_guest(guest)
    return True


def read_tags(text: Any) -> list[str]:
    """Tags of a comma separated list, each once."""
    names = [name.strip() for name in str(text).split(",")]
    for name in names:
        if len(name) > 256:
            refuse_as("InvalidValue", "A tag has at most 256 characters.")
    return list(dict.fromkeys(name for name in names if name))


@method(SERVICE, "setUserMetadata")
def _set_user_data(cloud: Cloud, call: Call) -> list[dict[str, str]]:
    values = [str(value or "") for value in as_list("metadata", call.arg(0))]
    with cloud.store.write():
        guest = cloud.guest(object_id(call))
        guest.user_data = values
        guest.modify_date = stamp()
        cloud.store.put_guest(guest)
    return [{"value": value} for value in values]


@method(SERVICE, "setPublicNetworkInterfaceSpeed", "setPrivateNetworkInterfaceSpeed")
def _set_speed(cloud: Cloud, call: Call) -> bool:
    public = call.method.startswith("setPublic")
    speed = as_int("speed", call.arg(0))
    with cloud.store.write():
        guest = cloud.guest(object_id(call))
        if public and guest.private_only:
            refuse(f"Guest {guest.id} has no public network component.")
        if speed not in (0, *PORT_SPEEDS) or speed > guest.nic_mbps:
            refuse(
                f"Speed {speed} is not one of 0, 10, 100 and 1000 up to the ordered {guest.nic_mbps} Mbps."
            )
        if public:
            guest.public_speed = speed
        else:
            guest.private_speed = speed
        cloud.store.put_guest(guest)
    return True


_POWER: dict[str, PowerAction] = {
    "powerOn": "on",
    "powerOff": "off",
    "powerOffSoft": "off-soft",
    "powerCycle": "reboot-hard",
    "rebootDefault": "reboot",
    "rebootSoft": "reboot",
    "rebootHard": "reboot-hard",
    "pause": "pause",
    "resume": "resume",
    "executeRescueLayer": "reboot-hard",
}


@method(SERVICE, *_POWER)
def _power(cloud: Cloud, call: Call) -> bool:
    guest = cloud.idle_guest(object_id(call), f"{call.method} on")
    return with_driver(cloud, guest, lambda: cloud.driver.power(guest.id, _POWER[call.method]))


def with_driver(cloud: Cloud, guest: Guest, act: Callable[[], None]) -> bool:
    """Have the driver do something now; its failure is a refusal."""
    try:
        with cloud.transactions.guest_lock(guest.id):
            act()
    except NodeError as exc:
        refuse(f"Unable to change guest {guest.id}: {exc}")
    return True


@method(SERVICE, "configureMetadataDisk")
def _metadata_disk(cloud: Cloud, call: Call) -> bool:
    guest = cloud.idle_guest(object_id(call), "configure the metadata disk of")
    return with_driver(cloud, guest, lambda: cloud.driver.power(guest.id, "off"))


@method(SERVICE, "reloadOperatingSystem", "reloadCurrentOperatingSystemConfiguration")
def _reload(cloud: Cloud, call: Call) -> str:
    first = call.arg(0, "")
    config = as_dict("config", call.arg(1))
    if call.method == "reloadOperatingSystem" and first not in ("FORCE", ""):
        refuse("Invalid confirmation token; give FORCE to reload without one.")
    if config.get("imageTemplateId"):
        refuse_as("ObjectNotFound", f"Unable to find object with id of '{config['imageTemplateId']}'.")
    with cloud.store.write():
        guest = cloud.idle_guest(object_id(call), "reload")
        if config.get("sshKeyIds"):
            keys = [cloud.key(key_id) for key_id in as_list("sshKeyIds", config["sshKeyIds"])]
            guest.ssh_key_ids, guest.ssh_keys = [key.id for key in keys], [key.key for key in keys]
        if config.get("customProvisionScriptUri"):
            guest.post_install_uri = check_post_install(config["customProvisionScriptUri"])
        guest.root_password = make_password()
        transaction = cloud.transactions.add(guest, "reload")
        guest.last_reload_id = transaction.id
        cloud.store.put_guest(guest)
    cloud.transactions.begin(transaction)
    return "1"


@method(SERVICE, "getUpgradeItemPrices", returns="Product_Item_Price[]")
def _upgrade_prices(cloud: Cloud, call: Call) -> list[dict[str, Any]]:
    return [price(each) for each in upgrade_prices(cloud.guest(object_id(call)))]


@method(SERVICE, "getBillingCycleBandwidthUsage", "getReverseDomainRecords", "getBrowserConsoleAccessLogs")
def _nothing(cloud: Cloud, call: Call) -> list[Any]:
    cloud.guest(object_id(call))
    return []


@method(SERVICE, "getAttachedNetworkStorages")
def _no_storage(cloud: Cloud, call: Call) -> list[Any]:
    cloud.guest(object_id(call))
    return []


@method(SERVICE, "isPingable", "isBackendPingable")
def _pingable(cloud: Cloud, call: Call) -> bool:
    guest = cloud.guest(object_id(call))
    return guest.provision_date is not None and cloud.driver.power_state(guest.id) == "RUNNING"


@method(SERVICE, "getCreateObjectOptions")
def _options(_cloud: Cloud, _call: Call) -> dict[str, Any]:
    package = PACKAGES[CLOUD_SERVER]

    def option(category: str, capacity: int, template: dict[str, Any]) -> dict[str, Any]:
        found = package.find(category, capacity)
        return {"itemPrice": show_price(found) if found else {}, "template": template}

    first = [
        option("guest_disk0", size, {"blockDevices": [_disk(0, size)], "localDiskFlag": False})
        for size in FIRST_DISKS_GB
    ]
    further = [
        option(f"guest_disk{index}", size, {"blockDevices": [_disk(index, size)], "localDiskFlag": False})
        for index in range(1, 5)
        for size in FURTHER_DISKS_GB
    ]
    return {
        "flavors": [_flavor_option(flavor) for flavor in FLAVORS.values()],
        "processors": [option("guest_core", cores, {"startCpus": cores}) for cores in CORES],
        "memory": [option("ram", size, {"maxMemory": size * 1024}) for size in MEMORY_GB],
        "blockDevices": first + further,
        "operatingSystems": [
            {
                "itemPrice": show_price(each),
                "template": {"operatingSystemReferenceCode": each.item.reference_code},
            }
            for each in package.prices
            if each.category == "os"
        ],
        "networkComponents": [
            option("port_speed", speed, {"networkComponents": [{"maxSpeed": speed}]}) for speed in PORT_SPEEDS
        ],
        "datacenters": [{"template": {"datacenter": {"name": place.name}}} for place in DATACENTERS],
    }


def _disk(index: int, size: int) -> dict[str, Any]:
    return {"device": disk_device(index), "diskImage": {"capacity": size}}


def _flavor_option(flavor: Flavor) -> dict[str, Any]:
    return {
        "flavor": {
            "id": flavor.id,
            "keyName": flavor.name,
            "name": flavor.name,
            "configuration": [
                {"category": {"categoryCode": each.category}, "price": show_price(each)}
                for each in flavor.prices
            ],
            "totalMinimumHourlyFee": fee(sum(each.hourly for each in flavor.prices)),
            "totalMinimumRecurringFee": fee(sum(each.monthly for each in flavor.prices)),
        },
        "template": {"supplementalCreateObjectOptions": {"flavorKeyName": flavor.name}},
    }
