"""Consul's ACL system: set up once by the program, then policies and tokens as declared."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypedDict

import pulumi
from pulumi.dynamic import Resource

from providers.consul.acl_provider import AclSystemProvider
from providers.ssh import SshInputs


class AclToken(TypedDict):
    """A token with its own policy.

    name: of the policy, and what people see. rules: in Consul's own language. accessor: the token's public
    id. secret: the token itself, a secret.
    """

    name: str
    rules: str
    accessor: pulumi.Input[str]
    secret: pulumi.Input[str]


@dataclass(frozen=True, kw_only=True)
class AclSystemArgs:
    """servers: SSH to the Consul servers, asked in this order. http_port: of the API on their loopback.

    management_token: what the system is set up with; made by the program beforehand and kept in its state, so
    that a killed run finds its own work again. A secret.
    triggers: a change means to look at everything again: Consul may have lost what it knew.
    """

    servers: Sequence[SshInputs]
    http_port: int
    management_token: pulumi.Input[str]
    tokens: Sequence[AclToken]
    triggers: Sequence[pulumi.Input[Any]] = field(default_factory=tuple)
    timeout_seconds: int = field(default=120)


class AclSystem(Resource, module="consul", name="AclSystem"):
    """The ACL system with its management token, and one policy for each further token."""

    def __init__(self, name: str, args: AclSystemArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        tokens: list[Mapping[str, Any]] = [
            {**token, "secret": pulumi.Output.secret(token["secret"])} for token in args.tokens
        ]
        props: dict[str, Any] = {
            **vars(args),
            "servers": list(args.servers),
            "management_token": pulumi.Output.secret(args.management_token),
            "tokens": tokens,
            "triggers": list(args.triggers),
        }
        super().__init__(AclSystemProvider(), name, props, opts)
