"""An ordered Galera cluster: one pinned service for each server, made one after another.

The chain is the same for a first start, a rolling change and a scale-up (design section 6): a service,
then the
proof over SQL that its member is Synced in the cluster born with this stack, then the next wave of services.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import pulumi

from components.host import EngineSettings, EngineSettingsArgs
from components.member_files import PROGRAM, container_user, member_files
from components.swarm_service import NO_HEALTH_CHECK, Port, SwarmService, SwarmServiceArgs, Volume
from providers.galera import (
    AbsentMembers,
    AbsentMembersArgs,
    ClusterBirth,
    ClusterBirthArgs,
    MemberVolume,
    RootAccount,
    RootAccountArgs,
    SyncedMember,
    SyncedMemberArgs,
)
from providers.ssh import SshInputs
from settings.flavors import Name

#: Where a member tells whether clients may be sent to it (services/galera/lb-health).
HEALTH_PORT = 9200


@dataclass(frozen=True, kw_only=True)
class MemberHost:
    """The server that carries one member.

    hostname: the server's, and the one the member is pinned to.
    ssh: how to reach it, in the form of `providers.ssh`.
    engine: the settings of its Docker engine. A change of them can restart the engine and with it the
        member, so it walks the same chain as every other change.
    node_id: id of its swarm node; a new one means that the member starts on a new server.
    shape: the server's; another one means a reboot.
    private_ip: where clients reach the member.
    ready: resources that must be there before the member's service is made.
    """

    hostname: str
    ssh: SshInputs
    engine: EngineSettingsArgs
    node_id: pulumi.Input[str]
    shape: str
    private_ip: pulumi.Input[str]
    ready: Sequence[pulumi.Resource] = ()


@dataclass(frozen=True, kw_only=True)
class GaleraArgs:
    """What the cluster is and where it runs.

    image: the flavor's stock image, such as MariaDB 10.6 or newer.
    hosts: one for each member, the first member first.
    managers: SSH to the swarm's managers, asked in this order.
    my_cnf: the user's own settings, checked against what the product owns.
    init_scripts: file name to base64 text of the scripts run once, at birth.
    absent: members whose servers are gone for good, named by the operator and by nobody else.
    publish_health: open the members' health answer on their servers, for whoever asks from outside the
        overlay network.
    """

    cluster_name: str
    image: pulumi.Input[str]
    hosts: Sequence[MemberHost]
    managers: Sequence[SshInputs]
    network_id: pulumi.Input[str]
    port: int = 3306
    my_cnf: str = ""
    memory_mb: int | None = None
    buffer_pool_mb: int = 128
    max_connections: int = 151
    gcache_mb: int | None = None
    init_scripts: Mapping[str, str] = field(default_factory=dict)
    absent: Sequence[str] = ()
    publish_health: bool = False
    root_password: pulumi.Input[str] | None = None
    flavor: Name = "mariadb"
    start_timeout_seconds: int = 900


class Galera(pulumi.ComponentResource):
    """The members, each seen Synced."""

    cluster_uuid: pulumi.Output[str]
    """History UUID given to the cluster at its birth."""
    root_password: pulumi.Output[str]
    """Password of root, a secret."""
    size: pulumi.Output[int]
    state: pulumi.Output[str]
    version: pulumi.Output[str]
    endpoints: pulumi.Output[list[dict[str, object]]]
    """One of `{member, host, port}` for each member, on the private network."""
    synced: list[SyncedMember]
    """The proofs, in the order of the members."""

    def __init__(self, name: str, args: GaleraArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("galera-swarm:galera:Cluster", name, None, opts)
        self._name, self._args = name, args
        files = member_files(
            name, parent=self, my_cnf=args.my_cnf, root_password=args.root_password, flavor=args.flavor
        )
        self.root_password, self._files = files.root_password, files.files
        self.synced = []
        absent = AbsentMembers(
            f"{name}-absent",
            AbsentMembersArgs(members=self._volumes(), absent=args.absent),
            pulumi.ResourceOptions(parent=self),
        )
        root = RootAccount(
            f"{name}-root-account",
            RootAccountArgs(
                members=[host.ssh for host in args.hosts], port=args.port, root_password=self.root_password
            ),
            pulumi.ResourceOptions(parent=self),
        )
        birth: ClusterBirth | None = None
        for wave in waves(len(args.hosts)):
            before = list(self.synced)
            engines = [self._engine(index, [root, *before]) for index in wave]
            services: list[SwarmService] = []
            for index, engine in zip(wave, engines, strict=True):
                # One does not wait for the next to be Synced, but they leave one after another, from the top.
                services.append(self._service(index, [*before, *services, engine]))
            if birth is None:
                birth = self._birth(services[0])
                self.cluster_uuid = birth.cluster_uuid
            for index, engine, service in zip(wave, engines, services, strict=True):
                self.synced.append(self._proof(index, engine, service, birth, [absent, *before]))
        last = self.synced[-1]
        self.size, self.state, self.version = cluster_size(self.synced), last.state, last.version
        self.endpoints = pulumi.Output.all(*[host.private_ip for host in args.hosts]).apply(
            lambda addresses: [
                {"member": self._member(index), "host": address, "port": args.port}
                for index, address in enumerate(addresses)
            ]
        )
        self.register_outputs({"cluster_uuid": self.cluster_uuid, "size": self.size})

    def _member(self, index: int) -> str:
        return member_name(self._args.cluster_name, index)

    def _engine(self, index: int, before: Sequence[pulumi.Resource]) -> EngineSettings:
        host = self._args.hosts[index]
        return EngineSettings(
            host.hostname, host.engine, pulumi.ResourceOptions(parent=self, depends_on=[*host.ready, *before])
        )

    def _service(self, index: int, before: Sequence[pulumi.Resource]) -> SwarmService:
        args, host, member = self._args, self._args.hosts[index], self._member(index)
        return SwarmService(
            member,
            SwarmServiceArgs(
                service_name=member,
                image=args.image,
                command=[PROGRAM],
                user=container_user(args.flavor),
                env={
                    "GALERA_CLUSTER_NAME": args.cluster_name,
                    "GALERA_MEMBER": member,
                    "GALERA_PEERS": f"{args.cluster_name}-members",
                    "GALERA_BUFFER_POOL_MB": str(args.buffer_pool_mb),
                    "GALERA_MAX_CONNECTIONS": str(args.max_connections),
                    **({"GALERA_GCACHE_MB": str(args.gcache_mb)} if args.gcache_mb else {}),
                },
                server=host.hostname,
                network_id=args.network_id,
                aliases=[f"{args.cluster_name}-members"],
                files=self._files,
                ports=member_ports(args.port, publish_health=args.publish_health),
                volumes=[Volume(name=volume_name(args.cluster_name), target="/var/lib/mysql")],
                labels={"galera-swarm.cluster": args.cluster_name, "galera-swarm.member": member},
                health=NO_HEALTH_CHECK,
                memory_mb=args.memory_mb,
            ),
            pulumi.ResourceOptions(parent=self, depends_on=[*host.ready, *before]),
        )

    def _volumes(self) -> list[MemberVolume]:
        return [
            {
                "member": self._member(index),
                "ssh": host.ssh,
                "volume": volume_name(self._args.cluster_name),
            }
            for index, host in enumerate(self._args.hosts)
        ]

    def _birth(self, first: SwarmService) -> ClusterBirth:
        args = self._args
        return ClusterBirth(
            f"{self._name}-birth",
            ClusterBirthArgs(
                ssh_of_members=self._volumes(),
                first=self._member(0),
                cluster_name=args.cluster_name,
                init_scripts=dict(args.init_scripts),
                timeout_seconds=args.start_timeout_seconds,
            ),
            # It looks into every server, and they may become ready minutes apart.
            pulumi.ResourceOptions(
                parent=self, depends_on=[first, *(one for host in args.hosts for one in host.ready)]
            ),
        )

    def _proof(
        self,
        index: int,
        engine: EngineSettings,
        service: SwarmService,
        birth: ClusterBirth,
        before: Sequence[pulumi.Resource],
    ) -> SyncedMember:
        args, host, member = self._args, self._args.hosts[index], self._member(index)
        return SyncedMember(
            f"{member}-synced",
            SyncedMemberArgs(
                ssh=host.ssh,
                manager_ssh=args.managers,
                member=member,
                service=member,
                port=args.port,
                cluster_name=args.cluster_name,
                cluster_uuid=birth.cluster_uuid,
                password=self.root_password,
                triggers=[
                    *(service.service_id, service.spec_digest),
                    *(host.node_id, host.shape, engine.restart_key),
                ],
                absent=args.absent,
                timeout_seconds=args.start_timeout_seconds,
            ),
            pulumi.ResourceOptions(parent=self, depends_on=[service, *before]),
        )


def waves(members: int) -> list[range]:
    """Indices of the members that may start, or be changed, at the same time: 1, 1, 2, 4, …

    Each Synced member can be a donor, so waves double; never more at once than the quorum can lose, because a
    rolling change walks the same waves (design section 6).
    """
    tolerance = max(1, (members - 1) // 2)
    made: list[range] = []
    start = 0
    while start < members:
        width = min(max(1, start), tolerance, members - start)
        made.append(range(start, start + width))
        start += width
    return made


def cluster_size(proofs: Sequence[SyncedMember]) -> pulumi.Output[int]:
    """Members of the cluster, as the one that came last saw them.

    Whoever leaves does so after every proof, so that a proof may have counted those, too.
    """
    return pulumi.Output.all(*[proof.size for proof in proofs]).apply(
        lambda seen: min(max(map(int, seen)), len(proofs))
    )


def member_ports(port: int, *, publish_health: bool) -> list[Port]:
    """What a member opens on its server."""
    health = [Port(target=HEALTH_PORT, published=HEALTH_PORT)] if publish_health else []
    return [Port(target=3306, published=port), *health]


def member_name(cluster_name: str, index: int) -> str:
    """Name of a member, and of its service: `galera-1` is the first."""
    return f"{cluster_name}-{index + 1}"


def volume_name(cluster_name: str) -> str:
    """Name of the data volume on each server."""
    return f"{cluster_name}-data"
