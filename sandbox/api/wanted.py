"""One guest as a client wants it, checked by the rules of the cloud, whichever way it was ordered."""

import re
from dataclasses import dataclass
from typing import Any

from sandbox.api.catalogue import FLAVORS_BY_NAME, Flavor
from sandbox.api.errors import refuse, refuse_as, refuse_missing, refuse_value
from sandbox.api.offers import (
    CORES,
    DISK_CATEGORIES,
    FIRST_DISKS_GB,
    FURTHER_DISKS_GB,
    MEMORY_GB,
    PORT_SPEEDS,
    resolve_system,
)
from sandbox.api.places import BY_NAME, BY_ROUTER, VLANS, Datacenter
from sandbox.api.records import MAX_DISKS

_LABEL = re.compile(r"(?!-)[A-Za-z0-9-]{1,63}(?<!-)")
_MB_PER_GB = 1024


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """A guest that breaks no rule. Sizes are in the unit of the field's name."""

    hostname: str
    domain: str
    datacenter: Datacenter
    flavor: Flavor | None
    cpus: int
    memory_mb: int
    disks_gb: tuple[int, ...]
    os_code: str
    hourly: bool
    local_disk: bool
    private_only: bool
    dedicated: bool
    transient: bool
    nic_mbps: int
    public_vlan: int | None
    private_vlan: int | None
    ssh_key_ids: tuple[int, ...]
    user_data: tuple[str, ...]
    post_install_uri: str | None
    boot_mode: str | None


def as_int(name: str, value: Any) -> int:
    """A whole number, also when it comes as text, as the stock client sends some."""
    try:
        return int(value)
    except (TypeError, ValueError):
        refuse_value(name, value, "It must be a whole number.")


def as_flag(value: Any) -> bool:
    """A flag, also when it comes as 1, 0 or their text."""
    return value not in (None, False, 0, "0", "false", "")


def as_dict(name: str, value: Any) -> dict[str, Any]:
    """A structure; nothing counts as an empty one."""
    if value in (None, ""):
        return {}
    if not isinstance(value, dict):
        refuse_value(name, value, "It must be a structure.")
    return value


def as_list(name: str, value: Any) -> list[Any]:
    """A list; nothing counts as an empty one."""
    if value in (None, ""):
        return []
    if not isinstance(value, list):
        refuse_value(name, value, "It must be a list.")
    return value


def check_hostname(value: Any) -> str:
    """A host name: labels of letters, digits and inner dashes, not digits only."""
    text = str(value or "")
    if not text:
        refuse_value("hostname", value, "A host name is required.")
    for label in text.split("."):
        if not _LABEL.fullmatch(label) or label.isdigit() or "--" in label:
            rule = "Labels are letters, digits and single inner dashes, and never digits only."
            refuse_value("hostname", value, rule)
    return text


def check_domain(value: Any) -> str:
    """A domain: two labels or more, the last of letters only."""
    text = str(value or "")
    labels = text.split(".")
    well_formed = all(_LABEL.fullmatch(label) and "--" not in label for label in labels)
    if len(labels) < 2 or not well_formed or not labels[-1].isalpha() or len(labels[-1]) < 2:
        refuse_value("domain", value, "A domain has at least two labels, and the last has letters only.")
    return text


def check_fqdn(hostname: str, domain: str) -> None:
    """Both together are at most 253 characters."""
    if len(hostname) + 1 + len(domain) > 253:
        refuse_value("hostname", hostname, "Host name and domain together are at most 253 characters.")


def check_datacenter(name: Any) -> Datacenter:
    """A datacenter by its short name."""
    place = BY_NAME.get(str(name or ""))
    if place is None:
        refuse_value("datacenter.name", name, "There is no such datacenter.")
    return place


def check_flavor(name: Any) -> Flavor | None:
    """A flavor by its key name; None when none is given."""
    if name in (None, ""):
        return None
    flavor = FLAVORS_BY_NAME.get(str(name))
    if flavor is None:
        refuse_value("supplementalCreateObjectOptions.flavorKeyName", name, "There is no such flavor.")
    return flavor


def check_system(code: Any) -> str:
    """The full reference code of an operating system."""
    found = resolve_system(str(code or ""))
    if found is None:
        refuse_value("operatingSystemReferenceCode", code, "There is no such operating system.")
    return found


def check_cpus(value: Any) -> int:
    """A number of cores that is offered."""
    cpus = as_int("startCpus", value)
    if cpus not in CORES:
        refuse_as("NotFound", f"Unable to find price for core capacity of {cpus}.")
    return cpus


def check_memory(value: Any) -> int:
    """Megabytes that are a multiple of 1024 and are offered."""
    megabytes = as_int("maxMemory", value)
    if megabytes <= 0 or megabytes % _MB_PER_GB:
        refuse_value("maxMemory", value, "Memory is in MB and must be a multiple of 1024.")
    if megabytes // _MB_PER_GB not in MEMORY_GB:
        refuse_as("NotFound", f"Unable to find price for ram capacity of {megabytes // _MB_PER_GB}.")
    return megabytes


def check_speed(value: Any) -> int:
    """A port speed in Mbps that is offered; the default is 10."""
    speed = as_int("networkComponents.maxSpeed", 10 if value in (None, "") else value)
    if speed not in PORT_SPEEDS:
        refuse_as("NotFound", f"Unable to find price for port_speed capacity of {speed}.")
    return speed


def check_disks(sizes: tuple[int, ...], flavor: Flavor | None) -> tuple[int, ...]:
    """Sizes in GB: a first disk of 25 or 100, then up to four further ones, all of sizes on offer."""
    limit = min(flavor.max_disks if flavor else MAX_DISKS, len(DISK_CATEGORIES))
    if len(sizes) > limit:
        refuse_value("blockDevices", f"{len(sizes)} disks", f"A guest has at most {limit} disks.")
    if flavor and sizes[:1] not in ((), (flavor.disk_gb,)):
        refuse_value(
            "blockDevices", sizes[0], f"Flavor {flavor.name} has a first disk of {flavor.disk_gb} GB."
        )
    if sizes and sizes[0] not in FIRST_DISKS_GB:
        refuse_as("NotFound", f"Unable to find price for guest_disk0 capacity of {sizes[0]}.")
    for index, size in enumerate(sizes[1:], 1):
        if size not in FURTHER_DISKS_GB:
            refuse_as("NotFound", f"Unable to find price for guest_disk{index} capacity of {size}.")
    if not sizes:
        return (flavor.disk_gb if flavor else FIRST_DISKS_GB[0],)
    return sizes


def read_disks(devices: list[Any]) -> tuple[int, ...]:
    """The disk sizes of a create request in the order of their device numbers."""
    sizes: dict[int, int] = {}
    for entry in devices:
        device = as_int("blockDevices.device", as_dict("blockDevices", entry).get("device"))
        image = as_dict("blockDevices.diskImage", entry.get("diskImage"))
        if device == 1:
            refuse_value("blockDevices.device", device, "Device 1 is the swap disk and cannot be ordered.")
        if device in sizes or not 0 <= device <= MAX_DISKS:
            refuse_value("blockDevices.device", device, "Devices are 0, 2, 3, 4 and 5, each at most once.")
        sizes[device] = as_int("blockDevices.diskImage.capacity", image.get("capacity"))
    return tuple(sizes[device] for device in sorted(sizes))


def check_vlan(component: dict[str, Any], place: Datacenter, *, public: bool) -> int | None:
    """The VLAN that a network component names, by itself, by a subnet of it, or by its router."""
    kind = "public" if public else "private"
    asked = as_dict("networkVlan", component.get("networkVlan"))
    router = as_dict("router", component.get("router"))
    if asked.get("id") and router.get("id"):
        refuse(f"Could not place order. Give either the {kind} VLAN or its router, not both.")
    if as_list("securityGroupBindings", component.get("securityGroupBindings")):
        binding = component["securityGroupBindings"][0]
        refuse_missing(as_dict("securityGroup", binding.get("securityGroup")).get("id"))
    if router.get("id"):
        number = as_int("router.id", router["id"])
        if BY_ROUTER.get(number) != place:
            refuse_missing(number)
        return place.public_vlan if public else place.private_vlan
    if not asked.get("id"):
        return None
    number = as_int("networkVlan.id", asked["id"])
    vlan = VLANS.get(number)
    if vlan is None:
        refuse_missing(number)
    if vlan.place != place or vlan.public != public:
        refuse(f"Could not place order. VLAN {number} is not a {kind} VLAN of {place.name}.")
    subnet = as_dict("primarySubnet", asked.get("primarySubnet")).get("id") or asked.get("primarySubnetId")
    if subnet and as_int("primarySubnet.id", subnet) != vlan.subnet_id:
        refuse_missing(subnet)
    return number


def check_post_install(value: Any) -> str | None:
    """An http or https address, or none."""
    if value in (None, ""):
        return None
    if not re.fullmatch(r"https?://[^\s/]+(/\S*)?", str(value)):
        refuse_value("postInstallScriptUri", value, "It must be an http or https address.")
    return str(value)


def read_user_data(entries: list[Any]) -> tuple[str, ...]:
    """The values of user data entries."""
    return tuple(str(as_dict("userData", entry).get("value") or "") for entry in entries if entry)
