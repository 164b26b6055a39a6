"""The two shapes in which a guest is ordered, both read into `Wanted`.

`from_create` reads what `createObject` and `generateOrderTemplate` get, where fields say what is wanted.
`from_container` reads what `verifyOrder` and `placeOrder` get, where prices and a preset say it.
`to_container` makes the second from the first, so that a template sent back means the same guest.
"""

from typing import Any

from sandbox.api.catalogue import CLOUD_SERVER, FLAVORS, PACKAGES, PRICES, PUBLIC_SERVER, Package, Price
from sandbox.api.errors import refuse, refuse_as, refuse_missing, refuse_value
from sandbox.api.fees import show_price
from sandbox.api.offers import DISK_CATEGORIES, REQUIRED
from sandbox.api.places import BY_ID, BY_NAME, Datacenter
from sandbox.api.records import disk_device
from sandbox.api.wanted import (
    Wanted,
    as_dict,
    as_flag,
    as_int,
    as_list,
    check_cpus,
    check_datacenter,
    check_disks,
    check_domain,
    check_flavor,
    check_fqdn,
    check_hostname,
    check_memory,
    check_post_install,
    check_speed,
    check_system,
    check_vlan,
    read_disks,
    read_user_data,
)

GUEST_ORDER = "SoftLayer_Container_Product_Order_Virtual_Guest"
UPGRADE_ORDER = "SoftLayer_Container_Product_Order_Virtual_Guest_Upgrade"
_MB_PER_GB = 1024


def from_create(create: dict[str, Any]) -> Wanted:
    """Read and check the fields of a create request; raises `ApiError` for the first rule that is broken."""
    place = check_datacenter(as_dict("datacenter", create.get("datacenter")).get("name"))
    hostname, domain = check_hostname(create.get("hostname")), check_domain(create.get("domain"))
    check_fqdn(hostname, domain)
    options = as_dict("supplementalCreateObjectOptions", create.get("supplementalCreateObjectOptions"))
    flavor = check_flavor(options.get("flavorKeyName"))
    _refuse_what_excludes(create, flavored=flavor is not None)
    cpus = flavor.cpus if flavor else check_cpus(create.get("startCpus"))
    memory = flavor.memory_gb * _MB_PER_GB if flavor else check_memory(create.get("maxMemory"))
    if flavor:
        _match_flavor("startCpus", create.get("startCpus"), cpus, flavor.name)
        _match_flavor("maxMemory", create.get("maxMemory"), memory, flavor.name)
    private_only = as_flag(create.get("privateNetworkOnlyFlag"))
    public = as_dict("primaryNetworkComponent", create.get("primaryNetworkComponent"))
    if private_only and public:
        refuse("Could not place order. A guest on the private network only has no public component.")
    private = as_dict("primaryBackendNetworkComponent", create.get("primaryBackendNetworkComponent"))
    components = as_list("networkComponents", create.get("networkComponents"))
    speed = as_dict("networkComponents", components[0]).get("maxSpeed") if components else None
    return Wanted(
        hostname=hostname,
        domain=domain,
        datacenter=place,
        flavor=flavor,
        cpus=cpus,
        memory_mb=memory,
        disks_gb=check_disks(read_disks(as_list("blockDevices", create.get("blockDevices"))), flavor),
        os_code=check_system(create.get("operatingSystemReferenceCode")),
        hourly=as_flag(create.get("hourlyBillingFlag")),
        local_disk=flavor.local if flavor else as_flag(create.get("localDiskFlag")),
        private_only=private_only,
        dedicated=as_flag(create.get("dedicatedAccountHostOnlyFlag")),
        transient=as_flag(create.get("transientGuestFlag")),
        nic_mbps=check_speed(speed),
        public_vlan=check_vlan(public, place, public=True),
        private_vlan=check_vlan(private, place, public=False),
        ssh_key_ids=tuple(
            as_int("sshKeys.id", as_dict("sshKeys", key).get("id"))
            for key in as_list("sshKeys", create.get("sshKeys"))
        ),
        user_data=read_user_data(as_list("userData", create.get("userData"))),
        post_install_uri=check_post_install(create.get("postInstallScriptUri")),
        boot_mode=options.get("bootMode") or None,
    )


def _refuse_what_excludes(create: dict[str, Any], *, flavored: bool) -> None:
    """Fields that cannot stand together, and things that this account does not have."""
    if not isinstance(create.get("hourlyBillingFlag"), bool | int):
        refuse_value("hourlyBillingFlag", create.get("hourlyBillingFlag"), "It must be given.")
    if not flavored and create.get("localDiskFlag") is None:
        refuse_value("localDiskFlag", None, "It must be given where there is no flavor.")
    if flavored and as_flag(create.get("localDiskFlag")):
        refuse("Could not place order. A flavor decides the kind of disk: leave out localDiskFlag.")
    image = as_dict("blockDeviceTemplateGroup", create.get("blockDeviceTemplateGroup"))
    if image.get("globalIdentifier") and create.get("operatingSystemReferenceCode"):
        refuse("Could not place order. Give either an operating system or an image, not both.")
    if image.get("globalIdentifier"):
        refuse_missing(image["globalIdentifier"])
    host = as_dict("dedicatedHost", create.get("dedicatedHost")).get("id")
    if flavored and (host or as_flag(create.get("dedicatedAccountHostOnlyFlag"))):
        refuse("Could not place order. A flavor cannot be ordered on dedicated hosts.")
    if host:
        refuse_missing(host)
    if create.get("placementGroupId"):
        refuse_missing(create["placementGroupId"])
    if as_flag(create.get("transientGuestFlag")) and not as_flag(create.get("hourlyBillingFlag")):
        refuse("Could not place order. Transient guests are billed by the hour only.")


def _match_flavor(name: str, given: Any, expected: int, flavor: str) -> None:
    if given not in (None, "") and as_int(name, given) != expected:
        refuse_value(name, given, f"Flavor {flavor} has {expected}.")


def needed_prices(wanted: Wanted) -> list[Price]:
    """Every price that this guest costs, those of its flavor included."""
    package = PACKAGES[PUBLIC_SERVER if wanted.flavor else CLOUD_SERVER]
    found: list[Price | None] = list(wanted.flavor.prices) if wanted.flavor else []
    disks = list(zip(DISK_CATEGORIES, wanted.disks_gb, strict=False))
    if not wanted.flavor:
        found += [
            package.find("guest_core", wanted.cpus),
            package.find("ram", wanted.memory_mb // _MB_PER_GB),
        ]
    for category, size in disks[1:] if wanted.flavor else disks:
        found.append(package.find(category, size, local=wanted.local_disk))
    found.append(package.system(wanted.os_code))
    found.append(package.uplink(wanted.nic_mbps, private=wanted.private_only))
    for category in ("bandwidth", "pri_ip_addresses", "remote_management", "notification", "vpn_management"):
        found.append(package.find(category, {"pri_ip_addresses": 1}.get(category, 0)))
    return [price for price in found if price is not None]


def to_container(wanted: Wanted) -> dict[str, Any]:
    """The order container of one guest. The flavor's own prices are not named: the preset stands for them."""
    preset = {price.id for price in wanted.flavor.prices} if wanted.flavor else set()
    container: dict[str, Any] = {
        "complexType": GUEST_ORDER,
        "packageId": PUBLIC_SERVER if wanted.flavor else CLOUD_SERVER,
        "location": str(wanted.datacenter.id),
        "quantity": 1,
        "useHourlyPricing": wanted.hourly,
        "prices": [show_price(price) for price in needed_prices(wanted) if price.id not in preset],
        "virtualGuests": [_to_guest(wanted)],
        "sshKeys": [{"sshKeyIds": list(wanted.ssh_key_ids)}] if wanted.ssh_key_ids else [],
        "provisionScripts": [wanted.post_install_uri] if wanted.post_install_uri else [],
        "sourceVirtualGuestId": None,
        "imageTemplateId": None,
    }
    if wanted.flavor:
        container["presetId"] = wanted.flavor.id
    return container


def _to_guest(wanted: Wanted) -> dict[str, Any]:
    def component(vlan: int | None) -> dict[str, Any]:
        return {"networkVlan": {"id": vlan}} if vlan else {}

    return {
        "hostname": wanted.hostname,
        "domain": wanted.domain,
        "startCpus": wanted.cpus,
        "maxMemory": wanted.memory_mb,
        "hourlyBillingFlag": wanted.hourly,
        "localDiskFlag": wanted.local_disk,
        "privateNetworkOnlyFlag": wanted.private_only,
        "dedicatedAccountHostOnlyFlag": wanted.dedicated,
        "transientGuestFlag": wanted.transient,
        "operatingSystemReferenceCode": wanted.os_code,
        "datacenter": {"name": wanted.datacenter.name},
        "networkComponents": [{"maxSpeed": wanted.nic_mbps}],
        "primaryNetworkComponent": component(wanted.public_vlan),
        "primaryBackendNetworkComponent": component(wanted.private_vlan),
        "blockDevices": [
            {"device": disk_device(index), "diskImage": {"capacity": size}}
            for index, size in enumerate(wanted.disks_gb)
        ],
        "userData": [{"value": value} for value in wanted.user_data],
        "supplementalCreateObjectOptions": {
            "bootMode": wanted.boot_mode,
            "flavorKeyName": wanted.flavor.name if wanted.flavor else None,
        },
    }


def order_price(entry: Any) -> tuple[str, Price]:
    """A price that an order names, with its category, which the order may give itself."""
    number = as_int("prices.id", as_dict("prices", entry).get("id"))
    price = PRICES.get(number)
    if price is None:
        refuse(f"Price # {number} does not exist.")
    return price.category, price


def container_prices(container: dict[str, Any]) -> dict[str, Price]:
    """The prices of a guest order by category, those of its preset included."""
    package = _package(container)
    chosen: dict[str, Price] = {}
    preset = container.get("presetId")
    if preset:
        flavor = FLAVORS.get(as_int("presetId", preset))
        if flavor is None or flavor not in package.flavors:
            refuse_missing(preset)
        chosen = {price.category: price for price in flavor.prices}
    for entry in as_list("prices", container.get("prices")):
        category, price = order_price(entry)
        if price.package_id != package.id:
            refuse(f"Price # {price.id} is not available in package {package.key_name}.")
        if category in chosen and chosen[category].id != price.id:
            refuse_as("Order", f"Only one price may be given for category {category}.")
        chosen[category] = price
    for category in REQUIRED:
        if category not in chosen:
            refuse_as("Order", f"A price for category {category} is required.")
    return chosen


def _package(container: dict[str, Any]) -> Package:
    number = as_int("packageId", container.get("packageId"))
    if number not in PACKAGES:
        refuse_missing(number)
    return PACKAGES[number]


def _location(container: dict[str, Any]) -> Datacenter:
    given = str(container.get("location"))
    place = BY_NAME.get(given) or (BY_ID.get(int(given)) if given.isdigit() else None)
    if place is None:
        refuse_value("location", given, "There is no such datacenter.")
    return place


def from_container(container: dict[str, Any]) -> list[Wanted]:
    """Read and check a guest order container; one `Wanted` for each guest that it orders."""
    prices = container_prices(container)
    place = _location(container)
    guests = as_list("virtualGuests", container.get("virtualGuests"))
    quantity = as_int("quantity", container.get("quantity") or len(guests) or 1)
    if not guests or len(guests) != quantity:
        refuse_as("Order", f"Quantity is {quantity}, but {len(guests)} virtualGuests are given.")
    flavor = FLAVORS.get(as_int("presetId", container["presetId"])) if container.get("presetId") else None
    if container.get("hostId"):
        refuse_missing(container["hostId"])
    scripts = as_list("provisionScripts", container.get("provisionScripts"))
    keys = as_list("sshKeys", container.get("sshKeys"))
    found = []
    for index, raw in enumerate(guests):
        guest = as_dict("virtualGuests", raw)
        key_ids = as_dict("sshKeys", keys[index] if index < len(keys) else None).get("sshKeyIds")
        hostname, domain = check_hostname(guest.get("hostname")), check_domain(guest.get("domain"))
        check_fqdn(hostname, domain)
        if guest.get("placementGroupId"):
            refuse_missing(guest["placementGroupId"])
        sizes = tuple(prices[code].item.capacity for code in DISK_CATEGORIES if code in prices)
        options = as_dict("supplementalCreateObjectOptions", guest.get("supplementalCreateObjectOptions"))
        public = as_dict("primaryNetworkComponent", guest.get("primaryNetworkComponent"))
        private = as_dict("primaryBackendNetworkComponent", guest.get("primaryBackendNetworkComponent"))
        found.append(
            Wanted(
                hostname=hostname,
                domain=domain,
                datacenter=place,
                flavor=flavor,
                cpus=prices["guest_core"].item.capacity,
                memory_mb=prices["ram"].item.capacity * _MB_PER_GB,
                disks_gb=check_disks(sizes, flavor),
                os_code=str(prices["os"].item.reference_code),
                hourly=as_flag(container.get("useHourlyPricing")),
                local_disk=prices["guest_disk0"].item.local,
                private_only="Public" not in prices["port_speed"].item.description,
                dedicated=as_flag(guest.get("dedicatedAccountHostOnlyFlag")),
                transient=as_flag(guest.get("transientGuestFlag")),
                nic_mbps=prices["port_speed"].item.capacity,
                public_vlan=check_vlan(public, place, public=True),
                private_vlan=check_vlan(private, place, public=False),
                ssh_key_ids=tuple(as_int("sshKeyIds", key) for key in as_list("sshKeyIds", key_ids)),
                user_data=read_user_data(as_list("userData", guest.get("userData"))),
                post_install_uri=check_post_install(scripts[index] if index < len(scripts) else None),
                boot_mode=options.get("bootMode") or None,
            )
        )
    return found
