"""A user of the cluster, with a password and grants."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, TypedDict

import pulumi
from pulumi.dynamic import Resource

from providers.galera.user_provider import DatabaseUserProvider
from providers.ssh import SshInputs


class Grant(TypedDict):
    """privileges: such as ["SELECT", "INSERT"] or ["ALL PRIVILEGES"]. on: "app.*", "app.orders" or "*.*"."""

    privileges: list[str]
    on: str


@dataclass(frozen=True, kw_only=True)
class DatabaseUserArgs:
    """Who the user is and what it may do.

    members: servers of the members, tried in this order.
    host: from where it may connect, in MariaDB's form ("%" for anywhere).
    password: a secret; only its hash goes to the servers.
    """

    members: Sequence[SshInputs]
    port: int
    root_password: pulumi.Input[str]
    user: str
    password: pulumi.Input[str]
    host: str = "%"
    grants: Sequence[Grant] = field(default_factory=tuple)


class DatabaseUser(Resource, module="galera", name="DatabaseUser"):
    """One account. Its password and grants are what is declared, and nothing else."""

    def __init__(self, name: str, args: DatabaseUserArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        props: dict[str, Any] = {
            "members": list(args.members),
            "port": args.port,
            "root_password": pulumi.Output.secret(args.root_password),
            "user": args.user,
            "host": args.host,
            "password": pulumi.Output.secret(args.password),
            "grants": [dict(grant) for grant in args.grants],
        }
        super().__init__(DatabaseUserProvider(), name, props, opts)
