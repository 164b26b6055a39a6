"""A server's load balancer seen to lead to the database: what the change of the next one waits for."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import pulumi
from pulumi.dynamic import Resource

from providers.load_balancer.serving_provider import ServingBalancerProvider
from providers.ssh import SshInputs


@dataclass(frozen=True, kw_only=True)
class ServingBalancerArgs:
    """Which load balancer, and when it counts as serving.

    ssh: the server that carries it. manager_ssh: the swarm's managers, asked in this order.
    service: its service in the swarm.
    writer_port, reader_port: where SQL answers on its own server (127.0.0.1).
    password: of the database's root; a secret.
    triggers: whatever makes it start anew; a change means to wait again.
    timeout_seconds: how long it may take without a sign of progress.
    """

    ssh: SshInputs
    manager_ssh: Sequence[SshInputs]
    service: str
    writer_port: int
    reader_port: int
    password: pulumi.Input[str]
    triggers: Sequence[pulumi.Input[Any]] = field(default_factory=tuple)
    timeout_seconds: int = 120


class ServingBalancer(Resource, module="load-balancer", name="ServingBalancer"):
    """One load balancer, running by the current spec of its service, with SQL behind both ports."""

    writer: pulumi.Output[str]
    """The member behind the writer port when that was last seen; empty if a refresh found none."""

    def __init__(
        self, name: str, args: ServingBalancerArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        props: dict[str, Any] = {
            "ssh": args.ssh,
            "manager_ssh": list(args.manager_ssh),
            "service": args.service,
            "writer_port": args.writer_port,
            "reader_port": args.reader_port,
            "password": pulumi.Output.secret(args.password),
            "triggers": list(args.triggers),
            "timeout_seconds": args.timeout_seconds,
            "writer": None,
        }
        super().__init__(ServingBalancerProvider(), name, props, opts)
