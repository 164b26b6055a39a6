"""The accounts of root inside the database follow the password that the stack declares."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import pulumi
from pulumi.dynamic import CreateResult, Resource, UpdateResult

from providers.galera.accounts import is_mariadb, set_passwords
from providers.galera.errors import GaleraError
from providers.galera.sql import SqlDeniedError, any_member, rows
from providers.ssh import SshInputs
from providers.stateless import StatelessProvider, without_provider

if TYPE_CHECKING:
    from providers.galera.sql import SqlConnection


class RootAccountProvider(StatelessProvider):
    """At birth the members' own scripts give root its password, so there is nothing to create; a new one is
    set with the old one, before the members get it as their secret.
    """

    INPUTS: ClassVar = ("members", "port", "root_password")
    COMPARED: ClassVar = ("root_password",)

    def create(self, props: dict[str, Any]) -> CreateResult:
        """Keep what the birth will give, for the day on which it changes."""
        return CreateResult("root", outs=without_provider(props))

    def update(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> UpdateResult:
        """Set the new password on every account of root. Raises GaleraError if neither password is taken."""
        try:
            with any_member({**_news, "root_password": _olds["root_password"]}) as connection:
                _let_members_end_sessions(connection)
                accounts = rows(connection, "SELECT User, Host FROM mysql.user WHERE User = 'root'")
                set_passwords(connection, accounts, str(_news["root_password"]))
        except SqlDeniedError:
            self._see_new_password(_news)
        return UpdateResult(outs=self.taken_over(_olds, _news))

    def _see_new_password(self, news: dict[str, Any]) -> None:
        """A run that was killed after the change, or somebody at the server, has set it already."""
        try:
            with any_member(news) as connection:
                _let_members_end_sessions(connection)
        except SqlDeniedError as exc:
            said = (
                "root's password cannot be changed: the cluster takes neither the one before nor the new one;"
                " log in by the socket of a member and set the one that database.rootPassword names"
            )
            raise GaleraError(said) from exc


def _let_members_end_sessions(connection: "SqlConnection") -> None:
    """While the password rolls, a member with the one before ends sessions by the mysql account.

    That account is born with these rights (services/galera/flavor.sh), but not in clusters of an earlier
    checkout.
    """
    if is_mariadb(connection):
        rows(connection, "CREATE USER IF NOT EXISTS mysql@localhost IDENTIFIED VIA unix_socket")
        rows(connection, "GRANT PROCESS, CONNECTION ADMIN ON *.* TO mysql@localhost")
        rows(connection, "GRANT CREATE TEMPORARY TABLES ON mysql.* TO mysql@localhost")


@dataclass(frozen=True, kw_only=True)
class RootAccountArgs:
    """Whose password it is, and which one.

    members: servers of the members, tried in this order when the password changes.
    root_password: a secret; only its hash goes to the servers.
    """

    members: Sequence[SshInputs]
    port: int
    root_password: pulumi.Input[str]


class RootAccount(Resource, module="galera", name="RootAccount"):
    """root in the database. Whatever is given the password has to wait for this."""

    def __init__(self, name: str, args: RootAccountArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        props: dict[str, Any] = {
            "members": list(args.members),
            "port": args.port,
            "root_password": pulumi.Output.secret(args.root_password),
        }
        super().__init__(RootAccountProvider(), name, props, opts)
