"""What happens to a `DatabaseUser`: made with exactly the declared grants, read from the server, dropped."""

from typing import TYPE_CHECKING, Any, ClassVar

from pulumi.dynamic import CheckFailure, CheckResult, CreateResult, ReadResult, UpdateResult

from providers.galera.accounts import is_password, set_password, stored_password
from providers.galera.errors import GaleraError
from providers.galera.grants import as_declared, declared, problem, shown, statements
from providers.galera.sql import any_member, rows
from providers.ssh import SshError
from providers.stateless import StatelessProvider, gone, holds_unknown, without_provider

if TYPE_CHECKING:
    from providers.galera.sql import SqlConnection

#: Accounts of the server and of this product.
SYSTEM_USERS = frozenset(
    {
        *("root", "mysql", "mariadb.sys", "public", ""),
        *("mysql.sys", "mysql.session", "mysql.infoschema"),
        *("mysql.pxc.internal.session", "mysql.pxc.sst.role", "mysql.pxc.sst.user"),
    }
)
SYSTEM_USER_PREFIX = "galera_swarm"


class DatabaseUserProvider(StatelessProvider):
    """User and host are the identity; password and grants change in place."""

    INPUTS: ClassVar = ("members", "port", "root_password", "user", "host", "password", "grants")
    IDENTITY: ClassVar = ("user", "host")
    COMPARED: ClassVar = ("members", "port", "root_password", "password", "grants")

    def check(self, _olds: dict[str, Any], news: dict[str, Any]) -> CheckResult:
        """Refuse accounts that are the server's own, and grants that cannot be written."""
        inputs, failures = without_provider(news), []
        user = inputs.get("user")
        if not holds_unknown(user) and (_is_taken(str(user)) or len(str(user)) > 80):
            failures.append(CheckFailure("user", f"{user!r} cannot be the name of a user of yours"))
        if not holds_unknown(inputs.get("grants")):
            reasons = [problem(grant) for grant in inputs.get("grants") or ()]
            failures += [CheckFailure("grants", reason) for reason in reasons if reason]
        return CheckResult(inputs, failures)

    def create(self, props: dict[str, Any]) -> CreateResult:
        """Make the account, or bring the one that is there to the declared password and grants."""
        self._apply(props)
        return CreateResult(f"{props['user']}@{props['host']}", outs=without_provider(props))

    def update(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> UpdateResult:
        """Bring password and grants to what is declared."""
        self._apply(_news)
        return UpdateResult(outs=self.taken_over(_olds, _news))

    def read(self, id_: str, props: dict[str, Any]) -> ReadResult:
        """Gone if a member that takes SQL does not have it; other grants or another password are a change."""
        user, host = str(props["user"]), str(props["host"])
        try:
            with any_member(props) as connection:
                stored = stored_password(connection, user, host)
                has = _grants(connection, user, host) if stored is not None else {}
        except (GaleraError, SshError) as exc:
            return self.unseen(id_, props, exc)
        if stored is None:
            return gone()
        outs = dict(props)
        if not is_password(str(props["password"]), stored):
            outs["password"] = ""
        if has != declared(props.get("grants") or ()):
            outs["grants"] = as_declared(has)
        return self.found(id_, outs)

    def delete(self, _id: str, _props: dict[str, Any]) -> None:
        """Drop the account."""
        user, host = str(_props["user"]), str(_props["host"])
        with any_member(_props, or_its_own=True) as connection:
            rows(connection, "DROP USER IF EXISTS %s@%s", user, host)

    def _apply(self, props: dict[str, Any]) -> None:
        user, host = str(props["user"]), str(props["host"])
        with any_member(props) as connection:
            set_password(connection, user, host, str(props["password"]))
            wanted = declared(props.get("grants") or ())
            for statement in statements(_grants(connection, user, host), wanted):
                rows(connection, statement.replace("%", "%%") + "%s@%s", user, host)


def _is_taken(user: str) -> bool:
    return user.lower() in SYSTEM_USERS or user.lower().startswith(SYSTEM_USER_PREFIX)


def _grants(connection: "SqlConnection", user: str, host: str) -> dict[str, frozenset[str]]:
    return shown([str(row[0]) for row in rows(connection, "SHOW GRANTS FOR %s@%s", user, host)])
