"""A database in the cluster."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pulumi
from pulumi.dynamic import Resource

from providers.galera.database_provider import DatabaseProvider
from providers.ssh import SshInputs


@dataclass(frozen=True, kw_only=True)
class DatabaseArgs:
    """What the database is called and how it is reached.

    members: servers of the members, tried in this order.
    port: where SQL answers on each of them.
    root_password: a secret.
    allow_drop: whether deleting the resource drops the database with its data; otherwise the database stays.
    """

    members: Sequence[SshInputs]
    port: int
    root_password: pulumi.Input[str]
    database: str
    charset: str = "utf8mb4"
    collation: str = "utf8mb4_general_ci"
    allow_drop: bool = False


class Database(Resource, module="galera", name="Database"):
    """One database. One that is there already is taken over."""

    database: pulumi.Output[str]

    def __init__(self, name: str, args: DatabaseArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        props: dict[str, Any] = {
            "members": list(args.members),
            "port": args.port,
            "root_password": pulumi.Output.secret(args.root_password),
            "database": args.database,
            "charset": args.charset,
            "collation": args.collation,
            "allow_drop": args.allow_drop,
        }
        super().__init__(DatabaseProvider(), name, props, opts)
