"""Rules of section `swarm`."""

from collections.abc import Iterator

from settings.checks import names
from settings.checks.check import Check, Context
from settings.problems import Problem, show

#: UDP port of the swarm's gossip, which the data path must leave alone.
GOSSIP_PORT = 7946


def odd_managers(context: Context) -> Iterator[Problem]:
    """An odd number of managers."""
    chosen = context.config.swarm.managers
    if chosen is not None and chosen % 2 == 0:
        text = "must be odd: an even number of managers survives no more losses than one fewer"
        yield Problem(key="swarm.managers", value=show(chosen), text=text)


def managers_on_servers(context: Context) -> Iterator[Problem]:
    """Managers on servers that there are."""
    chosen = context.config.swarm.managers
    count = context.config.servers.count
    if chosen is not None and chosen > count:
        text = f"must be {count} or less, the number of servers (servers.count)"
        yield Problem(key="swarm.managers", value=show(chosen), text=text)


def address_pool(context: Context) -> Iterator[Problem]:
    """A range and how it is cut."""
    swarm = context.config.swarm
    pool = names.ipv4_network(swarm.address_pool)
    if pool is None:
        text = "must be an IPv4 network in CIDR form, such as 172.16.128.0/17"
        yield Problem(key="swarm.addressPool", value=show(swarm.address_pool), text=text)
    elif swarm.address_pool_mask < pool.prefixlen:
        text = f"must be {pool.prefixlen} or more: a network cannot be larger than swarm.addressPool"
        yield Problem(key="swarm.addressPoolMask", value=show(swarm.address_pool_mask), text=text)


def data_path_port(context: Context) -> Iterator[Problem]:
    """A port of its own for the overlay traffic."""
    if context.config.swarm.data_path_port == GOSSIP_PORT:
        text = "is the port of the swarm's gossip; choose another one"
        yield Problem(key="swarm.dataPathPort", value=show(GOSSIP_PORT), text=text)


CHECKS = (
    Check(reads=("swarm.managers",), find=odd_managers),
    Check(reads=("swarm.managers", "servers.count"), find=managers_on_servers),
    Check(reads=("swarm.addressPool", "swarm.addressPoolMask"), find=address_pool),
    Check(reads=("swarm.dataPathPort",), find=data_path_port),
)
