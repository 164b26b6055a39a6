"""Consul: an agent on every server, on the server's own network; the first three or five of them vote.

Servers are made and changed one after another, each after the proof of the one before; then the ACL system is
set up; then the clients follow, beside each other.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pulumi

from components.certificate_authority import CertificateAuthority
from components.consul_agent import AgentHost, ConsulAgent, ConsulAgentArgs
from components.consul_config import (
    DATABASE_SERVICE,
    FIRST_SERVERS,
    INSIDE,
    DatabaseMember,
    Ports,
    agent_rules,
    derived_uuid,
    dns_rules,
)
from components.database import Cluster
from components.galera import HEALTH_PORT
from components.ground import Ground
from components.swarm_file import SwarmFile, SwarmFileArgs
from providers.consul import (
    AclSystem,
    AclSystemArgs,
    AclToken,
    ServerResolver,
    ServerResolverArgs,
    WorkingConsul,
    WorkingConsulArgs,
)
from providers.secrets import RandomPassword, RandomPasswordArgs
from providers.ssh import SshInputs
from providers.swarm import HostNetwork, HostNetworkArgs
from settings import Settings

_SERVICE_FILES = Path(__file__).resolve().parent.parent / "services" / "consul"


@dataclass(frozen=True, kw_only=True)
class ConsulArgs:
    """What Consul is and where it runs.

    hosts: one for each agent, the Consul servers first. servers: how many of them vote, 3 or 5.
    managers: SSH to the swarm's managers. swarm_id: the swarm.
    recursors: whom Consul asks for other names; none for those of each server.
    resolver: whether the servers' own resolvers ask Consul.
    database: whatever has to be there before every member can be answered with.
    """

    image: pulumi.Input[str]
    hosts: Sequence[AgentHost]
    servers: int
    managers: Sequence[SshInputs]
    swarm_id: pulumi.Input[str]
    authority: CertificateAuthority
    datacenter: str
    domain: str
    ports: Ports
    recursors: Sequence[str] = ()
    resolver: bool = True
    database: Sequence[pulumi.Resource] = ()


class Consul(pulumi.ComponentResource):
    """The agents, seen to work, with the database's members behind one name."""

    token: pulumi.Output[str]
    """The management token, a secret."""
    facts: pulumi.Output[Mapping[str, object]]
    """The stack's output: `datacenter`, `servers`, `leader`, `version`, `endpoints`, `httpPort` on each
    server's loopback address, `dns`."""

    def __init__(self, name: str, args: ConsulArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("galera-swarm:consul:Consul", name, None, opts)
        self._name, self._args = name, args
        self._child = pulumi.ResourceOptions(parent=self)
        self._seed = RandomPassword(f"{name}-seed", RandomPasswordArgs(length=43), self._child).result
        self.token = self._derived("management")
        common = self._common()
        servers: list[ConsulAgent] = []
        for index in range(FIRST_SERVERS):
            servers.append(self._agent(index, common, servers[-1:]))
        acl = self._acl(servers)
        for index in range(FIRST_SERVERS, args.servers):
            servers.append(self._agent(index, common, [acl, servers[-1]]))
        clients = [
            self._agent(index, common, [acl, servers[-1]]) for index in range(args.servers, len(args.hosts))
        ]
        working = self._proof([*servers, *clients], acl)
        self._resolvers(working)
        self.facts = self._facts(working)
        self.register_outputs({"facts": self.facts})

    def _common(self) -> ConsulAgentArgs:
        args = self._args
        network = HostNetwork(
            f"{self._name}-host-network",
            HostNetworkArgs(swarm_id=args.swarm_id, managers=args.managers),
            pulumi.ResourceOptions(parent=self, depends_on=list(args.hosts[0].ready)),
        )
        return ConsulAgentArgs(
            image=args.image,
            servers=args.hosts[: args.servers],
            expected=FIRST_SERVERS,
            managers=args.managers,
            network_id=network.network_id,
            authority=args.authority,
            datacenter=args.datacenter,
            domain=args.domain,
            ports=args.ports,
            recursors=args.recursors,
            seed=self._seed,
            token=self.token,
            scripts=self._shared_files(),
        )

    def _shared_files(self) -> list[SwarmFile]:
        """What every agent is given alike."""
        files = {
            script: SwarmFileArgs(
                path=f"{INSIDE}/{script}", content=(_SERVICE_FILES / script).read_text(), mode=0o555
            )
            for script in ("entrypoint", "health")
        }
        files["ca"] = SwarmFileArgs(path=f"{INSIDE}/tls/ca.pem", content=self._args.authority.certificate)
        return [SwarmFile(f"{self._name}-{noun}", file, self._child) for noun, file in files.items()]

    def _agent(self, index: int, common: ConsulAgentArgs, before: Sequence[pulumi.Resource]) -> ConsulAgent:
        opts = pulumi.ResourceOptions(parent=self, depends_on=list(before))
        return ConsulAgent(f"{self._name}-{index + 1}", common, self._args.hosts[index], opts)

    def _derived(self, purpose: str) -> pulumi.Output[str]:
        made: pulumi.Output[str] = pulumi.Output.secret(
            self._seed.apply(lambda seed: derived_uuid(seed, purpose))
        )
        return made

    def _token(self, name: str, purpose: str, rules: str) -> AclToken:
        """The public id is made of the seed as well, but tells nothing of it."""
        accessor = pulumi.Output.unsecret(self._derived(f"accessor of {purpose}"))
        return {"name": name, "rules": rules, "accessor": accessor, "secret": self._derived(purpose)}

    def _acl(self, first: Sequence[ConsulAgent]) -> AclSystem:
        args = self._args
        nodes = [host.hostname for host in args.hosts]
        agents = [self._token(f"agent-{node}", f"agent {node}", agent_rules(node)) for node in nodes]
        return AclSystem(
            f"{self._name}-acl",
            AclSystemArgs(
                servers=[server.ssh for server in args.hosts[: args.servers]],
                http_port=args.ports.http,
                management_token=self.token,
                tokens=[self._token("dns", "dns", dns_rules()), *agents],
                triggers=[agent.seat_id for agent in first],
            ),
            pulumi.ResourceOptions(parent=self, depends_on=list(first)),
        )

    def _proof(self, agents: Sequence[ConsulAgent], acl: AclSystem) -> WorkingConsul:
        args = self._args
        servers = args.hosts[: args.servers]
        return WorkingConsul(
            f"{self._name}-working",
            WorkingConsulArgs(
                servers=[server.ssh for server in servers],
                server_names=[server.hostname for server in servers],
                agents=[host.hostname for host in args.hosts],
                service=DATABASE_SERVICE,
                instances=[host.member.name for host in args.hosts if host.member],
                http_port=args.ports.http,
                token=self.token,
                triggers=[
                    *(agent.spec_digest for agent in agents),
                    *(host.node_id for host in args.hosts),
                    *(agent.seat_id for agent in agents),
                ],
            ),
            pulumi.ResourceOptions(parent=self, depends_on=[*agents, acl, *args.database]),
        )

    def _resolvers(self, working: WorkingConsul) -> None:
        """Last, so that no server asks an agent that does not answer yet."""
        args = self._args
        for host in args.hosts if args.resolver else ():
            ServerResolver(
                f"{host.hostname}-resolver",
                ServerResolverArgs(
                    ssh=host.ssh,
                    server_id=host.server_id,
                    node=host.hostname,
                    address=host.private_ip,
                    domain=args.domain,
                    script=(_SERVICE_FILES / "resolver").read_text(),
                ),
                pulumi.ResourceOptions(parent=self, depends_on=[working]),
            )

    def _facts(self, working: WorkingConsul) -> pulumi.Output[Mapping[str, object]]:
        args = self._args
        addresses = pulumi.Output.all(*[host.private_ip for host in args.hosts])
        authority = args.authority.certificate
        return pulumi.Output.all(addresses, working.leader, working.version, authority).apply(
            lambda known: {
                "datacenter": args.datacenter,
                "servers": [server.hostname for server in args.hosts[: args.servers]],
                "leader": known[1],
                "version": known[2],
                "endpoints": [
                    {"server": host.hostname, "host": address, "port": args.ports.https}
                    for host, address in zip(args.hosts, known[0], strict=True)
                ],
                "authority": known[3],
                "httpPort": args.ports.http,
                "dns": [{"host": address, "port": args.ports.dns} for address in known[0]],
            }
        )


def named_in_certificates(settings: Settings) -> dict[str, str]:
    """What all agents' certificates name, so that it stays while they run; nothing where Consul is off."""
    consul = settings.consul
    return {"datacenter": consul.datacenter, "domain": consul.domain} if consul.enabled else {}


def declare_consul(ground: Ground, galera: Cluster) -> Consul:
    """Consul as the stack's settings say."""
    settings, consul = ground.settings, ground.settings.consul
    members = {
        member.server.name: DatabaseMember(
            name=member.name,
            cluster=settings.database.cluster_name,
            port=member.port,
            health_port=HEALTH_PORT,
        )
        for member in settings.members
    }
    return Consul(
        "consul",
        ConsulArgs(
            image=ground.pinned("consul", consul.image),
            hosts=[
                AgentHost(
                    hostname=server.hostname,
                    ssh=server.ssh,
                    server_id=server.server_id,
                    node_id=node.node_id,
                    shape=server.shape,
                    private_ip=server.private_ip,
                    member=members.get(server.hostname),
                    ready=[server, node],
                )
                for server, node in zip(ground.servers, ground.swarm.nodes, strict=True)
            ],
            servers=consul.servers,
            managers=ground.managers,
            swarm_id=ground.swarm.swarm_id,
            authority=ground.authority,
            datacenter=consul.datacenter,
            domain=consul.domain,
            ports=Ports(**consul.ports.model_dump()),
            recursors=consul.recursors,
            resolver=consul.resolver,
            database=[galera],
        ),
        ground.on_swarm,
    )
