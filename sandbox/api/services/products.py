"""Products, orders, places and networks."""

from typing import Any

from sandbox.api.catalogue import FLAVORS, PACKAGES
from sandbox.api.cloud import Cloud
from sandbox.api.dispatch import Call, finder, method, object_id
from sandbox.api.errors import refuse, refuse_missing
from sandbox.api.ordering import place, verify
from sandbox.api.places import BY_ID, DATACENTERS, VLANS, Datacenter, Vlan
from sandbox.api.services.guests import read_tags
from sandbox.api.views.catalogue import (
    location,
    package_view,
    pod,
    preset,
    router,
    tag_references,
    vlan,
)
from sandbox.api.views.guests import guest_view
from sandbox.api.wanted import as_dict, as_int


@method("Product_Order", "verifyOrder")
def _verify(cloud: Cloud, call: Call) -> dict[str, Any]:
    return verify(cloud, call.arg(0))


@method("Product_Order", "placeOrder")
def _place(cloud: Cloud, call: Call) -> dict[str, Any]:
    if call.arg(1):
        refuse("Quotes are not offered in this account; place the order itself.")
    return place(cloud, call.arg(0), call.order_faults)


@finder("Product_Package")
def _package(_cloud: Cloud, call: Call) -> dict[str, Any]:
    known = PACKAGES.get(as_int("id", object_id(call)))
    if known is None:
        refuse_missing(call.object_id)
    return package_view(known)


@method("Product_Package", "getAllObjects", returns="Product_Package[]")
def _packages(_cloud: Cloud, _call: Call) -> list[dict[str, Any]]:
    return [package_view(known) for known in PACKAGES.values()]


@finder("Product_Package_Preset")
def _preset(_cloud: Cloud, call: Call) -> dict[str, Any]:
    known = FLAVORS.get(as_int("id", object_id(call)))
    if known is None:
        refuse_missing(call.object_id)
    return preset(known)


@finder("Location")
def _location(_cloud: Cloud, call: Call) -> dict[str, Any]:
    return location(_datacenter(object_id(call)))


def _datacenter(number: object) -> Datacenter:
    known = BY_ID.get(as_int("id", number))
    if known is None:
        refuse_missing(number)
    return known


@method("Location", "getDatacenters", returns="Location[]")
@method("Location_Datacenter", "getDatacenters", returns="Location[]")
def _datacenters(_cloud: Cloud, _call: Call) -> list[dict[str, Any]]:
    return [location(known) for known in DATACENTERS]


@method("Location_Datacenter", "getHardwareRouters", returns="Hardware_Router[]", root="hardwareRouters")
def _routers(_cloud: Cloud, call: Call) -> list[dict[str, Any]]:
    known = _datacenter(object_id(call))
    return [router(known, public=True), router(known, public=False)]


@method("Network_Pod", "getAllObjects", returns="Network_Pod[]")
def _pods(_cloud: Cloud, _call: Call) -> list[dict[str, Any]]:
    return [pod(known) for known in DATACENTERS]


def _vlan_of(call: Call) -> Vlan:
    known = VLANS.get(as_int("id", object_id(call)))
    if known is None:
        refuse_missing(call.object_id)
    return known


@finder("Network_Vlan")
def _vlan(cloud: Cloud, call: Call) -> dict[str, Any]:
    known = _vlan_of(call)
    guests = [each for each in cloud.visible_guests() if known.id in (each.public_vlan, each.private_vlan)]
    return vlan(cloud, known) | {"virtualGuests": lambda: [guest_view(cloud, each) for each in guests]}


@method("Network_Vlan", "editObject")
def _edit_vlan(cloud: Cloud, call: Call) -> bool:
    changes = as_dict("templateObject", call.arg(0))
    kept = {name: str(changes[name]) for name in ("name", "note") if changes.get(name) is not None}
    cloud.store.edit("vlan", _vlan_of(call).id, kept)
    return True


@method("Network_Vlan", "setTags")
def _tag_vlan(cloud: Cloud, call: Call) -> bool:
    cloud.store.edit("vlan", _vlan_of(call).id, {"tags": read_tags(call.arg(0, ""))})
    return True


@method("Network_SecurityGroup", "getAllObjects")
@method("Virtual_Guest_Block_Device_Template_Group", "getPublicImages")
@method("Virtual_Guest_Block_Device_Template_Group", "getVhdImportSoftwareDescriptions")
@method("Notification_Occurrence_Event", "getAllObjects")
def _none(_cloud: Cloud, _call: Call) -> list[Any]:
    return []


@method("Virtual_Guest_Block_Device_Template_Group", "getObject")
@method("Virtual_DedicatedHost", "getObject")
@method("Network_SecurityGroup", "getObject")
@method("Virtual_PlacementGroup", "getObject")
def _never(_cloud: Cloud, call: Call) -> None:
    refuse_missing(call.object_id)


@method("Tag", "setTags")
def _set_tags(cloud: Cloud, call: Call) -> bool:
    if str(call.arg(1)) != "GUEST":
        refuse("Only guests can be tagged here: give GUEST and the guest's id.")
    names = read_tags(call.arg(0, ""))
    with cloud.store.write():
        guest = cloud.guest(call.arg(2))
        guest.tags = names
        for name in names:
            cloud.store.tag_id(name)
        cloud.store.put_guest(guest)
    return True


@method("Tag", "getAttachedTagsForCurrentUser", "getUnattachedTagsForCurrentUser", returns="Tag[]")
def _tags(cloud: Cloud, call: Call) -> list[dict[str, Any]]:
    attached = call.method == "getAttachedTagsForCurrentUser"
    found = []
    for number, name in cloud.store.tags():
        guests = [guest for guest in cloud.visible_guests() if name in guest.tags]
        if bool(guests) == attached:
            references = [each for guest in guests for each in tag_references(cloud, [name], guest.id)]
            found.append({"id": number, "name": name, "references": references})
    return found


@method("Tag", "getAllTagTypes")
def _tag_types(_cloud: Cloud, _call: Call) -> list[dict[str, str]]:
    return [{"keyName": "GUEST", "description": "CCI"}]


@method("Search", "advancedSearch", "search", returns="Container_Search_Result[]")
def _search(cloud: Cloud, call: Call) -> list[dict[str, Any]]:
    """Guests whose names, addresses or tags hold every word of the query."""
    words = [word for word in str(call.arg(0, "")).split() if not word.startswith("_objectType:")]
    if "_objectType:" in str(call.arg(0, "")) and "SoftLayer_Virtual_Guest" not in str(call.arg(0, "")):
        return []
    found = []
    for guest in cloud.visible_guests():
        text = " ".join(
            [guest.fqdn, guest.public_ip or "", guest.private_ip, guest.notes, *guest.tags]
        ).lower()
        if all(word.strip('*"').lower() in text for word in words):
            resource = guest_view(cloud, guest) | {"__type__": "Virtual_Guest"}
            found.append(
                {"relevanceScore": "1", "resourceType": "SoftLayer_Virtual_Guest", "resource": resource}
            )
    return found


@method("Metric_Tracking_Object", "getSummaryData", "getBandwidthData")
def _metrics(cloud: Cloud, call: Call) -> list[Any]:
    cloud.guest(object_id(call))
    return []
