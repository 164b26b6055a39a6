"""The checked configuration of one stack: its sections, and the values that follow from several of them."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from settings.model.aerospike import Aerospike
from settings.model.cloud import Cloud
from settings.model.consul import Consul
from settings.model.database import Database
from settings.model.etcd import Etcd
from settings.model.host import Host
from settings.model.load_balancer import LoadBalancer
from settings.model.network import Network
from settings.model.section import Section
from settings.model.servers import Server, Servers
from settings.model.swarm import MOST_MANAGERS, Swarm
from settings.model.wordpress import WordPress
from settings.problems import Problem

#: The buffer pool of a member on a server whose memory is not known (an unlisted flavor), in MB.
FALLBACK_BUFFER_POOL_MB = 512

#: The default buffer pool is a multiple of this, the size in which InnoDB grows it, in MB.
BUFFER_POOL_STEP_MB = 128


class StackConfig(Section):
    """The sections of `Pulumi.<stack>.yaml` as written by the user."""

    cloud: Cloud = Cloud()
    """The cloud account."""
    servers: Servers = Servers()
    """The servers."""
    host: Host = Host()
    """How servers are prepared."""
    swarm: Swarm = Swarm()
    """The Docker swarm."""
    network: Network = Network()
    """The overlay network."""
    database: Database = Database()
    """The Galera cluster."""
    etcd: Etcd = Etcd()
    """The etcd cluster."""
    load_balancer: LoadBalancer = LoadBalancer()
    """HAProxy on every server."""
    aerospike: Aerospike = Aerospike()
    """An Aerospike cluster."""
    wordpress: WordPress = WordPress()
    """A WordPress site."""
    consul: Consul = Consul()
    """Consul: service names, their DNS, and a key-value store."""


@dataclass(frozen=True, kw_only=True)
class Member:
    """A member of the Galera cluster and the server that carries it."""

    name: str
    """Name of the member and of its node in Galera, for example `galera-1`."""
    server: Server
    service: str
    """Name of its service in the swarm: the member's own in mode `ordered`."""
    port: int
    """TCP port on which its server answers SQL for it."""


@dataclass(frozen=True, kw_only=True)
class Seat:
    """A server, and how many members of the Galera cluster it carries."""

    server: Server
    members: int


@dataclass(frozen=True, kw_only=True)
class Settings:
    """The checked configuration of one stack."""

    stack: str
    root: Path
    """Directory of the project, to which relative paths refer."""
    config: StackConfig
    warnings: tuple[Problem, ...] = ()
    """What deserves a look but stops nothing."""

    @property
    def cloud(self) -> Cloud:
        """Section `cloud`."""
        return self.config.cloud

    @property
    def host(self) -> Host:
        """Section `host`."""
        return self.config.host

    @property
    def swarm(self) -> Swarm:
        """Section `swarm`."""
        return self.config.swarm

    @property
    def network(self) -> Network:
        """Section `network`."""
        return self.config.network

    @property
    def database(self) -> Database:
        """Section `database`."""
        return self.config.database

    @property
    def etcd(self) -> Etcd:
        """Section `etcd`."""
        return self.config.etcd

    @property
    def etcd_servers(self) -> tuple[Server, ...]:
        """The servers that carry a member of etcd, in order; none while it is off."""
        return self.servers[: self.etcd.members] if self.etcd.enabled else ()

    @property
    def load_balancer(self) -> LoadBalancer:
        """Section `loadBalancer`."""
        return self.config.load_balancer

    @property
    def aerospike(self) -> Aerospike:
        """Section `aerospike`."""
        return self.config.aerospike

    @property
    def wordpress(self) -> WordPress:
        """Section `wordpress`."""
        return self.config.wordpress

    @property
    def consul(self) -> Consul:
        """Section `consul`."""
        return self.config.consul

    @property
    def servers(self) -> tuple[Server, ...]:
        """Each server with its defaults and overrides resolved, in order (`db-1` first)."""
        return self.config.servers.expanded

    @property
    def managers(self) -> tuple[Server, ...]:
        """The servers that are swarm managers: an odd number of them, the first ones."""
        return self.servers[: manager_count(self.config)]

    @property
    def workers(self) -> tuple[Server, ...]:
        """The servers that are swarm workers."""
        return self.servers[manager_count(self.config) :]

    @cached_property
    def members(self) -> tuple[Member, ...]:
        """The members of the database, in order; the first one is where the cluster is born."""
        by_name = {server.name: server for server in self.servers}
        names = iter(member_names(self.config))
        return tuple(
            Member(name=(name := next(names)), server=by_name[server], service=service or name, port=port)
            for service, port, servers in member_services(self.config)
            for server in servers
        )

    @property
    def voters(self) -> dict[str, list[str]]:
        """For each further service with a quorum that is on, the servers that vote in it."""
        found = {
            "etcd": self.etcd_servers,
            "consul": self.servers[: self.consul.servers] if self.consul.enabled else (),
        }
        return {service: [server.name for server in servers] for service, servers in found.items() if servers}

    @property
    def images(self) -> tuple[str, ...]:
        """The image of every service that is on, once each, the database's first."""
        further = [
            (self.etcd.enabled, self.etcd.image),
            (self.load_balancer.enabled, self.load_balancer.image),
            (self.aerospike.enabled, self.aerospike.image),
            (self.aerospike.enabled, self.aerospike.agent_image),
            (self.wordpress.enabled, self.wordpress.image),
            (self.consul.enabled, self.consul.image),
        ]
        return tuple(
            dict.fromkeys([self.database.effective_image, *(image for is_on, image in further if is_on)])
        )

    @property
    def buffer_pool_mb(self) -> int:
        """InnoDB buffer pool of each member in MB, chosen or default."""
        return buffer_pool_mb(self.config)

    @property
    def ssh_key_path(self) -> Path:
        """The private key with which the servers are reached."""
        return self.root / self.cloud.key_file_of(self.stack)

    @property
    def init_scripts(self) -> tuple[Path, ...]:
        """The init scripts in the order in which they run."""
        if self.database.init_scripts is None:
            return ()
        directory = self.root / self.database.init_scripts
        return tuple(sorted(path for path in directory.iterdir() if not path.name.startswith(".")))


def manager_count(config: StackConfig) -> int:
    """Number of swarm managers: as configured, or the largest odd number that the servers allow."""
    most = min(config.servers.count, MOST_MANAGERS)
    return config.swarm.managers or (most if most % 2 else most - 1)


def member_count(config: StackConfig) -> int:
    """Number of database members, without those of groups: as configured, or one on each server."""
    return config.database.members or config.servers.count


def member_services(config: StackConfig) -> list[tuple[str, int, list[str]]]:
    """Service, port and names of the servers of the members; no service where each member has its own."""
    database = config.database
    first = [server.name for server in config.servers.expanded[: member_count(config)]]
    if database.mode == "ordered":
        return [("", database.port, first)]
    groups = [(f"{database.cluster_name}-{one.name}", one.port, [*one.servers]) for one in database.groups]
    return [(database.cluster_name, database.port, first), *groups]


def member_names(config: StackConfig) -> tuple[str, ...]:
    """Names of the members, in order: numbered, or in mode `homogeneous` by their servers."""
    if config.database.mode == "ordered":
        cluster = config.database.cluster_name
        return tuple(f"{cluster}-{number}" for number in range(1, member_count(config) + 1))
    return tuple(
        f"{service}-{server}" for service, _, servers in member_services(config) for server in servers
    )


def seats(config: StackConfig) -> list[Seat]:
    """The servers that carry members of the database, those of groups included, in order."""
    carried = Counter(name for _, _, servers in member_services(config) for name in set(servers))
    return [
        Seat(server=server, members=carried[server.name])
        for server in config.servers.expanded
        if carried[server.name]
    ]


def aerospike_memory_mb(config: StackConfig) -> int | None:
    """Memory of the smallest server that carries an Aerospike node, in MB; None when none is known."""
    return smallest_memory_mb(config.servers.expanded[: config.aerospike.replicas])


def smallest_memory_mb(servers: Iterable[Server]) -> int | None:
    """Memory of the smallest of these servers in MB; None when none is known."""
    known = [server.known_memory_mb for server in servers if server.known_memory_mb is not None]
    return min(known, default=None)


def buffer_pool_mb(config: StackConfig) -> int:
    """InnoDB buffer pool of each member in MB: as configured, or half of what the member may use.

    Members on one server share its memory.
    """
    if config.database.buffer_pool_mb is not None:
        return config.database.buffer_pool_mb
    shares = [
        seat.server.known_memory_mb // seat.members
        for seat in seats(config)
        if seat.server.known_memory_mb is not None
    ]
    available = config.database.memory_mb or min(shares, default=None)
    if available is None:
        return FALLBACK_BUFFER_POOL_MB
    return max(available // 2 // BUFFER_POOL_STEP_MB, 1) * BUFFER_POOL_STEP_MB
