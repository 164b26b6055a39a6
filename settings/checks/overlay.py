"""Room on the overlay network: what each system puts there, and whether the subnet holds all of it."""

from collections.abc import Iterator

from settings.checks import names
from settings.checks.check import Check, Context
from settings.model import StackConfig, member_services
from settings.problems import Problem, show

#: Addresses of a subnet that nobody gets: network, gateway, broadcast.
RESERVED = 3


def tenants(config: StackConfig) -> dict[str, int]:
    """How many containers each system has on the overlay network while nothing changes.

    Consul's agents are on the servers' own network.
    """
    count, aerospike = config.servers.count, config.aerospike
    found = {
        "database": sum(len(servers) for _, _, servers in member_services(config)),
        "etcd": config.etcd.members if config.etcd.enabled else 0,
        "loadBalancer": count if config.load_balancer.enabled else 0,
        # The one that keeps the uploaded files is one of the replicas.
        "wordpress": config.wordpress.replicas if config.wordpress.enabled else 0,
        # The nodes and the agent that tells them of each other.
        "aerospike": aerospike.replicas + 1 if aerospike.enabled else 0,
    }
    return {system: containers for system, containers in found.items() if containers}


def room(context: Context) -> Iterator[Problem]:
    """An address for every container, for each that is about to take another's place, and for each server."""
    config = context.config
    subnet = names.ipv4_network(config.network.subnet)
    if subnet is None or not 8 <= subnet.prefixlen <= 29:
        return
    containers = tenants(config)
    whose = {
        **containers,
        "a replacement in each": len(containers),
        "servers": config.servers.count,
        "network, gateway and broadcast": RESERVED,
    }
    need = sum(whose.values())
    if subnet.num_addresses >= need:
        return
    listed = ", ".join(f"{count} for {each}" for each, count in whose.items())
    size = f"/{32 - (need - 1).bit_length()}"
    # Without room for a replacement it starts; a change may have to wait for the address of what it replaces.
    fits = subnet.num_addresses >= need - len(containers)
    yield Problem(
        key="network.subnet",
        value=show(config.network.subnet),
        text=f"holds {subnet.num_addresses} addresses of the {need} that are needed: {listed}; it"
        f" {'should' if fits else 'must'} be a {size} or larger",
        severity="warning" if fits else "error",
    )


_READS = (
    *("network.subnet", "servers.count", "database.mode", "database.members", "database.groups"),
    *("etcd.enabled", "etcd.members", "loadBalancer.enabled", "wordpress.enabled", "wordpress.replicas"),
    *("aerospike.enabled", "aerospike.replicas"),
)

CHECKS = (Check(reads=_READS, find=room),)
