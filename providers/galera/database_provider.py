"""What happens to a `Database`: created, altered, read; dropped only where that was allowed."""

import re
from typing import Any, ClassVar

from pulumi.dynamic import CheckFailure, CheckResult, CreateResult, ReadResult, UpdateResult

from providers.galera.errors import GaleraError
from providers.galera.sql import any_member, identifier, rows
from providers.ssh import SshError
from providers.stateless import StatelessProvider, gone, holds_unknown, without_provider

#: Databases of the server itself.
SYSTEM_DATABASES = frozenset({"mysql", "information_schema", "performance_schema", "sys"})
_WORD = re.compile(r"[A-Za-z0-9_]+")
_SELECT = (
    "SELECT DEFAULT_CHARACTER_SET_NAME, DEFAULT_COLLATION_NAME FROM information_schema.SCHEMATA"
    " WHERE SCHEMA_NAME = %s"
)


class DatabaseProvider(StatelessProvider):
    """The name is the identity; character set and collation change in place, for tables made later."""

    INPUTS: ClassVar = (
        "members",
        "port",
        "root_password",
        "database",
        "charset",
        "collation",
        "allow_drop",
    )
    IDENTITY: ClassVar = ("database",)
    COMPARED: ClassVar = ("members", "port", "root_password", "charset", "collation", "allow_drop")

    def check(self, _olds: dict[str, Any], news: dict[str, Any]) -> CheckResult:
        """Refuse names that are the server's own or that MariaDB does not take."""
        inputs, failures = without_provider(news), []
        name = inputs.get("database")
        if not holds_unknown(name) and not _is_name(str(name)):
            failures.append(CheckFailure("database", f"{name!r} cannot be the name of a database"))
        for key in ("charset", "collation"):
            value = inputs.get(key)
            if not holds_unknown(value) and not _WORD.fullmatch(str(value)):
                failures.append(CheckFailure(key, f"{value!r} is not the name of a {key}"))
        return CheckResult(inputs, failures)

    def create(self, props: dict[str, Any]) -> CreateResult:
        """Create the database, or take over the one that is there."""
        self._apply(props)
        return CreateResult(str(props["database"]), outs=without_provider(props))

    def update(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> UpdateResult:
        """Alter its defaults."""
        self._apply(_news)
        return UpdateResult(outs=self.taken_over(_olds, _news))

    def read(self, id_: str, props: dict[str, Any]) -> ReadResult:
        """Gone if a member that takes SQL does not have it; what was recorded if no member takes SQL."""
        try:
            with any_member(props) as connection:
                found = rows(connection, _SELECT, str(props["database"]))
        except (GaleraError, SshError) as exc:
            return self.unseen(id_, props, exc)
        if not found:
            return gone()
        charset, collation = found[0]
        return self.found(id_, {**props, "charset": str(charset), "collation": str(collation)})

    def delete(self, _id: str, _props: dict[str, Any]) -> None:
        """Drop it with its data where `allow_drop` says so; otherwise it stays."""
        if not _props.get("allow_drop"):
            return
        with any_member(_props, or_its_own=True) as connection:
            rows(connection, f"DROP DATABASE IF EXISTS {identifier(str(_props['database']))}")

    def _apply(self, props: dict[str, Any]) -> None:
        name = identifier(str(props["database"]))
        form = f"CHARACTER SET {props['charset']} COLLATE {props['collation']}"
        with any_member(props) as connection:
            rows(connection, f"CREATE DATABASE IF NOT EXISTS {name} {form}")
            charset, collation = rows(connection, _SELECT, str(props["database"]))[0]
            if (charset, collation) != (props["charset"], props["collation"]):
                rows(connection, f"ALTER DATABASE {name} {form}")


def _is_name(name: str) -> bool:
    return 0 < len(name) <= 64 and name.lower() not in SYSTEM_DATABASES
