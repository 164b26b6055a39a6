"""How packages, items, prices, presets, places and networks look."""

from typing import Any

from sandbox.api.catalogue import PACKAGES, Flavor, Item, Package, Price
from sandbox.api.cloud import ACCOUNT_ID, Cloud
from sandbox.api.fees import fee
from sandbox.api.offers import CATEGORIES, CATEGORY_IDS, REQUIRED
from sandbox.api.places import DATACENTERS, Datacenter, Vlan
from sandbox.api.records import Guest


def location(place: Datacenter) -> dict[str, Any]:
    """SoftLayer_Location."""
    return {
        "id": place.id,
        "name": place.name,
        "longName": place.long_name,
        "statusId": 2,
        "regions": lambda: [region(place)],
        "priceGroups": [],
        "groups": [],
    }


def region(place: Datacenter) -> dict[str, Any]:
    """SoftLayer_Location_Region."""
    return {
        "keyname": place.region,
        "description": f"{place.name.upper()} - {place.long_name}",
        "sortOrder": place.index,
        "location": lambda: {"locationId": place.id, "location": lambda: location(place)},
        "locations": lambda: [{"location": {"id": place.id, "name": place.name}}],
    }


def pod(place: Datacenter) -> dict[str, Any]:
    """SoftLayer_Network_Pod."""
    return {
        "name": place.pod,
        "capabilities": ["SUPPORTS_MULTIPLE_SUBNETS"],
        "datacenterId": place.id,
        "datacenterName": place.name,
        "datacenterLongName": place.long_name,
        "frontendRouterId": place.public_router,
        "frontendRouterName": f"fcr01a.{place.name}",
        "backendRouterId": place.private_router,
        "backendRouterName": f"bcr01a.{place.name}",
    }


def router(place: Datacenter, *, public: bool) -> dict[str, Any]:
    """SoftLayer_Hardware_Router."""
    hostname = f"{'fcr' if public else 'bcr'}01a.{place.name}"
    return {
        "id": place.public_router if public else place.private_router,
        "hostname": hostname,
        "domain": "softlayer.com",
        "fullyQualifiedDomainName": f"{hostname}.softlayer.com",
        "datacenter": lambda: location(place),
        "topLevelLocation": lambda: location(place),
    }


def routers() -> list[dict[str, Any]]:
    """Every router of every datacenter."""
    return [router(place, public=public) for place in DATACENTERS for public in (True, False)]


def tag_references(cloud: Cloud, names: list[str], owner: int) -> list[dict[str, Any]]:
    """The tags of one object, as SoftLayer_Tag_Reference."""
    made = []
    for name in names:
        number = cloud.store.tag_id(name)
        tag = {"id": number, "name": name, "accountId": ACCOUNT_ID, "internal": 0}
        made.append({"id": number, "tagId": number, "resourceTableId": owner, "tag": tag})
    return made


def vlan(cloud: Cloud, known: Vlan) -> dict[str, Any]:
    """SoftLayer_Network_Vlan. Its guests are shown by `sandbox.api.views.guests`."""
    edits = cloud.store.edits("vlan", known.id)
    guests = guests_of(cloud, known)
    kind = "fcr01a" if known.public else "bcr01a"
    return {
        "id": known.id,
        "accountId": ACCOUNT_ID,
        "vlanNumber": known.number,
        "name": edits.get("name", ""),
        "note": edits.get("note", ""),
        "primarySubnetId": known.subnet_id,
        "fullyQualifiedName": f"{known.place.name}.{kind}.{known.number}",
        "networkSpace": "PUBLIC" if known.public else "PRIVATE",
        "podName": known.place.pod,
        "datacenter": lambda: location(known.place),
        "tagReferences": lambda: tag_references(cloud, edits.get("tags", []), known.id),
        "virtualGuests": lambda: [_guest_stub(guest) for guest in guests],
        "subnets": lambda: [subnet(cloud, known)],
        "primarySubnets": lambda: [subnet(cloud, known)],
        "primarySubnet": lambda: subnet(cloud, known),
        "primaryRouter": lambda: router(known.place, public=known.public),
        "totalPrimaryIpAddressCount": known.network.num_addresses,
    }


def guests_of(cloud: Cloud, known: Vlan) -> list[Guest]:
    """The visible guests on a VLAN."""
    return [guest for guest in cloud.visible_guests() if known.id in (guest.public_vlan, guest.private_vlan)]


def _guest_stub(guest: Guest) -> dict[str, Any]:
    ready = guest.provision_date is not None
    return {
        "id": guest.id,
        "hostname": guest.hostname,
        "domain": guest.domain,
        "fullyQualifiedDomainName": guest.fqdn,
        "globalIdentifier": guest.global_identifier,
        "primaryIpAddress": guest.public_ip if ready else None,
        "primaryBackendIpAddress": guest.private_ip if ready else None,
    }


def subnet(cloud: Cloud, known: Vlan) -> dict[str, Any]:
    """SoftLayer_Network_Subnet: the primary subnet of a VLAN."""
    network = known.network
    return {
        "id": known.subnet_id,
        "networkIdentifier": str(network.network_address),
        "netmask": str(network.netmask),
        "cidr": network.prefixlen,
        "gateway": str(network[1]),
        "broadcastAddress": str(network.broadcast_address),
        "subnetType": "PRIMARY",
        "networkVlanId": known.id,
        "version": 4,
        "usableIpAddressCount": network.num_addresses - 3,
        "totalIpAddresses": network.num_addresses,
        "addressSpace": "PUBLIC" if known.public else "PRIVATE",
        "datacenter": lambda: location(known.place),
        "networkVlan": lambda: vlan(cloud, known),
        "virtualGuests": lambda: [_guest_stub(guest) for guest in guests_of(cloud, known)],
    }


def category(code: str) -> dict[str, Any]:
    """SoftLayer_Product_Item_Category."""
    return {"id": CATEGORY_IDS[code], "name": CATEGORIES[code], "categoryCode": code, "quantityLimit": 0}


def item(known: Item, package: Package) -> dict[str, Any]:
    """SoftLayer_Product_Item as one package offers it."""
    prices = [each for each in package.prices if each.item.id == known.id]
    shown: dict[str, Any] = {
        "id": known.id,
        "keyName": known.key_name,
        "description": known.description,
        "longDescription": f"{known.description} (invented price)",
        "capacity": str(known.capacity),
        "units": known.units,
        "itemCategory": lambda: category(known.category),
        "categories": lambda: [category(each.category) for each in prices],
        "prices": lambda: [price(each) for each in prices],
        "packages": lambda: [package_view(package)],
        "attributes": [],
    }
    if known.reference_code:
        shown["softwareDescription"] = lambda: software_description(known)
    return shown


def software_description(known: Item) -> dict[str, Any]:
    """SoftLayer_Software_Description of an operating system."""
    product, _, version = str(known.reference_code).partition("_")
    return {
        "id": known.id,
        "name": known.vendor or product,
        "version": f"{version.split('_')[0]}-64 Minimal for VSI",
        "manufacturer": known.vendor or product,
        "referenceCode": known.reference_code,
        "longDescription": known.description,
        "operatingSystem": 1,
        "requiredUser": "root",
    }


def price(known: Price) -> dict[str, Any]:
    """SoftLayer_Product_Item_Price."""
    package = PACKAGES[known.package_id]
    return {
        "id": known.id,
        "itemId": known.item.id,
        "locationGroupId": None,
        "hourlyRecurringFee": fee(known.hourly),
        "recurringFee": fee(known.monthly),
        "setupFee": "0",
        "oneTimeFee": "0",
        "laborFee": "0",
        "item": lambda: item(known.item, package),
        "categories": lambda: [category(known.category)],
        "packages": lambda: [package_view(package)],
        "packageReferences": lambda: [{"package": {"id": package.id, "keyName": package.key_name}}],
    }


def preset(flavor: Flavor) -> dict[str, Any]:
    """SoftLayer_Product_Package_Preset."""
    return {
        "id": flavor.id,
        "name": flavor.name,
        "keyName": flavor.name,
        "description": f"{flavor.name} (invented price)",
        "isActive": "1",
        "packageId": flavor.prices[0].package_id,
        "prices": lambda: [price(each) for each in flavor.prices],
        "locations": [],
        "package": lambda: package_view(PACKAGES[flavor.prices[0].package_id]),
        "totalMinimumHourlyFee": fee(sum(each.hourly for each in flavor.prices)),
        "totalMinimumRecurringFee": fee(sum(each.monthly for each in flavor.prices)),
    }


def package_view(package: Package) -> dict[str, Any]:
    """SoftLayer_Product_Package."""
    codes = list(dict.fromkeys(each.category for each in package.prices))
    return {
        "id": package.id,
        "name": package.name,
        "keyName": package.key_name,
        "description": "All prices of this sandbox are invented.",
        "isActive": 1,
        "type": {"id": 11, "name": "Virtual Server Instance", "keyName": package.type_key},
        "items": lambda: [item(each, package) for each in package.items],
        "itemPrices": lambda: [price(each) for each in package.prices],
        "activePresets": lambda: [preset(flavor) for flavor in package.flavors],
        "accountRestrictedActivePresets": [],
        "regions": lambda: [region(place) for place in DATACENTERS],
        "locations": lambda: [location(place) for place in DATACENTERS],
        "categories": lambda: [category(code) for code in codes],
        "configuration": lambda: [
            {
                "id": package.id * 1000 + CATEGORY_IDS[code],
                "isRequired": int(code in REQUIRED),
                "itemCategoryId": CATEGORY_IDS[code],
                "packageId": package.id,
                "itemCategory": category(code),
            }
            for code in codes
        ],
    }
