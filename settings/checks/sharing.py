"""What the systems of a stack share on its servers: each port and each name in the swarm has one owner."""

from collections.abc import Iterator

from settings.checks.check import Check, Context
from settings.model import StackConfig, member_services
from settings.problems import Problem, show

#: Ports of what is always there, whatever the configuration says.
TAKEN_PORTS = {
    22: "SSH",
    2377: "the swarm's managers",
    4444: "Galera's state transfer (SST)",
    4567: "Galera's group communication",
    4568: "Galera's incremental state transfer (IST)",
    4569: "the exchange of the members",
    7946: "the swarm's gossip",
    9200: "the members' health answer",
}
#: What the services and volumes of a system are called by, where that is not the user's to choose.
NAMES = {"etcd": "etcd", "consul": "consul", "loadBalancer": "load-balancer", "wordpress": "wordpress"}


def _ports(config: StackConfig) -> dict[str, dict[str, int]]:
    """For each section the ports that it opens on servers, by their keys. Who comes first keeps a port."""
    database, etcd, consul = config.database, config.etcd, config.consul
    balancer, site, aerospike = config.load_balancer, config.wordpress, config.aerospike
    groups = {f"database.groups[{at}].port": group.port for at, group in enumerate(database.groups)}
    of_consul = ((f"consul.ports.{name}", getattr(consul.ports, name)) for name in _CONSUL)
    of_balancer = ((f"loadBalancer.{door}Port", port) for door, port in balancer.ports.items())
    found = {
        "database": {"database.port": database.port, **groups},
        "loadBalancer": dict(of_balancer),
        "etcd": {"etcd.clientPort": etcd.client_port, "etcd.peerPort": etcd.peer_port},
        "consul": dict(of_consul),
        "wordpress": {"wordpress.port": site.port},
        "aerospike": {"aerospike.port": aerospike.port},
    }
    return {section: ports if _is_on(config, section) else {} for section, ports in found.items()}


def _is_on(config: StackConfig, section: str) -> bool:
    return section == "database" or getattr(config, _FIELDS.get(section, section)).enabled is True


_FIELDS = {"loadBalancer": "load_balancer"}
_CONSUL = ("dns", "http", "https", "rpc", "gossip")
_READ = {
    "database": ("database.port", "database.groups"),
    "loadBalancer": (
        "loadBalancer.enabled",
        "loadBalancer.writerPort",
        "loadBalancer.readerPort",
        "loadBalancer.statsPort",
    ),
    "etcd": ("etcd.enabled", "etcd.clientPort", "etcd.peerPort"),
    "consul": ("consul.enabled", *(f"consul.ports.{name}" for name in _CONSUL)),
    "wordpress": ("wordpress.enabled", "wordpress.port"),
    "aerospike": ("aerospike.enabled", "aerospike.port"),
}


def _ports_of(section: str) -> Check:
    """The rule for the ports of one section, which are held against those of the sections before it."""

    def find(context: Context) -> Iterator[Problem]:
        taken = {
            **TAKEN_PORTS,
            context.config.swarm.data_path_port: "the overlay networks (swarm.dataPathPort)",
        }
        for owner, ports in _ports(context.config).items():
            for key, port in ports.items():
                if owner == section and port in taken:
                    text = f"is the port of {taken[port]}; choose another one"
                    yield Problem(key=key, value=show(port), text=text)
                taken.setdefault(port, key)
            if owner == section:
                return

    before = list(_READ)[: list(_READ).index(section) + 1]
    return Check(reads=("swarm.dataPathPort", *(key for one in before for key in _READ[one])), find=find)


def names(context: Context) -> Iterator[Problem]:
    """No two systems call their services and volumes the same: one would take the other's for its own."""
    config = context.config
    taken = {name: f"{section}.enabled" for section, name in NAMES.items() if _is_on(config, section)}
    own = _database_names(config)
    for key, name in own.items():
        if name in taken:
            text = f"makes services and volumes called like those of {taken[name]}; choose another name"
            yield Problem(key=key, value=show(name), text=text)
    taken |= {name: key for key, name in own.items()}
    section = config.aerospike
    if section.enabled and section.cluster_name in taken:
        text = f"is what the services of {taken[section.cluster_name]} are called by; choose another name"
        yield Problem(key="aerospike.clusterName", value=show(section.cluster_name), text=text)


def _database_names(config: StackConfig) -> dict[str, str]:
    services = [service or config.database.cluster_name for service, _, _ in member_services(config)]
    keys = ["database.clusterName", *(f"database.groups[{at}].name" for at in range(len(services) - 1))]
    return dict(zip(keys, services, strict=True))


def health_answers(context: Context) -> Iterator[Problem]:
    """Consul's agent asks one port of its server how the member there is: that is one member for each."""
    config = context.config
    if not config.consul.enabled:
        return
    (_, _, first), *groups = member_services(config)
    carrying = set(first)
    for at, (_, _, servers) in enumerate(groups):
        for place, server in enumerate(servers):
            if server in carrying:
                text = (
                    "carries a member already, and Consul's agent there (consul.enabled) announces one: give"
                    " the group servers without a member (see database.members)"
                )
                yield Problem(key=f"database.groups[{at}].servers[{place}]", value=show(server), text=text)
        carrying |= set(servers)


_ON = tuple(f"{section}.enabled" for section in (*NAMES, "aerospike"))
_MEMBERS = ("database.mode", "database.groups", "database.members", "servers")

CHECKS: tuple[Check, ...] = (
    *map(_ports_of, _READ),
    Check(reads=(*_ON, "database.clusterName", "aerospike.clusterName", *_MEMBERS), find=names),
    Check(reads=("consul.enabled", *_MEMBERS), find=health_answers),
)
