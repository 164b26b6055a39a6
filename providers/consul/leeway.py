"""A Consul server is changed only while the others are a majority without it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import pulumi
from pulumi.dynamic import Resource

from providers.consul.api import Api
from providers.consul.errors import ConsulError, NoAnswerError
from providers.consul.voters import voters
from providers.leeway import SERVER_SECONDS, LeewayProvider, Voters
from providers.ssh import SshError, SshInputs, Target, connect
from providers.stateless import whole


@dataclass(frozen=True, kw_only=True)
class ServerLeewayArgs:
    """ssh: the agent's server. member: its name in Consul. servers: the names of all who are to vote.

    token: the management token, a secret. triggers: what restarts the agent.
    """

    ssh: SshInputs
    member: str
    servers: Sequence[str]
    http_port: int
    token: pulumi.Input[str]
    triggers: Sequence[pulumi.Input[str]]


class ServerLeewayProvider(LeewayProvider):
    """Asks the agent itself for what the leader's autopilot sees."""

    INPUTS: ClassVar = ("ssh", "member", "servers", "http_port", "token", "triggers")
    ERROR: ClassVar = ConsulError

    def voters(self, props: Mapping[str, Any]) -> Voters | None:
        """None where the agent does not answer, knows no leader, or has no ACL system that could tell.

        Autopilot takes a server that is lost from its list after a while; it is away all the same.
        """
        try:
            with connect(Target.from_inputs(props["ssh"]), deadline_seconds=SERVER_SECONDS) as server:
                api = Api(server, whole(props, "http_port"), str(props["token"]))
                seen = voters(api) if api.leader() else None
        except (SshError, NoAnswerError):
            return None
        if not seen:
            return None
        well = {one.name: one.is_healthy for one in seen if one.votes}
        return Voters(well=well, missing=[name for name in props["servers"] if name not in well])


class ServerLeeway(Resource, module="consul", name="ServerLeeway"):
    """Stands between a change of a Consul server and its service."""

    def __init__(self, name: str, args: ServerLeewayArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        props: dict[str, Any] = {**vars(args), "token": pulumi.Output.secret(args.token)}
        props |= {"servers": list(args.servers), "triggers": list(args.triggers)}
        super().__init__(ServerLeewayProvider(), name, props, opts)
