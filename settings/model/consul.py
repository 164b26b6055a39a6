"""Section `consul`: service names, their DNS and a key-value store, on the servers themselves."""

from typing import Annotated, Literal

from pydantic import Field

from settings.model.section import Section

#: The port at which every resolver asks; no other one can stand in a server's resolv.conf.
DNS_PORT = 53


class ConsulPorts(Section):
    """The ports on each server's private address; `http` is on its loopback address only."""

    dns: Annotated[int, Field(ge=1, le=65535)] = DNS_PORT
    """DNS, over UDP and TCP."""

    http: Annotated[int, Field(ge=1024, le=65535)] = 8500
    """The API without TLS, on 127.0.0.1."""

    https: Annotated[int, Field(ge=1024, le=65535)] = 8501
    """The API with TLS."""

    rpc: Annotated[int, Field(ge=1024, le=65535)] = 8300
    """Consul's servers among themselves, with TLS."""

    gossip: Annotated[int, Field(ge=1024, le=65535)] = 8301
    """The agents' gossip, encrypted, over UDP and TCP."""


class Consul(Section):
    """Consul: which members of the database answer, by DNS on every server, and a key-value store."""

    enabled: bool = False
    """Run Consul: an agent on every server."""

    servers: Literal[3, 5] = 3
    """How many of the agents are Consul servers and vote, on the first servers; the others are clients."""

    image: str = "hashicorp/consul:1.19.2"
    """Container image of the agents."""

    datacenter: str = "dc1"
    """Consul's name for its datacenter."""

    domain: str = "consul"
    """Domain of Consul's names: `db.service.consul`."""

    recursors: tuple[str, ...] = ()
    """IP addresses of DNS servers that Consul asks for all other names. Without any, those of the server."""

    resolver: bool = True
    """Let each server resolve Consul's names, through the agent on it."""

    ports: ConsulPorts = ConsulPorts()
    """Ports of the agents."""
