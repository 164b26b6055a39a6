"""What can be ordered: packages, items with their prices, and flavors (presets).

Names, key names and sizes are those of the cloud (2025/2026); **every price and every id is invented**, and
the packages say so in their names. Ids are given in a fixed order, so they are the same in every sandbox.
Each price belongs to one category: a 25 GB disk has one price as the first disk and others as the second to
the fifth.
"""

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from sandbox.api.offers import (
    CORES,
    DISK_CATEGORIES,
    FAMILIES,
    FIRST_DISKS_GB,
    FURTHER_DISKS_GB,
    LOCAL_FAMILIES,
    MEMORY_GB,
    PORT_SPEEDS,
    SYSTEMS,
)

PUBLIC_SERVER = 835
CLOUD_SERVER = 46
HOURS_A_MONTH = Decimal("663.6")
"""A month costs this many hours, which makes monthly guests a little cheaper than 730 hours."""


@dataclass(frozen=True, kw_only=True)
class Item:
    """Something that has prices."""

    id: int
    key_name: str
    description: str
    category: str
    capacity: int
    units: str
    local: bool = False
    reference_code: str | None = None
    vendor: str | None = None


@dataclass(frozen=True, kw_only=True)
class Price:
    """What an item costs in one category of one package."""

    id: int
    package_id: int
    item: Item
    category: str
    hourly: Decimal

    @property
    def monthly(self) -> Decimal:
        """Dollars a month."""
        return (self.hourly * HOURS_A_MONTH).quantize(Decimal("0.01"))


@dataclass(frozen=True, kw_only=True)
class Flavor:
    """A preset: cores, memory and first disk that are ordered under one name."""

    id: int
    name: str
    cpus: int
    memory_gb: int
    disk_gb: int
    prices: tuple[Price, ...]

    @property
    def local(self) -> bool:
        """Whether its disks are in the host rather than on the storage network."""
        return self.name.split("_")[0] in LOCAL_FAMILIES

    @property
    def max_disks(self) -> int:
        """How many disks such a guest may have."""
        return 2 if self.name.startswith("U1_") else len(DISK_CATEGORIES)


@dataclass(frozen=True, kw_only=True)
class Package:
    """A catalogue of its own."""

    id: int
    key_name: str
    name: str
    type_key: str
    prices: list[Price] = field(default_factory=list)
    flavors: list[Flavor] = field(default_factory=list)

    def find(self, category: str, capacity: int, *, local: bool = False) -> Price | None:
        """The price of this capacity in a category, if it is offered."""
        for price in self.prices:
            same_kind = not category.startswith("guest_disk") or price.item.local == local
            if price.category == category and price.item.capacity == capacity and same_kind:
                return price
        return None

    def uplink(self, speed: int, *, private: bool) -> Price | None:
        """The price of a port speed in Mbps, on both networks or on the private one only."""
        for price in self.prices:
            is_private = "Public" not in price.item.description
            if price.category == "port_speed" and price.item.capacity == speed and is_private == private:
                return price
        return None

    def system(self, code: str) -> Price | None:
        """The price of an operating system by its full reference code."""
        return next((price for price in self.prices if price.item.reference_code == code), None)

    @property
    def items(self) -> list[Item]:
        """Every item once, in catalogue order."""
        return list({price.item.id: price.item for price in self.prices}.values())


class _Builder:
    """Gives the ids while the catalogue is made."""

    def __init__(self) -> None:
        self._item = 2000
        self._price = 30000

    def item(self, **values: Any) -> Item:
        self._item += 1
        return Item(id=self._item, **values)

    def price(self, package: Package, item: Item, category: str, hourly: str | Decimal) -> Price:
        self._price += 1
        made = Price(
            id=self._price, package_id=package.id, item=item, category=category, hourly=Decimal(hourly)
        )
        package.prices.append(made)
        return made

    def sizes(self, package: Package) -> None:
        for cores in CORES:
            named = f"{cores} x 2.0 GHz or higher Core" + ("s" if cores > 1 else "")
            item = self.item(
                key_name=f"GUEST_CORES_{cores}",
                description=named,
                category="guest_core",
                capacity=cores,
                units="CORE",
            )
            self.price(package, item, "guest_core", Decimal("0.023") * cores)
        for gigabytes in MEMORY_GB:
            item = self.item(
                key_name=f"RAM_{gigabytes}_GB",
                description=f"{gigabytes} GB",
                category="ram",
                capacity=gigabytes,
                units="GB",
            )
            self.price(package, item, "ram", Decimal("0.015") * gigabytes)

    def disks(self, package: Package) -> None:
        for local in (False, True):
            kind = "LOCAL" if local else "SAN"
            for size in FURTHER_DISKS_GB:
                item = self.item(
                    key_name=f"GUEST_DISK_{size}_GB_{kind}",
                    description=f"{size} GB ({kind})",
                    category="guest_disk1",
                    capacity=size,
                    units="GB",
                    local=local,
                )
                # The stock client takes an item's last price when an order names only the item.
                for category in reversed(DISK_CATEGORIES):
                    if category == "guest_disk0" and size not in FIRST_DISKS_GB:
                        continue
                    free = category == "guest_disk0" and size == 25
                    self.price(package, item, category, "0" if free else Decimal("0.0002") * size)

    def systems(self, package: Package) -> None:
        for code, description, vendor, hourly in SYSTEMS:
            item = self.item(
                key_name=f"OS_{code.replace('-', '_')}",
                description=description,
                category="os",
                capacity=0,
                units="N/A",
                reference_code=code,
                vendor=vendor,
            )
            self.price(package, item, "os", hourly)

    def network(self, package: Package) -> None:
        for speed in PORT_SPEEDS:
            shown = "1 Gbps" if speed == 1000 else f"{speed} Mbps"
            item = self.item(
                key_name=f"{shown.upper().replace(' ', '_')}_PUBLIC_PRIVATE_NETWORK_UPLINKS",
                description=f"{shown} Public & Private Network Uplinks",
                category="port_speed",
                capacity=speed,
                units="Mbps",
            )
            self.price(package, item, "port_speed", "0.015" if speed == 1000 else "0")
            item = self.item(
                key_name=f"{shown.upper().replace(' ', '_')}_PRIVATE_NETWORK_UPLINK",
                description=f"{shown} Private Network Uplink",
                category="port_speed",
                capacity=speed,
                units="Mbps",
            )
            self.price(package, item, "port_speed", "0.01" if speed == 1000 else "0")

    def rest(self, package: Package) -> None:
        for key_name, description, category, capacity in (
            ("BANDWIDTH_0_GB_2", "0 GB Bandwidth Allotment", "bandwidth", 0),
            ("BANDWIDTH_250_GB", "250 GB Bandwidth Allotment", "bandwidth", 250),
            ("1_IP_ADDRESS", "1 IP Address", "pri_ip_addresses", 1),
            ("1_IPV6_ADDRESS", "1 IPv6 Address", "pri_ipv6_addresses", 1),
            ("REBOOT_REMOTE_CONSOLE", "Reboot / Remote Console", "remote_management", 0),
            ("NOTIFICATION_EMAIL_AND_TICKET", "Email and Ticket", "notification", 0),
            ("UNLIMITED_SSL_VPN_USERS", "Unlimited SSL VPN Users", "vpn_management", 0),
        ):
            item = self.item(
                key_name=key_name, description=description, category=category, capacity=capacity, units="N/A"
            )
            self.price(package, item, category, "0")

    def flavors(self, package: Package) -> None:
        number = 400
        for family, sizes in FAMILIES.items():
            for size in sizes.split():
                cpus, _, memory = size.partition("x")
                for disk in (100,) if family in LOCAL_FAMILIES else FIRST_DISKS_GB:
                    number += 2
                    parts = (
                        package.find("guest_core", int(cpus)),
                        package.find("ram", int(memory)),
                        package.find("guest_disk0", disk, local=family in LOCAL_FAMILIES),
                    )
                    package.flavors.append(
                        Flavor(
                            id=number,
                            name=f"{family}_{cpus}X{memory}X{disk}",
                            cpus=int(cpus),
                            memory_gb=int(memory),
                            disk_gb=disk,
                            prices=tuple(price for price in parts if price is not None),
                        )
                    )

    def package(self, package: Package, *, flavors: bool) -> Package:
        self.sizes(package)
        self.disks(package)
        self.systems(package)
        self.network(package)
        self.rest(package)
        if flavors:
            self.flavors(package)
        return package


def _build() -> dict[int, Package]:
    builder = _Builder()
    public = Package(
        id=PUBLIC_SERVER,
        key_name="PUBLIC_CLOUD_SERVER",
        name="Public Virtual Server (sandbox, invented prices)",
        type_key="VIRTUAL_SERVER_INSTANCE",
    )
    cloud = Package(
        id=CLOUD_SERVER,
        key_name="CLOUD_SERVER",
        name="Cloud Server (sandbox, invented prices)",
        type_key="VIRTUAL_SERVER_INSTANCE",
    )
    return {
        public.id: builder.package(public, flavors=True),
        cloud.id: builder.package(cloud, flavors=False),
    }


PACKAGES = _build()
PRICES = {price.id: price for package in PACKAGES.values() for price in package.prices}
FLAVORS = {flavor.id: flavor for package in PACKAGES.values() for flavor in package.flavors}
FLAVORS_BY_NAME = {flavor.name: flavor for flavor in FLAVORS.values()}
ITEMS = {item.id: item for package in PACKAGES.values() for item in package.items}
