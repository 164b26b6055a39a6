"""The way of the data in one place: settings → servers → swarm → network → members seen Synced → outputs."""

import functools
from collections.abc import Callable

import pulumi
import pulumi_docker as docker

from components.aerospike import declare_aerospike, kept_copies
from components.consul import declare_consul, named_in_certificates
from components.database import Cluster, declare_database
from components.etcd import declare_etcd
from components.ground import Ground
from components.host import EngineSettings, Neighbours, NeighboursArgs
from components.load_balancer import declare_load_balancer
from components.outputs import export, export_consul, export_etcd
from components.overlay_network import OverlayNetwork, OverlayNetworkArgs
from components.server import Server, ServerArgs, ssh_options
from components.server_plan import (
    guest_args,
    host_plan,
    instance_type,
    is_unjudged,
    keyless_order,
    server_identity,
)
from components.sql_objects import SqlObjects, SqlObjectsArgs
from components.ssh_key import SshKeyPair, key_pair
from components.swarm import Swarm, SwarmArgs
from components.wordpress import declare_wordpress, kept_uploads, site_plan
from providers.softlayer import SshKey, SshKeyArgs
from providers.topology import (
    TopologyArgs,
    TopologyGuard,
    TopologyGuardArgs,
    TopologySettled,
    TopologySettledArgs,
)
from settings import Settings

#: Told the settings, the topology they ask for, and the stack as it was last deployed.
Onlooker = Callable[[Settings, TopologyArgs, pulumi.StackReference], object]


def deploy(settings: Settings, onlooker: Onlooker = lambda *_: None) -> Ground:
    """Declare every resource of the stack and export its outputs. What it stands on is there for more."""
    pair = key_pair(settings.ssh_key_path, f"galera-swarm-{settings.stack}")
    topology = _topology(settings)
    # The stack's own outputs tell what the last deployment reached.
    here = f"{pulumi.get_organization()}/{pulumi.get_project()}/{settings.stack}"
    deployed = pulumi.StackReference("deployed", here)
    onlooker(settings, topology, deployed)
    guard = _guard(settings, topology, deployed)
    servers = _servers(settings, pair, guard, deployed)
    _introduce(servers, settings)
    swarm = Swarm(
        "swarm",
        SwarmArgs(
            servers=servers,
            managers=len(settings.managers),
            data_path_port=settings.swarm.data_path_port,
            address_pool=settings.swarm.address_pool,
            address_pool_mask=settings.swarm.address_pool_mask,
        ),
    )
    on_swarm = pulumi.ResourceOptions(provider=_docker(servers[0], pair, swarm))
    ground = Ground(
        settings=settings,
        servers=servers,
        swarm=swarm,
        network=_network(settings, on_swarm),
        on_swarm=on_swarm,
    )
    etcd = declare_etcd(ground) if settings.etcd.enabled else None
    galera = declare_database(ground, etcd)
    sql = _sql_objects(settings, servers, galera)
    carrying = {member.server.name for member in settings.members}
    rest = _settings_of_the_rest([one for one in servers if one.hostname not in carrying], galera)
    consul = declare_consul(ground, galera) if settings.consul.enabled else None
    if settings.load_balancer.enabled:
        balancer = declare_load_balancer(ground, galera, site_plan(settings))
        if settings.wordpress.enabled:
            declare_wordpress(ground, galera, balancer)
    aerospike = declare_aerospike(ground) if settings.aerospike.enabled else None
    further = [service for service in (etcd, aerospike, consul) if service]
    settled = TopologySettled(
        "topology-settled",
        TopologySettledArgs(topology=topology, attempt=guard.attempt),
        pulumi.ResourceOptions(depends_on=[galera, sql, *swarm.nodes, *rest, *further]),
    )
    pulumi.export("topology", settled.record)
    export(settings, servers, swarm, galera, sql)
    if etcd:
        export_etcd(ground, etcd)
    if consul:
        export_consul(consul)
    return ground


def _topology(settings: Settings) -> TopologyArgs:
    return TopologyArgs(
        servers=[server_identity(server) for server in settings.servers],
        managers=len(settings.managers),
        members=[member.server.name for member in settings.members],
        cluster=settings.database.cluster_name,
        network={
            "name": settings.network.name,
            "subnet": settings.network.subnet,
            "gateway": settings.network.gateway_address,
            "attachable": settings.network.attachable,
            "encrypted": settings.network.encrypted,
            "mtu": str(settings.network.mtu or "by default"),
        },
        voters=settings.voters,
        copies=kept_copies(settings),
        stepwise=settings.database.mode == "homogeneous",
        protected=[server.name for server in settings.servers if server.protect],
        consul=named_in_certificates(settings),
        uploads=kept_uploads(settings),
    )


def _guard(settings: Settings, topology: TopologyArgs, deployed: pulumi.StackReference) -> TopologyGuard:
    """What a change may take away is judged before anything is touched (design section 7)."""
    settled, start_empty = deployed.get_output("topology"), settings.wordpress.uploads.start_empty
    orders = [keyless_order(settings, server).to_props() for server in settings.servers]
    args = TopologyGuardArgs(**vars(topology), settled=settled, start_empty=start_empty, orders=orders)
    return TopologyGuard("topology", args)


def _servers(
    settings: Settings, pair: SshKeyPair, guard: TopologyGuard, deployed: pulumi.StackReference
) -> list[Server]:
    key = SshKey(
        "ssh-key",
        SshKeyArgs(
            endpoint=settings.cloud.endpoint,
            label=f"galera-swarm-{settings.stack}-{settings.servers[0].fqdn}",
            public_key=pair.public,
            notes=f"galera-swarm, stack {settings.stack}",
        ),
        pulumi.ResourceOptions(depends_on=[guard]),
    )
    plan = host_plan(settings)
    return [
        Server(
            server.name,
            ServerArgs(
                guest=guest_args(settings, server, key.key_id),
                private_key=pair.private,
                plan=plan,
                ssh_over=settings.cloud.ssh_over,
                instance_type=instance_type(server),
                images=settings.images,
                recorded=deployed.get_output("servers"),
                unjudged=guard.servers.apply(functools.partial(is_unjudged, server)),
            ),
            pulumi.ResourceOptions(depends_on=[guard], protect=server.protect or None),
        )
        for server in settings.servers
    ]


def _introduce(servers: list[Server], settings: Settings) -> None:
    """Each server learns the private addresses of all; nothing waits for it."""
    addresses = pulumi.Output.all(*[server.private_ip for server in servers])
    entries = addresses.apply(
        lambda known: [
            {"address": address, "hostname": server.name, "domain": server.domain}
            for address, server in zip(known, settings.servers, strict=True)
        ]
    )
    for server in servers:
        Neighbours(
            server.hostname,
            NeighboursArgs(
                connection=server.engine.connection,
                server_id=server.server_id,
                hostname=server.hostname,
                servers=entries,
            ),
            pulumi.ResourceOptions(parent=server, depends_on=[server.host]),
        )


def _sql_objects(settings: Settings, servers: list[Server], galera: Cluster) -> SqlObjects:
    # Members of one port, since these objects know one.
    carrying = {one.server.name for one in settings.members if one.port == settings.database.port}
    return SqlObjects(
        "sql",
        SqlObjectsArgs(
            cluster=galera,
            databases=settings.database.databases,
            users=settings.database.users,
            servers=[server.ssh for server in servers if server.hostname in carrying],
            port=settings.database.port,
            root_password=galera.root_password,
            flavor=settings.database.flavor,
        ),
        pulumi.ResourceOptions(depends_on=[galera]),
    )


def _settings_of_the_rest(servers: list[Server], galera: Cluster) -> list[pulumi.Resource]:
    """Engine settings of the servers without a member: after all members, and one server after another."""
    before: list[pulumi.Resource] = [galera]
    for server in servers:
        before = [
            EngineSettings(
                server.hostname, server.engine, pulumi.ResourceOptions(parent=server, depends_on=before)
            )
        ]
    return before


def _docker(first: Server, pair: SshKeyPair, swarm: Swarm) -> docker.Provider:
    """The swarm's API, reached over SSH at the first manager; never on TCP."""
    address = pulumi.Output.from_input(first.ssh["host"])
    return docker.Provider(
        "docker",
        host=address.apply(lambda host: f"ssh://root@{host}"),
        ssh_opts=ssh_options(first, str(pair.path)),
        opts=pulumi.ResourceOptions(depends_on=[swarm.nodes[0]]),
    )


def _network(settings: Settings, on_swarm: pulumi.ResourceOptions) -> OverlayNetwork:
    return OverlayNetwork(
        "network",
        OverlayNetworkArgs(
            network_name=settings.network.name,
            subnet=settings.network.subnet,
            gateway=settings.network.gateway_address,
            attachable=settings.network.attachable,
            encrypted=settings.network.encrypted,
            mtu=settings.network.mtu,
        ),
        on_swarm,
    )
