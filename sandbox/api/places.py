"""The cloud's datacenters with their pods, routers, VLANs and subnets.

Names are those that the cloud lists (2025-10-31); every id is invented and follows from the position in the
list. Each datacenter has one pod with one public and one private VLAN. All guests, wherever they were
ordered, live on the same two networks, since they run on one machine.
"""

import ipaddress
from dataclasses import dataclass

PUBLIC_NETWORK = ipaddress.IPv4Network("10.140.0.0/24")
PRIVATE_NETWORK = ipaddress.IPv4Network("10.141.0.0/24")
FIRST_HOST = 10

_CITIES = {
    "ams": "Amsterdam",
    "che": "Chennai",
    "dal": "Dallas",
    "fra": "Frankfurt",
    "lon": "London",
    "mad": "Madrid",
    "mil": "Milan",
    "mon": "Montreal",
    "osa": "Osaka",
    "par": "Paris",
    "sao": "Sao Paulo",
    "sjc": "San Jose",
    "sng": "Singapore",
    "syd": "Sydney",
    "tok": "Tokyo",
    "tor": "Toronto",
    "wdc": "Washington",
}
_NAMES = [
    "ams03",
    "che01",
    "dal09",
    "dal10",
    "dal12",
    "dal13",
    "dal14",
    "fra02",
    "fra04",
    "fra05",
    "lon02",
    "lon04",
    "lon05",
    "lon06",
    "mad02",
    "mad04",
    "mad05",
    "mil01",
    "mon01",
    "osa21",
    "osa22",
    "osa23",
    "par01",
    "sao01",
    "sao04",
    "sao05",
    "sjc03",
    "sjc04",
    "sng01",
    "syd01",
    "syd04",
    "syd05",
    "tok02",
    "tok04",
    "tok05",
    "tor01",
    "tor04",
    "tor05",
    "wdc04",
    "wdc06",
    "wdc07",
]


@dataclass(frozen=True)
class Datacenter:
    """One datacenter and the ids of what it holds."""

    name: str
    index: int

    @property
    def id(self) -> int:
        """The location's id."""
        return 1000001 + self.index

    @property
    def long_name(self) -> str:
        """City and number, as the portal shows it."""
        return f"{_CITIES[self.name[:3]]} {int(self.name[3:])}"

    @property
    def region(self) -> str:
        """The key of the region that orders name, such as TORONTO or DALLAS13."""
        city = _CITIES[self.name[:3]].upper().replace(" ", "")
        number = int(self.name[3:])
        return city if number == 1 else f"{city}{number:02d}"

    @property
    def pod(self) -> str:
        """The name of the only pod."""
        return f"{self.name}.pod01"

    @property
    def public_router(self) -> int:
        """The id of the front-end router."""
        return 1100001 + 2 * self.index

    @property
    def private_router(self) -> int:
        """The id of the back-end router."""
        return 1100002 + 2 * self.index

    @property
    def public_vlan(self) -> int:
        """The id of the public VLAN."""
        return 1200001 + 2 * self.index

    @property
    def private_vlan(self) -> int:
        """The id of the private VLAN."""
        return 1200002 + 2 * self.index


DATACENTERS = tuple(Datacenter(name, index) for index, name in enumerate(_NAMES))
BY_NAME = {place.name: place for place in DATACENTERS}
BY_ID = {place.id: place for place in DATACENTERS}
BY_ROUTER = {router: place for place in DATACENTERS for router in (place.public_router, place.private_router)}


@dataclass(frozen=True)
class Vlan:
    """One VLAN; its only subnet has the id of the VLAN plus a constant."""

    id: int
    place: Datacenter
    public: bool

    @property
    def number(self) -> int:
        """The VLAN tag."""
        return (800 if self.public else 900) + self.place.index

    @property
    def subnet_id(self) -> int:
        """The id of its primary subnet."""
        return self.id + 100000

    @property
    def router_id(self) -> int:
        """The id of the router it is trunked to."""
        return self.place.public_router if self.public else self.place.private_router

    @property
    def network(self) -> ipaddress.IPv4Network:
        """The addresses of its guests."""
        return PUBLIC_NETWORK if self.public else PRIVATE_NETWORK


VLANS = {
    vlan.id: vlan
    for place in DATACENTERS
    for vlan in (Vlan(place.public_vlan, place, public=True), Vlan(place.private_vlan, place, public=False))
}
