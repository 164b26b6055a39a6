"""A seat of a replicated Galera service: a server on which one of its tasks may run (`homogeneous`)."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import pulumi
from pulumi.dynamic import Resource

from providers.galera.seat_provider import MemberSeatProvider
from providers.ssh import SshInputs


@dataclass(frozen=True, kw_only=True)
class MemberSeatArgs:
    """Which service gets which server.

    managers: servers of the swarm's managers, asked in this order.
    service: name in the swarm. label: the node label that its placement asks for.
    node_id: id of the seat's swarm node. hostname: its name, for messages.
    rank: 1 for the first seat of the service, and so on; the service has at least that many tasks.
    cluster_name: value of the label `galera-swarm.cluster` on the services of all members.
    survivors: servers of the members that stay when this one goes. port: where their SQL answers.
    password: of root; a secret.
    absent: members named as gone for good, which the expected size does not count.
    timeout_seconds: how long the rest of the cluster may take, without a sign of progress, when it goes.
    """

    managers: Sequence[SshInputs]
    service: str
    label: str
    node_id: pulumi.Input[str]
    hostname: str
    rank: int
    cluster_name: str
    port: int
    password: pulumi.Input[str]
    survivors: Sequence[SshInputs] = ()
    absent: Sequence[str] = field(default_factory=tuple)
    timeout_seconds: int = 900


class MemberSeat(Resource, module="galera", name="MemberSeat"):
    """One more member when it is made; one less, in order and seen by the others, when it is deleted."""

    def __init__(self, name: str, args: MemberSeatArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        props: dict[str, Any] = {
            **vars(args),
            "managers": list(args.managers),
            "survivors": list(args.survivors),
            "absent": list(args.absent),
            "password": pulumi.Output.secret(args.password),
        }
        super().__init__(MemberSeatProvider(), name, props, opts)
