"""A homogeneous Galera cluster: services of many equal tasks whose members find each other through etcd.

Each member has a seat, a server on which a task of its service may run. Seats are taken one wave after
another, each followed by the proof that its member is Synced, and given up one by one from the top. A change
of the spec is rolled by the swarm itself, which waits for each task to be well: here a member is well once it
is Synced.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import pulumi

from components.galera import cluster_size, member_ports, waves
from components.host import EngineSettings
from components.member_files import INSIDE, PROGRAM, MemberFiles, container_user, member_files, secret_file
from components.seats import Place, SeatedService, places_of
from components.swarm_file import SwarmFile, SwarmFileArgs
from components.swarm_service import Health, Seats, SwarmService, SwarmServiceArgs, Volume
from providers.galera import (
    AbsentMembers,
    AbsentMembersArgs,
    ClusterBirth,
    ClusterBirthArgs,
    MemberSeat,
    MemberSeatArgs,
    MemberVolume,
    RootAccount,
    RootAccountArgs,
    SyncedMember,
    SyncedMemberArgs,
    seat_label,
)
from providers.ssh import SshInputs
from settings.flavors import Name

#: Until a member was Synced once, its health check may fail for as long as this: time for a very large SST.
_START_PERIOD = "168h"
#: Only the first success counts, for the swarm's next step: a busy host that is late ends nobody.
_ONCE_SYNCED = Health(
    command=[f"{INSIDE}/health"], interval="5s", timeout="1m", start_period=_START_PERIOD, retries=100_000
)


@dataclass(frozen=True, kw_only=True)
class EtcdDoor:
    """How members reach etcd. endpoints: `address:port` of each of its members, joined by commas."""

    endpoints: pulumi.Input[str]
    authority: pulumi.Input[str]
    certificate: pulumi.Input[str]
    private_key: pulumi.Input[str]
    ready: Sequence[pulumi.Resource] = ()


@dataclass(frozen=True, kw_only=True)
class HomogeneousGaleraArgs:
    """What the cluster is and where it runs; what is not said here is as in `GaleraArgs`.

    services: the first one is where the cluster is born.
    etcd: None for a standalone member.
    """

    cluster_name: str
    image: pulumi.Input[str]
    services: Sequence[SeatedService]
    managers: Sequence[SshInputs]
    network_id: pulumi.Input[str]
    etcd: EtcdDoor | None = None
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


class HomogeneousGalera(pulumi.ComponentResource):
    """The members, each seen Synced. Its outputs are those of `Galera`."""

    cluster_uuid: pulumi.Output[str]
    root_password: pulumi.Output[str]
    size: pulumi.Output[int]
    state: pulumi.Output[str]
    version: pulumi.Output[str]
    endpoints: pulumi.Output[list[dict[str, object]]]
    synced: list[SyncedMember]

    def __init__(
        self, name: str, args: HomogeneousGaleraArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("galera-swarm:galera:HomogeneousCluster", name, None, opts)
        self._name, self._args = name, args
        self._places = places_of(args.services)
        files = member_files(
            name,
            parent=self,
            my_cnf=args.my_cnf,
            root_password=args.root_password,
            instead=["etcd"] if args.etcd else [],
            flavor=args.flavor,
        )
        self.root_password = files.root_password
        self._files = [*files.files, *self._etcd_files(files)]
        self._absent = AbsentMembers(
            f"{name}-absent",
            AbsentMembersArgs(members=self._volumes(), absent=args.absent),
            pulumi.ResourceOptions(parent=self),
        )
        root = RootAccount(
            f"{name}-root-account",
            RootAccountArgs(
                members=[place.host.ssh for place in self._places if place.of is args.services[0]],
                port=args.services[0].port,
                root_password=self.root_password,
            ),
            pulumi.ResourceOptions(parent=self),
        )
        self._seat_all(self._steady_engines(root))
        last = self.synced[-1]
        self.size, self.state, self.version = cluster_size(self.synced), last.state, last.version
        self.endpoints = pulumi.Output.all(*[place.host.private_ip for place in self._places]).apply(
            lambda addresses: [
                {"member": place.member, "host": address, "port": place.of.port}
                for place, address in zip(self._places, addresses, strict=True)
            ]
        )
        self.register_outputs({"cluster_uuid": self.cluster_uuid, "size": self.size})

    def _seat_all(self, engines: Sequence[pulumi.Resource]) -> None:
        self.synced = []
        services: dict[str, SwarmService] = {}
        birth: ClusterBirth | None = None
        seat: MemberSeat | None = None
        for wave in waves(len(self._places)):
            before = list(self.synced)
            for place in self._places[wave.start : wave.stop]:
                if place.of.service not in services:
                    services[place.of.service] = self._service(place.of, [*engines, *before])
                service = services[place.of.service]
                seat = self._seat(place, [service, *before, *([seat] if seat else [])])
                if birth is None:
                    birth = self._birth(seat)
                    self.cluster_uuid = birth.cluster_uuid
                self.synced.append(self._proof(place, service, birth, [seat, self._absent, *before]))

    def _etcd_files(self, files: MemberFiles) -> list[SwarmFile]:
        etcd, child = self._args.etcd, pulumi.ResourceOptions(parent=self)
        if etcd is None:
            return []
        authority = SwarmFileArgs(path=f"{INSIDE}/etcd-authority.pem", content=etcd.authority)
        return [
            SwarmFile(f"{self._name}-etcd-authority", authority, child),
            secret_file(self._name, "etcd_certificate", etcd.certificate, files.salt, child),
            secret_file(self._name, "etcd_key", etcd.private_key, files.salt, child),
        ]

    def _steady_engines(self, root: RootAccount) -> list[pulumi.Resource]:
        """Engine settings, one server after another: an engine that restarts takes its members with it."""
        done: list[pulumi.Resource] = [root]
        hosts = {place.host.hostname: place.host for place in self._places}
        for hostname, host in hosts.items():
            engine = EngineSettings(
                hostname, host.engine, pulumi.ResourceOptions(parent=self, depends_on=[*host.ready, *done])
            )
            done.append(engine)
            done += [self._steady(place, engine) for place in self._places if place.host.hostname == hostname]
        return done

    def _steady(self, place: Place, engine: EngineSettings) -> SyncedMember:
        return SyncedMember(
            f"{place.member}-steady",
            replace(self._proven(place), triggers=[engine.restart_key]),
            pulumi.ResourceOptions(parent=self, depends_on=[engine]),
        )

    def _service(self, of: SeatedService, before: Sequence[pulumi.Resource]) -> SwarmService:
        args = self._args
        return SwarmService(
            of.service,
            SwarmServiceArgs(
                service_name=of.service,
                image=args.image,
                command=[PROGRAM],
                user=container_user(args.flavor),
                env={
                    "GALERA_CLUSTER_NAME": args.cluster_name,
                    "GALERA_MEMBER": "{{.Service.Name}}-{{.Node.Hostname}}",
                    "GALERA_PEERS": f"{args.cluster_name}-members",
                    "GALERA_BUFFER_POOL_MB": str(args.buffer_pool_mb),
                    "GALERA_MAX_CONNECTIONS": str(args.max_connections),
                    **({"GALERA_GCACHE_MB": str(args.gcache_mb)} if args.gcache_mb else {}),
                    "GALERA_WELL_WHEN": "synced",
                    **({} if of.volume else {"GALERA_STORAGE": "ephemeral"}),
                    **({"GALERA_ETCD": args.etcd.endpoints} if args.etcd else {}),
                },
                seats=Seats(label=seat_label(of.service), managers=args.managers),
                network_id=args.network_id,
                aliases=[f"{args.cluster_name}-members"],
                files=self._files,
                ports=member_ports(of.port, publish_health=args.publish_health),
                volumes=[Volume(name=of.volume, target="/var/lib/mysql")] if of.volume else [],
                labels={"galera-swarm.cluster": args.cluster_name},
                health=_ONCE_SYNCED,
                memory_mb=args.memory_mb,
            ),
            pulumi.ResourceOptions(
                parent=self, depends_on=[*before, *(args.etcd.ready if args.etcd else ())]
            ),
        )

    def _seat(self, place: Place, before: Sequence[pulumi.Resource]) -> MemberSeat:
        args = self._args
        first = args.services[0]
        staying = [one.host for one in self._places[: self._places.index(place)] if one.of is first]
        return MemberSeat(
            f"{place.member}-seat",
            MemberSeatArgs(
                managers=args.managers,
                service=place.of.service,
                label=seat_label(place.of.service),
                node_id=place.host.node_id,
                hostname=place.host.hostname,
                rank=place.rank,
                cluster_name=args.cluster_name,
                port=first.port,
                password=self.root_password,
                survivors=[host.ssh for host in staying],
                absent=args.absent,
                timeout_seconds=args.start_timeout_seconds,
            ),
            pulumi.ResourceOptions(parent=self, depends_on=[*place.host.ready, *before], deleted_with=self),
        )

    def _volumes(self) -> list[MemberVolume]:
        return [
            {
                "member": place.member,
                "ssh": place.host.ssh,
                "volume": place.of.volume or "",
                "service": place.of.service,
            }
            for place in self._places
        ]

    def _birth(self, seat: MemberSeat) -> ClusterBirth:
        args = self._args
        return ClusterBirth(
            f"{self._name}-birth",
            ClusterBirthArgs(
                ssh_of_members=self._volumes(),
                first=self._places[0].member,
                cluster_name=args.cluster_name,
                init_scripts=dict(args.init_scripts),
                timeout_seconds=args.start_timeout_seconds,
            ),
            pulumi.ResourceOptions(
                parent=self, depends_on=[seat, *(one for place in self._places for one in place.host.ready)]
            ),
        )

    def _proof(
        self, place: Place, service: SwarmService, birth: ClusterBirth, before: Sequence[pulumi.Resource]
    ) -> SyncedMember:
        return SyncedMember(
            f"{place.member}-synced",
            replace(
                self._proven(place),
                cluster_uuid=birth.cluster_uuid,
                if_there=False,
                triggers=[service.service_id, service.spec_digest, place.host.node_id, place.host.shape],
            ),
            pulumi.ResourceOptions(parent=self, depends_on=[service, *before]),
        )

    def _proven(self, place: Place) -> SyncedMemberArgs:
        """What every proof of a member is given; before the birth, nothing to wait for is fine."""
        args = self._args
        return SyncedMemberArgs(
            ssh=place.host.ssh,
            manager_ssh=args.managers,
            member=place.member,
            service=place.of.service,
            node_id=place.host.node_id,
            port=place.of.port,
            cluster_name=args.cluster_name,
            cluster_uuid=None,
            if_there=True,
            password=self.root_password,
            absent=args.absent,
            timeout_seconds=args.start_timeout_seconds,
        )
