"""Rules of section `network`, and that no network of the stack covers another."""

import re
from collections.abc import Iterator
from functools import partial
from ipaddress import IPv4Address, IPv4Network, ip_address
from urllib.parse import urlsplit

from settings.checks import names
from settings.checks.check import Check, Context
from settings.model import StackConfig
from settings.problems import Problem, show

#: Networks that are there on every server before the stack comes.
TAKEN = (
    (
        IPv4Network("10.0.0.0/8"),
        "the private network of SoftLayer, in which the servers have their addresses",
    ),
    (IPv4Network("172.17.0.0/16"), "Docker's own bridge (docker0)"),
    (IPv4Network("172.18.0.0/16"), "Docker's own bridge (docker_gwbridge)"),
    (IPv4Network("127.0.0.0/8"), "loopback"),
    (IPv4Network("169.254.0.0/16"), "link-local addresses"),
    (IPv4Network("224.0.0.0/3"), "multicast and reserved addresses"),
    (IPv4Network("0.0.0.0/8"), "reserved addresses"),
)
#: Ranges in which no host on the internet has its address, the servers' public interfaces included.
NOT_PUBLIC = tuple(
    map(
        IPv4Network,
        (
            *("172.16.0.0/12", "192.168.0.0/16"),
            *("192.0.2.0/24", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24"),
        ),
    )
)
#: Not on the internet either, but carriers, tunnels and clouds number hosts of their own from it.
SHARED = IPv4Network("100.64.0.0/10")
#: Names that Docker gives to networks of its own.
OWN_NETWORKS = frozenset({"bridge", "host", "none", "ingress", "docker_gwbridge", "default"})

SUBNET = "network.subnet"
POOL = "swarm.addressPool"
FREE_RANGES = "choose one within 172.16.0.0/16, 172.19.0.0 to 172.31.255.255, or 192.168.0.0/16"

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,62}")


def name(context: Context) -> Iterator[Problem]:
    """A name that Docker takes and does not use itself."""
    given = context.config.network.name
    if given in OWN_NETWORKS:
        yield Problem(key="network.name", value=show(given), text="is the name of a network of Docker's own")
    elif not _NAME.fullmatch(given):
        text = "must begin with a letter or digit and hold letters, digits, _ . - (63 at most)"
        yield Problem(key="network.name", value=show(given), text=text)


def subnet(context: Context) -> Iterator[Problem]:
    """A subnet in Docker's form, and a gateway in it."""
    network = context.config.network
    parsed = names.ipv4_network(network.subnet)
    if parsed is None:
        text = "must be an IPv4 network in CIDR form without host bits, such as 172.16.100.0/24"
        yield Problem(key="network.subnet", value=show(network.subnet), text=text)
        return
    if not 8 <= parsed.prefixlen <= 29:
        text = "must have a prefix length from 8 to 29"
        yield Problem(key="network.subnet", value=show(network.subnet), text=text)
        return
    if network.gateway is not None and not _is_host_of(network.gateway, parsed):
        text = f"must be a host address within network.subnet ({network.subnet})"
        yield Problem(key="network.gateway", value=show(network.gateway), text=text)


def _is_host_of(address: str, network: IPv4Network) -> bool:
    try:
        parsed = IPv4Address(address)
    except ValueError:
        return False
    return parsed in network and parsed not in (network.network_address, network.broadcast_address)


def overlaps(key: str, context: Context) -> Iterator[Problem]:
    """No overlay network covers an address that the servers need."""
    config = context.config
    cidr = {SUBNET: config.network.subnet, POOL: config.swarm.address_pool}[key]
    network = names.ipv4_network(cidr)
    if network is None:
        return
    reason = _overlap(network, config)
    if reason is not None:
        text = f"overlaps {reason}; {FREE_RANGES}"
        yield Problem(key=key, value=show(cidr), text=text)
        return
    for where, trusted in _trusted(config):
        if trusted.overlaps(network):
            text = (
                f"lies in {trusted} ({where}): clients with such addresses get no answer from the containers"
            )
            yield Problem(key=key, value=show(cidr), text=text, severity="warning")
    if network.subnet_of(SHARED):
        text = (
            f"lies in {SHARED}, from which carriers and tunnels number hosts: the containers cannot reach"
            " those"
        )
        yield Problem(key=key, value=show(cidr), text=text, severity="warning")


def _overlap(network: IPv4Network, config: StackConfig) -> str | None:
    for taken, whose in TAKEN:
        if network.overlaps(taken):
            return f"{taken}, {whose}"
    if not any(network.subnet_of(free) for free in (*NOT_PUBLIC, SHARED)):
        return "public addresses, which the servers or those they talk to may have"
    for key, address in _addresses(config):
        if address in network:
            return f"{address}, which the servers need to reach ({key})"
    for key, trusted in _trusted(config):
        if trusted.subnet_of(network):
            return f"{trusted}, whose clients the containers could not answer ({key})"
    return None


def _trusted(config: StackConfig) -> Iterator[tuple[str, IPv4Network]]:
    """Networks from which clients come."""
    for index, given in enumerate(config.host.trusted_subnets):
        network = names.ipv4_network(given)
        if network is not None:
            yield f"host.trustedSubnets[{index}]", network


def _addresses(config: StackConfig) -> Iterator[tuple[str, IPv4Address]]:
    """Addresses outside the stack that its servers talk to."""
    given = [(f"host.dns[{index}]", host) for index, host in enumerate(config.host.dns)]
    given += [(f"host.ntpServers[{index}]", host) for index, host in enumerate(config.host.ntp_servers)]
    for index, mirror in enumerate(config.host.registry_mirrors):
        given.append((f"host.registryMirrors[{index}]", _host(mirror)))
    for key, host in given:
        if names.is_address(host):
            address = ip_address(host)
            if isinstance(address, IPv4Address):
                yield key, address


def _host(url: str) -> str:
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""


def pool_apart(context: Context) -> Iterator[Problem]:
    """The swarm does not hand out addresses of the database's network a second time."""
    own = names.ipv4_network(context.config.network.subnet)
    pool = names.ipv4_network(context.config.swarm.address_pool)
    if own is not None and pool is not None and own.overlaps(pool):
        text = f"overlaps swarm.addressPool ({pool}); move one of the two"
        yield Problem(key="network.subnet", value=show(context.config.network.subnet), text=text)


CHECKS = (
    Check(reads=("network.name",), find=name),
    Check(reads=("network.subnet",), find=subnet),
    Check(reads=(SUBNET,), find=partial(overlaps, SUBNET)),
    Check(reads=(POOL,), find=partial(overlaps, POOL)),
    Check(reads=("network.subnet", "swarm.addressPool"), find=pool_apart),
)
