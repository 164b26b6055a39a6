"""Databases, users and grants that the config asks for, kept so by every later change."""

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi

from providers.galera import Database, DatabaseArgs, DatabaseUser, DatabaseUserArgs
from providers.secrets import RandomPassword, RandomPasswordArgs
from providers.ssh import SshInputs
from settings.flavors import Name as FlavorName
from settings.model.database import DatabaseSchema
from settings.model.database import DatabaseUser as UserConfig


@dataclass(frozen=True, kw_only=True)
class SqlObjectsArgs:
    """What has to be there, and the servers through which SQL is reached, tried in order.

    cluster: with which all of it goes; so a cluster that does not answer any more can still be destroyed.
    """

    cluster: pulumi.Resource
    databases: Sequence[DatabaseSchema]
    users: Sequence[UserConfig]
    servers: Sequence[SshInputs]
    port: int
    root_password: pulumi.Input[str]
    flavor: FlavorName = "mariadb"


class SqlObjects(pulumi.ComponentResource):
    """One resource for each database and each user."""

    passwords: dict[str, pulumi.Output[str]]
    """Password of each user, given or generated; secrets."""

    def __init__(self, name: str, args: SqlObjectsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("galera-swarm:galera:SqlObjects", name, None, opts)
        databases = [
            Database(
                f"{name}-{database.name}",
                DatabaseArgs(
                    database=database.name,
                    charset=database.charset,
                    collation=database.effective_collation(args.flavor),
                    allow_drop=database.allow_drop,
                    members=list(args.servers),
                    port=args.port,
                    root_password=args.root_password,
                ),
                pulumi.ResourceOptions(parent=self, deleted_with=args.cluster),
            )
            for database in args.databases
        ]
        self.passwords = {}
        for user in args.users:
            account = f"{name}-{user.name}-{user.host.replace('%', 'any')}"
            if user.password is not None:
                password = pulumi.Output.secret(user.password.get_secret_value())
            else:
                password = RandomPassword(
                    f"{account}-password", RandomPasswordArgs(), pulumi.ResourceOptions(parent=self)
                ).result
            self.passwords[f"{user.name}@{user.host}"] = password
            DatabaseUser(
                account,
                DatabaseUserArgs(
                    user=user.name,
                    host=user.host,
                    password=password,
                    grants=[
                        {
                            "on": grant.on,
                            "privileges": [
                                *grant.privileges,
                                *(["GRANT OPTION"] if grant.grant_option else []),
                            ],
                        }
                        for grant in user.grants
                    ],
                    members=list(args.servers),
                    port=args.port,
                    root_password=args.root_password,
                ),
                pulumi.ResourceOptions(parent=self, depends_on=databases, deleted_with=args.cluster),
            )
        self.register_outputs({})
