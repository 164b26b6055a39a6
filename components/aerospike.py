"""An Aerospike cluster: one pinned service for each node, made and changed one after another, and its agent.

A service, then the proof that its node has joined and every copy is in its place, then the next service. That
order is the same for a first start, a change and a scale-up. Nodes leave in `StableCluster`, before their
services are deleted.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pulumi

from components.aerospike_conf import (
    DATA,
    SERVICE_PORT,
    NamespaceConf,
    NodeConf,
    aerospike_conf,
)
from components.ground import Ground
from components.swarm_file import SwarmFile, SwarmFileArgs
from components.swarm_service import Health, Port, Proof, SwarmService, SwarmServiceArgs, Volume
from providers.aerospike import JoinedNode, JoinedNodeArgs, NodeInputs, StableCluster, StableClusterArgs
from providers.aerospike.joined_node import CLUSTER_LABEL
from providers.secrets import RandomPassword, RandomPasswordArgs
from providers.ssh import SshInputs
from providers.topology import KeptCopies
from settings import Settings

_ROOT = Path(__file__).resolve().parent.parent
_AGENT = _ROOT / "services" / "aerospike" / "discovery"
_PROTOCOL = _ROOT / "providers" / "aerospike" / "info_protocol.py"
_SECRETS = "/run/secrets"

#: The first nodes are everybody's seeds. They never leave while others stay, and two survive the loss of one.
SEEDS = 2


@dataclass(frozen=True, kw_only=True)
class NodeHost:
    """The server that carries one node.

    hostname: the server's, and the one the node is pinned to. ssh: how to reach it. node_id: id of its swarm
    node; a new one means that the node starts on a new server. shape: the server's; another one means a
    reboot. private_ip: where clients reach the node.
    ready: what must be there before the node's service is made.
    """

    hostname: str
    ssh: SshInputs
    node_id: pulumi.Input[str]
    shape: str
    private_ip: pulumi.Input[str]
    ready: Sequence[pulumi.Resource] = ()


@dataclass(frozen=True, kw_only=True)
class AerospikeArgs:
    """What the cluster is and where it runs.

    image: the server's, 7.0 or newer. agent_image: one with `python3`. hosts: one for each node, in order.
    managers: SSH to the swarm's managers. port: where each server answers clients.
    discovery_seconds: between two rounds of the agent. timeout_seconds: how long a wait may stand still.
    """

    cluster_name: str
    image: pulumi.Input[str]
    agent_image: pulumi.Input[str]
    hosts: Sequence[NodeHost]
    managers: Sequence[SshInputs]
    network_id: pulumi.Input[str]
    namespaces: Sequence[NamespaceConf]
    port: int = 3000
    memory_mb: int | None = None
    discovery_seconds: int = 5
    timeout_seconds: int = 900


class Aerospike(pulumi.ComponentResource):
    """The nodes, each seen in one cluster with every copy in its place."""

    size: pulumi.Output[int]
    cluster_key: pulumi.Output[str]
    edition: pulumi.Output[str]
    nodes: pulumi.Output[list[dict[str, object]]]
    """One of `{node, server, id, version}` for each node."""
    endpoints: pulumi.Output[list[dict[str, object]]]
    """One of `{node, host, port}` for each node, on the private network."""

    def __init__(self, name: str, args: AerospikeArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("galera-swarm:aerospike:Cluster", name, None, opts)
        self._name, self._args = name, args
        self._salt = RandomPassword(
            f"{name}-file-salt", RandomPasswordArgs(), pulumi.ResourceOptions(parent=self)
        ).result
        self._agent()
        joined: list[JoinedNode] = []
        triggers: list[pulumi.Input[Any]] = []
        for index, host in enumerate(args.hosts):
            service = self._service(index, joined)
            started: list[pulumi.Input[Any]] = [
                *(service.service_id, service.spec_digest, host.node_id, host.shape)
            ]
            joined.append(self._proof(index, service, started))
            triggers += started
        cluster = self._cluster(joined, triggers)
        self.size, self.cluster_key, self.edition = cluster.size, cluster.cluster_key, cluster.edition
        self.nodes = pulumi.Output.all(cluster.node_ids, cluster.builds).apply(
            lambda known: [
                {"node": self._node(index), "server": host.hostname, "id": id_, "version": build}
                for index, (host, id_, build) in enumerate(zip(args.hosts, *known, strict=True))
            ]
        )
        self.endpoints = pulumi.Output.all(*[host.private_ip for host in args.hosts]).apply(
            lambda addresses: [
                {"node": self._node(index), "host": address, "port": args.port}
                for index, address in enumerate(addresses)
            ]
        )
        self.register_outputs({"size": self.size, "cluster_key": self.cluster_key})

    def _node(self, index: int) -> str:
        return f"{self._args.cluster_name}-{index + 1}"

    def _inputs(self) -> list[NodeInputs]:
        return [{"node": self._node(index), "ssh": host.ssh} for index, host in enumerate(self._args.hosts)]

    def _secret(self, name: str, path: str, content: pulumi.Input[str], mode: int) -> SwarmFile:
        return SwarmFile(
            name,
            SwarmFileArgs(path=f"{_SECRETS}/{path}", content=content, mode=mode, salt=self._salt),
            pulumi.ResourceOptions(parent=self),
        )

    def _agent(self) -> SwarmService:
        """Tells the nodes of each other, wherever the swarm lets it run."""
        args, name = self._args, f"{self._args.cluster_name}-discovery"
        script = f"{_SECRETS}/discovery"
        return SwarmService(
            name,
            SwarmServiceArgs(
                service_name=name,
                image=args.agent_image,
                command=[script, "--name", args.cluster_name, "--interval", str(args.discovery_seconds)],
                network_id=args.network_id,
                files=[
                    self._secret(name, "discovery", _AGENT.read_text(), 0o755),
                    self._secret(f"{name}-protocol", "info_protocol.py", _PROTOCOL.read_text(), 0o444),
                ],
                health=Health(command=[script, "--health"], interval="10s", start_period="15s"),
                stop_grace="20s",
                proof=Proof(managers=args.managers, timeout_seconds=args.timeout_seconds),
            ),
            pulumi.ResourceOptions(
                parent=self, depends_on=[one for host in self._args.hosts for one in host.ready]
            ),
        )

    def _conf(self, index: int) -> pulumi.Output[str]:
        args, node = self._args, self._node(index)
        seeds = [self._node(seed) for seed in range(SEEDS) if seed != index]
        return pulumi.Output.from_input(args.hosts[index].private_ip).apply(
            lambda address: aerospike_conf(
                NodeConf(
                    cluster_name=args.cluster_name,
                    node=node,
                    number=index + 1,
                    seeds=seeds,
                    private_ip=address,
                    port=args.port,
                    namespaces=args.namespaces,
                )
            )
        )

    def _service(self, index: int, before: Sequence[pulumi.Resource]) -> SwarmService:
        args, host, node = self._args, self._args.hosts[index], self._node(index)
        return SwarmService(
            node,
            SwarmServiceArgs(
                service_name=node,
                image=args.image,
                arguments=["--config-file", f"{_SECRETS}/aerospike.conf"],
                hostname=node,
                server=host.hostname,
                network_id=args.network_id,
                aliases=[args.cluster_name],
                files=[self._secret(f"{node}-conf", "aerospike.conf", self._conf(index), 0o440)],
                ports=[Port(target=SERVICE_PORT, published=args.port)],
                volumes=[Volume(name=f"{args.cluster_name}-data", target=DATA)],
                labels={CLUSTER_LABEL: args.cluster_name},
                # It answers once its records are read, which takes as long as there are many; a failed check
                # counts from the first good one on, or after the start period.
                health=Health(
                    command=["asinfo", "-v", "status"], interval="5s", timeout="10s", start_period="30m"
                ),
                memory_mb=args.memory_mb,
            ),
            pulumi.ResourceOptions(parent=self, depends_on=[*host.ready, *before]),
        )

    def _proof(self, index: int, service: SwarmService, triggers: Sequence[pulumi.Input[Any]]) -> JoinedNode:
        args, node = self._args, self._node(index)
        return JoinedNode(
            f"{node}-joined",
            JoinedNodeArgs(
                node=node,
                nodes=self._inputs(),
                port=args.port,
                cluster_name=args.cluster_name,
                managers=args.managers,
                triggers=triggers,
                timeout_seconds=args.timeout_seconds,
            ),
            pulumi.ResourceOptions(parent=self, depends_on=[service]),
        )

    def _cluster(
        self, joined: Sequence[pulumi.Resource], triggers: Sequence[pulumi.Input[Any]]
    ) -> StableCluster:
        args = self._args
        return StableCluster(
            f"{self._name}-stable",
            StableClusterArgs(
                cluster_name=args.cluster_name,
                nodes=self._inputs(),
                port=args.port,
                managers=args.managers,
                triggers=triggers,
                timeout_seconds=args.timeout_seconds,
            ),
            pulumi.ResourceOptions(parent=self, depends_on=list(joined)),
        )


def declare_aerospike(ground: Ground) -> Aerospike:
    """The cluster of section `aerospike`, on the first servers, and the stack's output of it."""
    settings = ground.settings
    section = settings.aerospike
    pairs = list(zip(ground.servers, ground.swarm.nodes, strict=True))[: section.replicas]
    cluster = Aerospike(
        section.cluster_name,
        AerospikeArgs(
            cluster_name=section.cluster_name,
            image=ground.pinned("aerospike", section.image),
            agent_image=ground.pinned("aerospike-agent", section.agent_image),
            hosts=[
                NodeHost(
                    hostname=server.hostname,
                    ssh=server.ssh,
                    node_id=node.node_id,
                    shape=server.shape,
                    private_ip=server.private_ip,
                    ready=[server, node],
                )
                for server, node in pairs
            ],
            managers=ground.managers,
            network_id=ground.network.network_id,
            namespaces=[
                NamespaceConf(
                    name=one.name,
                    replication_factor=one.replication_factor,
                    storage=one.storage,
                    size_mb=one.size_mb,
                    default_ttl_seconds=one.default_ttl_seconds,
                )
                for one in section.effective_namespaces
            ],
            port=section.port,
            memory_mb=section.memory_mb,
            discovery_seconds=section.discovery_seconds,
            timeout_seconds=section.timeout_seconds,
        ),
        ground.on_swarm,
    )
    pulumi.export(
        "aerospike",
        {
            "nodes": cluster.nodes,
            "clusterKey": cluster.cluster_key,
            "size": cluster.size,
            "edition": cluster.edition,
            "endpoints": cluster.endpoints,
        },
    )
    return cluster


def kept_copies(settings: Settings) -> dict[str, KeptCopies]:
    """For the guard: which servers carry nodes, and how many of them may be away at once."""
    section = settings.aerospike
    if not section.enabled:
        return {}
    servers = [server.name for server in settings.servers[: section.replicas]]
    fewest = min(namespace.replication_factor for namespace in section.effective_namespaces)
    return {"aerospike": {"servers": servers, "copies": fewest}}
