"""An agent seen at work: what the change of the next one waits for. Its deletion takes it out in order."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import pulumi
from pulumi.dynamic import Resource

from providers.consul.agent_provider import WorkingAgentProvider
from providers.ssh import SshInputs


@dataclass(frozen=True, kw_only=True)
class WorkingAgentArgs:
    """Which agent, and when it counts as there.

    ssh, server_id: its server. manager_ssh: the swarm's managers, asked in this order.
    node: its name in Consul. role: "server" or "client". address: its private address.
    service: its service in the swarm. volume: its data volume.
    peers: SSH to all Consul servers, for the day on which it cannot leave by itself.
    expected: how many servers there have to be before the first leader is elected.
    token: the management token, a secret.
    triggers: whatever makes the agent start anew; a change means to wait again.
    timeout_seconds: how long the agent may take without a sign of progress.
    """

    ssh: SshInputs
    server_id: pulumi.Input[str]
    manager_ssh: Sequence[SshInputs]
    node: str
    role: str
    address: pulumi.Input[str]
    service: str
    volume: str
    peers: Sequence[SshInputs]
    expected: int
    http_port: int
    rpc_port: int
    token: pulumi.Input[str]
    triggers: Sequence[pulumi.Input[Any]] = field(default_factory=tuple)
    timeout_seconds: int = 300


class WorkingAgent(Resource, module="consul", name="WorkingAgent"):
    """One agent that runs by the present spec of its service and knows a leader.

    A Consul server counts only while all who vote are well: that is what the next one may be restarted on.
    """

    state: pulumi.Output[str]
    """As last seen: "leader", "follower", "client", "waits for its peers", "unreachable"."""

    def __init__(self, name: str, args: WorkingAgentArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        props: dict[str, Any] = {**vars(args), "token": pulumi.Output.secret(args.token), "state": None}
        for key in ("manager_ssh", "peers", "triggers"):
            props[key] = list(props[key])
        super().__init__(WorkingAgentProvider(), name, props, opts)
