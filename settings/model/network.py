"""Section `network`: the overlay network that the members of the database share."""

from ipaddress import IPv4Network
from typing import Annotated

from pydantic import Field

from settings.model.section import Section


class Network(Section):
    """The overlay network."""

    name: str = "galera"
    """Name of the network in Docker."""

    subnet: str = "172.16.100.0/24"
    """Addresses of the network (CIDR), apart from every network of the servers."""

    gateway: str | None = None
    """Gateway address within the subnet; the default is its first address."""

    attachable: bool = True
    """Let plain containers (`docker run`) join the network."""

    encrypted: bool = False
    """Encrypt the traffic between servers (IPsec); needs the kernel's ESP support."""

    mtu: Annotated[int, Field(ge=576, le=9000)] | None = None
    """Largest packet on the network in bytes. Without it, Docker's default (1450)."""

    @property
    def gateway_address(self) -> str:
        """The gateway, chosen or default."""
        return self.gateway or str(IPv4Network(self.subnet).network_address + 1)
