"""The swarm: made on the first server, joined by the others on private addresses."""

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi

from components.server import Server
from providers.swarm import SwarmInit, SwarmInitArgs, SwarmNode, SwarmNodeArgs

#: Port on which managers speak to each other and to joiners.
MANAGEMENT_PORT = 2377


@dataclass(frozen=True, kw_only=True)
class SwarmArgs:
    """Who is in it.

    servers: all servers, managers first.
    managers: how many of them are managers, an odd number up to seven.
    data_path_port: UDP port of the overlay traffic; None for Docker's 4789.
    address_pool, address_pool_mask: where networks without a subnet of their own are cut from, and how large
        each is; None for Docker's 10.0.0.0/8, which is the servers' own network on SoftLayer.
    """

    servers: Sequence[Server]
    managers: int
    data_path_port: int | None = None
    address_pool: str | None = None
    address_pool_mask: int = 24


class Swarm(pulumi.ComponentResource):
    """All servers as nodes, in their roles, labelled with the name of their server."""

    nodes: list[SwarmNode]
    """In the order of the servers."""
    swarm_id: pulumi.Output[str]
    managers: list[str]
    workers: list[str]

    def __init__(self, name: str, args: SwarmArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("galera-swarm:swarm:Swarm", name, None, opts)
        first = args.servers[0]
        manager_servers = args.servers[: args.managers]
        self.managers = [server.hostname for server in manager_servers]
        self.workers = [server.hostname for server in args.servers[args.managers :]]
        init = SwarmInit(
            f"{name}-init",
            SwarmInitArgs(
                ssh=first.ssh,
                server_id=first.server_id,
                advertise_address=first.private_ip,
                data_path_port=args.data_path_port,
                address_pool=args.address_pool,
                address_pool_mask=args.address_pool_mask,
                managers=[server.ssh for server in manager_servers[1:]],
            ),
            pulumi.ResourceOptions(parent=self, depends_on=[first.host]),
        )
        self.swarm_id = init.swarm_id
        self.nodes = []
        for index, server in enumerate(args.servers):
            self.nodes.append(
                SwarmNode(
                    f"{name}-{server.hostname}",
                    SwarmNodeArgs(
                        ssh=server.ssh,
                        server_id=server.server_id,
                        hostname=server.hostname,
                        managers=[manager.ssh for manager in manager_servers if manager is not server],
                        role="manager" if index < args.managers else "worker",
                        join_address=first.private_ip.apply(lambda address: f"{address}:{MANAGEMENT_PORT}"),
                        join_token=init.worker_token,
                        swarm_id=init.swarm_id,
                        advertise_address=server.private_ip,
                        labels={},
                    ),
                    pulumi.ResourceOptions(parent=self, depends_on=[init, server.host]),
                )
            )
        self.register_outputs({"managers": self.managers, "workers": self.workers})
