"""HAProxy on every server: one port to the member that takes the writes, one to every member that is Synced.

Each server's is a pinned service of its own, so that a change walks from one server to the next, and goes on
only when SQL has been seen behind both ports of the one before.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pulumi

from components.database import Cluster
from components.ground import Ground
from components.load_balancer_config import (
    READER_PORT,
    SITE_PORT,
    STATS_PORT,
    STATS_USER,
    WRITER_PORT,
    BalancerPlan,
    SitePlan,
    configuration,
    statistics_page,
)
from components.swarm_file import SwarmFile, SwarmFileArgs
from components.swarm_service import Health, Port, SwarmService, SwarmServiceArgs
from providers.load_balancer import ServingBalancer, ServingBalancerArgs
from providers.secrets import RandomPassword, RandomPasswordArgs
from providers.ssh import SshInputs

_SERVICE_FILES = Path(__file__).resolve().parent.parent / "services" / "load_balancer"
_INSIDE = "/opt/galera-swarm"
_CONFIG = "/usr/local/etc/haproxy"
#: Uid and gid of HAProxy in its image.
_HAPROXY = 99
#: Name on the overlay network under which containers find all of them.
ALIAS = "load-balancer"


@dataclass(frozen=True, kw_only=True)
class BalancerHost:
    """The server that carries one of them.

    node_id: of its swarm node; a new one means a new server. shape: the server's; another one means a reboot.
    ready: what must be there before its service.
    """

    hostname: str
    ssh: SshInputs
    node_id: pulumi.Input[str]
    shape: str
    private_ip: pulumi.Input[str]
    ready: Sequence[pulumi.Resource] = ()


@dataclass(frozen=True, kw_only=True)
class LoadBalancerArgs:
    """What runs and where.

    hosts: every server, in the order in which a change walks them.
    ports: door (`writer`, `reader`, `stats`) to the port on the servers.
    site_port: the port of the plan's web site on the servers.
    root_password: with which the proofs ask for SQL.
    """

    image: pulumi.Input[str]
    hosts: Sequence[BalancerHost]
    managers: Sequence[SshInputs]
    network_id: pulumi.Input[str]
    plan: BalancerPlan
    ports: dict[str, int]
    root_password: pulumi.Input[str]
    site_port: int | None = None
    stats_password: pulumi.Input[str] | None = None


class LoadBalancer(pulumi.ComponentResource):
    """One on each server, each seen to lead to the database."""

    endpoints: pulumi.Output[dict[str, object]]
    """`writer`, `reader` and `stats`, each a list of `{server, host, port}`."""
    stats_password: pulumi.Output[str]
    """Password of the statistics page, a secret."""
    serving: list[ServingBalancer]
    """The proofs, in the order of the servers."""

    def __init__(self, name: str, args: LoadBalancerArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("galera-swarm:load-balancer:LoadBalancer", name, None, opts)
        self._name, self._args = name, args
        self.stats_password = self._stats_password()
        self._files = self._container_files()
        self.serving = []
        for number, host in enumerate(args.hosts, 1):
            before = self.serving[-1:]
            service = self._service(f"{name}-{number}", host, before)
            self.serving.append(self._proof(f"{name}-{number}", host, service, before))
        self.endpoints = pulumi.Output.all(*[host.private_ip for host in args.hosts]).apply(
            lambda addresses: {
                door: [
                    {"server": host.hostname, "host": address, "port": port}
                    for host, address in zip(args.hosts, addresses, strict=True)
                ]
                for door, port in args.ports.items()
            }
        )
        self.register_outputs({"endpoints": self.endpoints})

    def _password(self, role: str) -> pulumi.Output[str]:
        made = RandomPassword(
            f"{self._name}-{role}", RandomPasswordArgs(), pulumi.ResourceOptions(parent=self)
        )
        return made.result

    def _stats_password(self) -> pulumi.Output[str]:
        given = self._args.stats_password
        return self._password("stats-password") if given is None else pulumi.Output.secret(given)

    def _container_files(self) -> list[SwarmFile]:
        child = pulumi.ResourceOptions(parent=self)
        programs = {program: (_SERVICE_FILES / program).read_text() for program in ("health", "serve")}
        return [
            *[
                SwarmFile(
                    f"{self._name}-{program}",
                    SwarmFileArgs(path=f"{_INSIDE}/{program}", content=text, mode=0o555),
                    child,
                )
                for program, text in programs.items()
            ],
            SwarmFile(
                f"{self._name}-config",
                SwarmFileArgs(path=f"{_CONFIG}/haproxy.cfg", content=configuration(self._args.plan)),
                child,
            ),
            SwarmFile(
                f"{self._name}-statistics",
                SwarmFileArgs(
                    path=f"{_CONFIG}/statistics.cfg",
                    content=self.stats_password.apply(statistics_page),
                    mode=0o400,
                    salt=self._password("file-salt"),
                    owner=_HAPROXY,
                ),
                child,
            ),
        ]

    def _service(self, name: str, host: BalancerHost, before: Sequence[pulumi.Resource]) -> SwarmService:
        args = self._args
        inside = {"writer": WRITER_PORT, "reader": READER_PORT, "stats": STATS_PORT}
        ports = [Port(target=inside[door], published=port) for door, port in args.ports.items()]
        if args.site_port is not None:
            ports.append(Port(target=SITE_PORT, published=args.site_port))
        return SwarmService(
            name,
            SwarmServiceArgs(
                service_name=name,
                image=args.image,
                command=[
                    *(f"{_INSIDE}/serve", args.plan.members_name, "haproxy", "-W", "-db"),
                    *("-f", f"{_CONFIG}/haproxy.cfg", "-f", f"{_CONFIG}/statistics.cfg"),
                ],
                server=host.hostname,
                network_id=args.network_id,
                aliases=[ALIAS],
                files=self._files,
                ports=ports,
                health=Health(command=[f"{_INSIDE}/health"], interval="5s", retries=3),
            ),
            pulumi.ResourceOptions(parent=self, depends_on=[*host.ready, *before]),
        )

    def _proof(
        self, name: str, host: BalancerHost, service: SwarmService, before: Sequence[pulumi.Resource]
    ) -> ServingBalancer:
        args = self._args
        return ServingBalancer(
            f"{name}-serving",
            ServingBalancerArgs(
                ssh=host.ssh,
                manager_ssh=args.managers,
                service=name,
                writer_port=args.ports["writer"],
                reader_port=args.ports["reader"],
                password=args.root_password,
                triggers=[service.service_id, service.spec_digest, host.node_id, host.shape],
            ),
            pulumi.ResourceOptions(parent=self, depends_on=[service, *before]),
        )


def declare_load_balancer(ground: Ground, galera: Cluster, site: SitePlan | None = None) -> LoadBalancer:
    """The load balancer of a stack: behind the members, since it is proven by their answers.

    site: the web site that every server answers with, if there is one.
    """
    settings, balancer = ground.settings, ground.settings.load_balancer
    balancing = LoadBalancer(
        "load-balancer",
        LoadBalancerArgs(
            image=ground.pinned("load-balancer", balancer.image),
            hosts=[
                BalancerHost(
                    hostname=server.hostname,
                    ssh=server.ssh,
                    node_id=node.node_id,
                    shape=server.shape,
                    private_ip=server.private_ip,
                    ready=[server, node],
                )
                for server, node in zip(ground.servers, ground.swarm.nodes, strict=True)
            ],
            managers=ground.managers,
            network_id=ground.network.network_id,
            plan=BalancerPlan(
                members_name=f"{settings.database.cluster_name}-members",
                members=len(settings.members),
                max_connections=balancer.max_connections,
                site=site,
            ),
            site_port=settings.wordpress.port if site else None,
            ports=dict(balancer.ports.items()),
            root_password=galera.root_password,
            stats_password=(balancer.stats_password.get_secret_value() if balancer.stats_password else None),
        ),
        pulumi.ResourceOptions.merge(ground.on_swarm, pulumi.ResourceOptions(depends_on=[galera])),
    )
    pulumi.export("loadBalancer", balancing.endpoints.apply(lambda doors: {**doors, "statsUser": STATS_USER}))
    pulumi.export("loadBalancerStatsPassword", pulumi.Output.secret(balancing.stats_password))
    return balancing
