"""One Consul agent: its seat on a server, its service on the server's own network, its proof."""

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi

from components.certificate_authority import CertificateAuthority
from components.consul_config import (
    INSIDE,
    KEY_FILE,
    SECRETS_FILE,
    AgentFacts,
    DatabaseMember,
    Ports,
    agent_config,
    agent_secrets,
    certificate_names,
    derived_gossip_key,
    derived_uuid,
)
from components.swarm_file import SwarmFile, SwarmFileArgs
from components.swarm_service import Health, SwarmService, SwarmServiceArgs, Volume, spec_digest
from providers.consul import (
    ROLE_LABEL,
    AgentSeat,
    AgentSeatArgs,
    ServerLeeway,
    ServerLeewayArgs,
    WorkingAgent,
    WorkingAgentArgs,
)
from providers.ssh import SshInputs

#: The user of the agents in the stock image.
_USER_ID = 100
_VOLUME = "consul-data"


@dataclass(frozen=True, kw_only=True)
class AgentHost:
    """The server that carries one agent.

    node_id: id of its swarm node. shape: the server's; another one means a reboot. member: the database's
    member there. ready: what has to be there before.
    """

    hostname: str
    ssh: SshInputs
    server_id: pulumi.Input[str]
    node_id: pulumi.Input[str]
    shape: str
    private_ip: pulumi.Output[str]
    member: DatabaseMember | None
    ready: Sequence[pulumi.Resource] = ()


@dataclass(frozen=True, kw_only=True)
class ConsulAgentArgs:
    """What all agents of one Consul have in common.

    servers: the hosts of those who vote. expected: how many of them elect the first leader.
    managers: SSH to the swarm's managers. network_id: the swarm's host network.
    seed: what tokens and the gossip key are derived from, a secret. token: the management token, a secret.
    scripts: entrypoint and health check. recursors: none for those of each server.
    """

    image: pulumi.Input[str]
    servers: Sequence[AgentHost]
    expected: int
    managers: Sequence[SshInputs]
    network_id: pulumi.Input[str]
    authority: CertificateAuthority
    datacenter: str
    domain: str
    ports: Ports
    recursors: Sequence[str]
    seed: pulumi.Output[str]
    token: pulumi.Output[str]
    scripts: Sequence[SwarmFile]


class ConsulAgent(pulumi.ComponentResource):
    """The agent of one server, seen to work before the next one is touched."""

    working: WorkingAgent
    spec_digest: pulumi.Output[str]
    """Changes when the agent has to be made anew."""
    seat_id: pulumi.Output[str]
    """Changes when its volume was lost and is made anew."""

    def __init__(
        self, name: str, args: ConsulAgentArgs, host: AgentHost, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("galera-swarm:consul:Agent", name, None, opts)
        self._name, self._args, self._host = name, args, host
        self._is_server = host in args.servers
        before = list(opts.depends_on or ()) if opts else []  # type: ignore[arg-type]
        self._child = pulumi.ResourceOptions(parent=self)
        seat = self._seat()
        service = self._service([*host.ready, seat, *before])
        self.spec_digest, self.seat_id = service.spec_digest, seat.id
        self.working = self._proof(service)
        self.register_outputs({"state": self.working.state})

    @property
    def _role(self) -> str:
        return "server" if self._is_server else "client"

    def _seat(self) -> AgentSeat:
        args, host = self._args, self._host
        return AgentSeat(
            f"{self._name}-seat",
            AgentSeatArgs(
                ssh=host.ssh,
                server_id=host.server_id,
                node=host.hostname,
                role=self._role,
                address=host.private_ip,
                volume=_VOLUME,
                peers=[server.ssh for server in args.servers],
                peer_addresses=[server.private_ip for server in args.servers],
                http_port=args.ports.http,
                rpc_port=args.ports.rpc,
                token=args.token,
            ),
            pulumi.ResourceOptions(parent=self, depends_on=list(host.ready)),
        )

    def _service(self, before: Sequence[pulumi.Resource]) -> SwarmService:
        spec = self._spec()
        leeway = [self._leeway(spec, before)] if self._is_server else []
        opts = pulumi.ResourceOptions(parent=self, depends_on=[*before, *leeway])
        return SwarmService(self._name, spec, opts)

    def _leeway(self, spec: SwarmServiceArgs, before: Sequence[pulumi.Resource]) -> ServerLeeway:
        args, host = self._args, self._host
        return ServerLeeway(
            f"{self._name}-leeway",
            ServerLeewayArgs(
                ssh=host.ssh,
                member=host.hostname,
                servers=[server.hostname for server in args.servers],
                http_port=args.ports.http,
                token=args.token,
                triggers=[spec_digest(spec)],
            ),
            pulumi.ResourceOptions(parent=self, depends_on=list(before)),
        )

    def _spec(self) -> SwarmServiceArgs:
        args, host = self._args, self._host
        return SwarmServiceArgs(
            service_name=self._name,
            image=args.image,
            command=[f"{INSIDE}/entrypoint"],
            env={
                "CONSUL_ROLE": self._role,
                "CONSUL_ADDRESS": host.private_ip,
                "CONSUL_DNS_PORT": str(args.ports.dns),
                "CONSUL_HTTP_PORT": str(args.ports.http),
                "CONSUL_GOSSIP_PORT": str(args.ports.gossip),
                "CONSUL_RECURSORS": " ".join(args.recursors),
            },
            server=host.hostname,
            network_id=args.network_id,
            files=[*args.scripts, *self._files()],
            volumes=[Volume(name=_VOLUME, target="/consul/data")],
            labels={ROLE_LABEL: self._role},
            health=Health(command=[f"{INSIDE}/health"], interval="5s", start_period="10s", retries=3),
            stop_grace="20s",
        )

    def _files(self) -> list[SwarmFile]:
        """Configuration, secrets and certificate."""
        args, host = self._args, self._host
        names = certificate_names(args.datacenter, args.domain, is_server=self._is_server)
        certificate = args.authority.issue(
            f"{self._name}-certificate",
            common_name=names[0],
            dns_names=names,
            addresses=["127.0.0.1", host.private_ip],
            opts=self._child,
        )
        files = {
            "config": SwarmFileArgs(path=f"{INSIDE}/config/agent.json", content=self._config()),
            "certificate": SwarmFileArgs(path=f"{INSIDE}/tls/agent.pem", content=certificate.certificate),
            "secrets": self._secret(SECRETS_FILE, self._secrets()),
            "key": self._secret(KEY_FILE, certificate.private_key),
        }
        return [SwarmFile(f"{self._name}-{noun}", file, self._child) for noun, file in files.items()]

    def _secret(self, path: str, content: pulumi.Output[str]) -> SwarmFileArgs:
        return SwarmFileArgs(path=path, content=content, mode=0o400, salt=self._args.seed, owner=_USER_ID)

    def _config(self) -> pulumi.Output[str]:
        args, host, is_server = self._args, self._host, self._is_server
        return host.private_ip.apply(
            lambda address: agent_config(
                AgentFacts(node=host.hostname, address=address, is_server=is_server, member=host.member),
                expected=args.expected,
                datacenter=args.datacenter,
                domain=args.domain,
                ports=args.ports,
            )
        )

    def _secrets(self) -> pulumi.Output[str]:
        node = self._host.hostname
        return self._args.seed.apply(
            lambda seed: agent_secrets(
                gossip_key=derived_gossip_key(seed),
                agent_token=derived_uuid(seed, f"agent {node}"),
                dns_token=derived_uuid(seed, "dns"),
            )
        )

    def _proof(self, service: SwarmService) -> WorkingAgent:
        args, host = self._args, self._host
        return WorkingAgent(
            f"{self._name}-working",
            WorkingAgentArgs(
                ssh=host.ssh,
                server_id=host.server_id,
                manager_ssh=args.managers,
                node=host.hostname,
                role=self._role,
                address=host.private_ip,
                service=self._name,
                volume=_VOLUME,
                peers=[server.ssh for server in args.servers],
                expected=args.expected,
                http_port=args.ports.http,
                rpc_port=args.ports.rpc,
                token=args.token,
                triggers=[service.service_id, service.spec_digest, host.node_id, host.shape, self.seat_id],
            ),
            pulumi.ResourceOptions(parent=self, depends_on=[service]),
        )
