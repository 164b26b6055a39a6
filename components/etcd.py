"""An etcd cluster: one pinned service for each server, TLS everywhere, members that come and go one by one.

The first member is born alone; every further one joins as a learner and votes once it has caught up. First
start, a replaced server and growth are the same chain: seat, service, proof, and only then the next member.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pulumi

from components.certificate_authority import CertificateAuthority
from components.ground import Ground
from components.swarm_file import SwarmFile, SwarmFileArgs
from components.swarm_service import Port, SwarmService, SwarmServiceArgs, Volume, spec_digest
from providers.etcd import (
    EtcdLeeway,
    EtcdLeewayArgs,
    EtcdMember,
    EtcdMemberArgs,
    EtcdPeer,
    EtcdSeat,
    EtcdSeatArgs,
)
from providers.secrets import RandomPassword, RandomPasswordArgs
from providers.ssh import SshInputs

VOLUME = "etcd-data"
#: The ports inside the container.
CLIENT_PORT, PEER_PORT = 2379, 2380

_DATA = "/var/lib/etcd"
_AUTHORITY = "/etc/etcd/tls/authority.pem"
_CERTIFICATE = "/etc/etcd/tls/certificate.pem"
_KEY = "/run/secrets/etcd_key.pem"
#: etcd's own 100 and 1000 are made for a quiet local network; virtual servers pause for longer.
_HEARTBEAT_MS, _ELECTION_MS = 200, 2000


@dataclass(frozen=True, kw_only=True)
class EtcdHost:
    """A server that carries a member. ready: has to be there before anything of etcd is done on it."""

    hostname: str
    server_id: pulumi.Output[str]
    ssh: SshInputs
    private_ip: pulumi.Output[str]
    node_id: pulumi.Output[str]
    shape: str
    ready: Sequence[pulumi.Resource]


@dataclass(frozen=True, kw_only=True)
class EtcdArgs:
    """What the cluster is made of; the units are in the names.

    hosts: in the order in which members join; the first one begins the cluster.
    cluster_token: tells this stack's cluster from others on the same network.
    client_port, peer_port: on the servers.
    """

    hosts: Sequence[EtcdHost]
    image: pulumi.Input[str]
    network_id: pulumi.Input[str]
    authority: CertificateAuthority
    cluster_token: str
    client_port: int = 2379
    peer_port: int = 2380
    quota_mb: int = 2048
    compaction_hours: int = 1
    memory_mb: int | None = None


class Etcd(pulumi.ComponentResource):
    """Members that all vote, each seen healthy before the next was touched."""

    peers: list[EtcdPeer]
    endpoints: list[pulumi.Output[str]]
    """Where clients reach the members: `https://<private address>:<port>`."""
    members: list[EtcdMember]
    """The proofs, in the order of the hosts."""
    cluster_id: pulumi.Output[str]
    version: pulumi.Output[str]
    authority_certificate: pulumi.Output[str]
    """PEM, for clients."""

    def __init__(self, name: str, args: EtcdArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("galera-swarm:etcd:Cluster", name, None, opts)
        self._name, self._args = name, args
        self.authority_certificate = args.authority.certificate
        self.endpoints = [
            pulumi.Output.concat("https://", host.private_ip, f":{args.client_port}") for host in args.hosts
        ]
        child = pulumi.ResourceOptions(parent=self)
        self._salt = RandomPassword(f"{name}-file-salt", RandomPasswordArgs(), child).result
        trusted = SwarmFileArgs(path=_AUTHORITY, content=args.authority.certificate)
        self._trusted = SwarmFile(f"{name}-authority", trusted, child)
        self.peers: list[EtcdPeer] = [
            {"name": member_name(name, index), "ssh": host.ssh, "peer_url": self._peer_url(index)}
            for index, host in enumerate(args.hosts)
        ]
        self.members = []
        for index in range(len(args.hosts)):
            self.members.append(self._member(index))
        self.cluster_id, self.version = self.members[-1].cluster_id, self.members[-1].version
        self.register_outputs({"cluster_id": self.cluster_id, "version": self.version})

    def _peer_url(self, index: int) -> pulumi.Output[str]:
        return pulumi.Output.concat(
            "https://", self._args.hosts[index].private_ip, f":{self._args.peer_port}"
        )

    def _member(self, index: int) -> EtcdMember:
        """Seat, service and proof of one member, after the proof of the one before."""
        host, name = self._args.hosts[index], member_name(self._name, index)
        # The first one looks into every server, and they may become ready minutes apart.
        ready = list(host.ready) if index else [one for other in self._args.hosts for one in other.ready]
        after = pulumi.ResourceOptions(parent=self, depends_on=[*ready, *self.members])
        settings = self._settings(index)
        seat = EtcdSeat(
            f"{name}-seat",
            EtcdSeatArgs(
                server_id=host.server_id,
                ssh=host.ssh,
                name=name,
                peer_url=self._peer_url(index),
                peers=self.peers,
                volume=VOLUME,
                token=self._args.cluster_token,
                settings=settings,
            ),
            after,
        )
        service = self._service(index, name, settings, [*ready, *self.members, seat])
        return EtcdMember(
            f"{name}-member",
            EtcdMemberArgs(
                server_id=host.server_id,
                ssh=host.ssh,
                name=name,
                peer_url=self._peer_url(index),
                peers=self.peers,
                triggers=[service.service_id, service.spec_digest, host.node_id, host.shape, seat.id],
            ),
            pulumi.ResourceOptions(parent=self, depends_on=[*ready, *self.members, service]),
        )

    def _settings(self, index: int) -> pulumi.Output[str]:
        """etcd's configuration, all but what the seat decides."""
        args = self._args
        tls = {
            "cert-file": _CERTIFICATE,
            "key-file": _KEY,
            "trusted-ca-file": _AUTHORITY,
            "client-cert-auth": True,
        }
        return pulumi.Output.json_dumps(
            {
                "data-dir": f"{_DATA}/data",
                "listen-client-urls": f"https://0.0.0.0:{CLIENT_PORT}",
                "listen-peer-urls": f"https://0.0.0.0:{PEER_PORT}",
                "advertise-client-urls": self.endpoints[index],
                "client-transport-security": tls,
                "peer-transport-security": tls,
                "quota-backend-bytes": args.quota_mb * 1024 * 1024,
                "auto-compaction-mode": "periodic",
                "auto-compaction-retention": f"{args.compaction_hours}h",
                "heartbeat-interval": _HEARTBEAT_MS,
                "election-timeout": _ELECTION_MS,
            },
            sort_keys=True,
        )

    def _service(
        self, index: int, name: str, settings: pulumi.Output[str], before: Sequence[pulumi.Resource]
    ) -> SwarmService:
        spec = self._spec(index, name, settings)
        leeway = EtcdLeeway(
            f"{name}-leeway",
            EtcdLeewayArgs(ssh=self._args.hosts[index].ssh, member=name, triggers=[spec_digest(spec)]),
            pulumi.ResourceOptions(parent=self, depends_on=list(before)),
        )
        return SwarmService(name, spec, pulumi.ResourceOptions(parent=self, depends_on=[*before, leeway]))

    def _spec(self, index: int, name: str, settings: pulumi.Output[str]) -> SwarmServiceArgs:
        args, host = self._args, self._args.hosts[index]
        return SwarmServiceArgs(
            service_name=name,
            image=args.image,
            command=["/usr/local/bin/etcd", f"--config-file={_DATA}/etcd.yaml"],
            env={
                "ETCDCTL_ENDPOINTS": f"https://127.0.0.1:{CLIENT_PORT}",
                "ETCDCTL_CACERT": _AUTHORITY,
                "ETCDCTL_CERT": _CERTIFICATE,
                "ETCDCTL_KEY": _KEY,
                # The configuration lies in the volume, so that another one has to be seen here.
                "GALERA_SWARM_SETTINGS": settings.apply(_digest),
            },
            server=host.hostname,
            network_id=args.network_id,
            aliases=[f"{self._name}-members"],
            files=[self._trusted, *self._identity(index, name)],
            ports=[
                Port(target=CLIENT_PORT, published=args.client_port),
                Port(target=PEER_PORT, published=args.peer_port),
            ],
            volumes=[Volume(name=VOLUME, target=_DATA)],
            labels={"galera-swarm.etcd": self._name},
            memory_mb=args.memory_mb,
        )

    def _identity(self, index: int, name: str) -> list[SwarmFile]:
        """Certificate and key of one member, for the addresses at which it is reached."""
        child = pulumi.ResourceOptions(parent=self)
        issued = self._args.authority.issue(
            f"{name}-certificate",
            common_name=name,
            dns_names=[name, f"{self._name}-members", "localhost"],
            addresses=[self._args.hosts[index].private_ip, "127.0.0.1"],
            opts=child,
        )
        key = SwarmFileArgs(path=_KEY, content=issued.private_key, mode=0o400, salt=self._salt)
        return [
            SwarmFile(
                f"{name}-certificate", SwarmFileArgs(path=_CERTIFICATE, content=issued.certificate), child
            ),
            SwarmFile(f"{name}-key", key, child),
        ]


def declare_etcd(ground: Ground) -> Etcd:
    """The stack's etcd cluster, on its first servers."""
    settings = ground.settings
    section = settings.etcd
    hosts = [
        EtcdHost(
            hostname=server.hostname,
            server_id=server.server_id,
            ssh=server.ssh,
            private_ip=server.private_ip,
            node_id=node.node_id,
            shape=server.shape,
            # Members of mode `homogeneous` wait for etcd, and the engine of a server without one for them.
            ready=[*(server.ready if settings.database.mode == "homogeneous" else [server]), node],
        )
        for server, node, _ in zip(ground.servers, ground.swarm.nodes, settings.etcd_servers, strict=False)
    ]
    return Etcd(
        "etcd",
        EtcdArgs(
            hosts=hosts,
            image=ground.pinned("etcd", section.image),
            network_id=ground.network.network_id,
            authority=ground.authority,
            cluster_token=f"galera-swarm-{settings.stack}",
            client_port=section.client_port,
            peer_port=section.peer_port,
            quota_mb=section.quota_mb,
            compaction_hours=section.compaction_hours,
            memory_mb=section.memory_mb,
        ),
        ground.on_swarm,
    )


def member_name(cluster: str, index: int) -> str:
    """Name of a member, and of its service: `etcd-1` is the first."""
    return f"{cluster}-{index + 1}"


def _digest(settings: Any) -> str:
    return hashlib.sha256(str(settings).encode()).hexdigest()[:12]
