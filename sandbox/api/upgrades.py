"""Upgrade orders: what an existing guest becomes by the prices, or the preset, of an upgrade container."""

from dataclasses import dataclass
from typing import Any

from sandbox.api.catalogue import FLAVORS, PACKAGES, Flavor, Price
from sandbox.api.cloud import Cloud
from sandbox.api.errors import refuse, refuse_as, refuse_missing
from sandbox.api.offers import CATEGORY_IDS, DISK_CATEGORIES, FIRST_DISKS_GB
from sandbox.api.records import MAX_DISKS, Guest
from sandbox.api.requests import order_price
from sandbox.api.wanted import as_dict, as_int, as_list

_MB_PER_GB = 1024


@dataclass(frozen=True, kw_only=True)
class Upgrade:
    """A guest with the sizes that it will have."""

    guest: Guest
    prices: list[Price]
    flavor: Flavor | None
    cpus: int
    memory_mb: int
    nic_mbps: int
    disks_gb: tuple[int, ...]


def plan_upgrade(cloud: Cloud, container: dict[str, Any]) -> Upgrade:
    """Read and check an upgrade container; raises `ApiError` where the cloud refuses it."""
    guests = as_list("virtualGuests", container.get("virtualGuests"))
    if len(guests) != 1:
        refuse_as("Order", "An upgrade order names exactly one guest in virtualGuests.")
    guest = cloud.idle_guest(as_dict("virtualGuests", guests[0]).get("id"), "upgrade")
    flavor = _flavor(guest, container.get("presetId"))
    chosen = _prices(guest, as_list("prices", container.get("prices")))
    if not chosen and flavor is None:
        refuse_as("Order", "An upgrade order needs prices or a preset.")
    prices = (list(flavor.prices) if flavor else []) + [price for _, price in chosen]
    sizes = {category: price.item.capacity for category, price in chosen}
    return Upgrade(
        guest=guest,
        prices=prices,
        flavor=flavor,
        cpus=flavor.cpus if flavor else sizes.get("guest_core", guest.cpus),
        memory_mb=flavor.memory_gb * _MB_PER_GB
        if flavor
        else sizes.get("ram", 0) * _MB_PER_GB or guest.memory_mb,
        nic_mbps=sizes.get("port_speed", guest.nic_mbps),
        disks_gb=_disks(guest, sizes),
    )


def _flavor(guest: Guest, preset: Any) -> Flavor | None:
    if not preset:
        return None
    flavor = FLAVORS.get(as_int("presetId", preset))
    if flavor is None:
        refuse_missing(preset)
    if guest.flavor is None:
        refuse(f"Could not place order. Guest {guest.id} was not ordered with a flavor.")
    if flavor.local != guest.local_disk:
        refuse("Could not place order. An upgrade cannot switch between local and SAN disks.")
    if flavor.disk_gb != guest.disks_gb[0]:
        refuse("Could not place order. An upgrade cannot change the first disk.")
    return flavor


def _prices(guest: Guest, entries: list[Any]) -> list[tuple[str, Price]]:
    chosen = []
    by_id = {number: code for code, number in CATEGORY_IDS.items()}
    for entry in entries:
        category, price = order_price(entry)
        for named in as_list("categories", as_dict("prices", entry).get("categories")):
            asked = named.get("categoryCode") or by_id.get(as_int("categories.id", named.get("id") or 0))
            category = asked or category
        if guest.flavor and category in ("guest_core", "ram"):
            refuse("Could not place order. A guest with a flavor is upgraded by its preset only.")
        moved = PACKAGES[guest.package_id].find(category, price.item.capacity, local=price.item.local)
        chosen.append((category, price if price.category == category or moved is None else moved))
    return chosen


def _disks(guest: Guest, sizes: dict[str, int]) -> tuple[int, ...]:
    """The disks after the upgrade: they can be added at the end and grow, never shrink or go."""
    disks = list(guest.disks_gb)
    for index, category in enumerate(DISK_CATEGORIES[:MAX_DISKS]):
        if category not in sizes:
            continue
        if index > len(disks):
            refuse(f"Could not place order. Disk {index} cannot be added before disk {len(disks)}.")
        if index == len(disks) and guest.local_disk:
            refuse("Could not place order. A guest with local disks takes no further disk.")
        if index == len(disks):
            disks.append(sizes[category])
        elif sizes[category] < disks[index] or (index == 0 and sizes[category] not in FIRST_DISKS_GB):
            refuse("Could not place order. A disk can only grow.")
        else:
            disks[index] = sizes[category]
    return tuple(disks)


def upgrade_prices(guest: Guest) -> list[Price]:
    """The prices an upgrade of this guest can choose from, what it has now included."""
    kinds = (
        ("port_speed", *DISK_CATEGORIES)
        if guest.flavor
        else ("guest_core", "ram", "port_speed", *DISK_CATEGORIES)
    )
    return [
        price
        for price in PACKAGES[guest.package_id].prices
        if price.category in kinds
        and (price.category not in DISK_CATEGORIES or price.item.local == guest.local_disk)
    ]
