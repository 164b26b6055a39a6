"""What MariaDB would keep of databases and accounts, for the statements that the providers use."""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest

from providers.galera import accounts, database_provider, root_account, user_provider
from providers.galera.errors import GaleraError
from providers.galera.sql import SqlDeniedError


@dataclass
class FakeMaria:
    """One cluster. `log` holds every statement with its values; `roots` are root's hosts and passwords, where
    those are looked at.
    """

    databases: dict[str, tuple[str, str]] = field(default_factory=dict)
    passwords: dict[tuple[str, str], str] = field(default_factory=dict)
    grants: dict[tuple[str, str], dict[str, set[str]]] = field(default_factory=dict)
    roots: dict[str, str] = field(default_factory=dict)
    of_members: set[str] | None = None
    """What the members' own account may do; None if there is none."""
    log: list[str] = field(default_factory=list)
    is_up: bool = True
    version: str = "10.11.6-MariaDB-0+deb12u1"

    @contextmanager
    def any_member(self, props: Mapping[str, Any], *, or_its_own: bool = False) -> Iterator["FakeMaria"]:
        assert {"members", "port", "root_password"} <= set(props)
        if not self.is_up:
            said = "no member of the cluster takes SQL"
            raise GaleraError(said)
        password = str(props["root_password"])
        taken = or_its_own or any(accounts.is_password(password, one) for one in self.roots.values())
        if self.roots and not taken:
            said = "the member refuses the password of root"
            raise SqlDeniedError(said)
        yield self

    def rows(self, _connection: object, statement: str, *values: Any) -> list[tuple[Any, ...]]:
        self.log.append(f"{statement} {values}")
        text = statement.replace("%%", "%") if values else statement
        for pattern, answer in _STATEMENTS:
            if found := re.fullmatch(pattern, text):
                return answer(self, found, values) or []
        pytest.fail(f"no answer for: {statement}")


def _database(maria: FakeMaria, found: re.Match[str], _values: tuple[Any, ...]) -> None:
    name = found["name"].replace("``", "`")
    if found["verb"] == "CREATE":
        maria.databases.setdefault(name, (found["charset"], found["collation"]))
    else:
        maria.databases[name] = (found["charset"], found["collation"])


def _drop_database(maria: FakeMaria, found: re.Match[str], _values: tuple[Any, ...]) -> None:
    maria.databases.pop(found["name"], None)


def _create_user(maria: FakeMaria, _found: re.Match[str], values: tuple[Any, ...]) -> None:
    user, host, secret = values
    maria.passwords.setdefault((user, host), secret)
    maria.grants.setdefault((user, host), {})


def _alter_user(maria: FakeMaria, _found: re.Match[str], values: tuple[Any, ...]) -> None:
    user, host, secret = values
    maria.passwords[user, host] = secret


def _alter_roots(maria: FakeMaria, _found: re.Match[str], values: tuple[Any, ...]) -> None:
    for user, host, secret in zip(values[::3], values[1::3], values[2::3], strict=True):
        assert user == "root"
        maria.roots[host] = secret


def _drop_user(maria: FakeMaria, _found: re.Match[str], values: tuple[Any, ...]) -> None:
    maria.passwords.pop(values, None)
    maria.grants.pop(values, None)


def _change(maria: FakeMaria, found: re.Match[str], values: tuple[Any, ...]) -> None:
    has = maria.grants[values].setdefault(found["on"], set())
    privileges = set(found["privileges"].split(", "))
    if found["verb"] == "GRANT":
        has |= privileges
    else:
        has -= privileges


def _make_members_own(maria: FakeMaria, _found: re.Match[str], _values: tuple[Any, ...]) -> None:
    maria.of_members = maria.of_members or set()


def _grant_members_own(maria: FakeMaria, found: re.Match[str], _values: tuple[Any, ...]) -> None:
    assert maria.of_members is not None, "a grant makes no account"
    maria.of_members |= {f"{one} ON {found['on']}" for one in found["privileges"].split(", ")}


def _show(maria: FakeMaria, _found: re.Match[str], values: tuple[Any, ...]) -> list[tuple[Any, ...]]:
    user, host = values
    if "MariaDB" not in maria.version:
        return _show_as_mysql(maria, user, host)
    lines = [f"GRANT USAGE ON *.* TO `{user}`@`{host}` IDENTIFIED BY PASSWORD '{maria.passwords[values]}'"]
    for on, privileges in maria.grants[values].items():
        if privileges:
            option = " WITH GRANT OPTION" if "GRANT OPTION" in privileges else ""
            plain = ", ".join(sorted(privileges - {"GRANT OPTION"})) or "USAGE"
            lines.append(f"GRANT {plain} ON {on} TO `{user}`@`{host}`{option}")
    return [(line,) for line in lines]


#: What MySQL names one by one on *.*, in the place of ALL PRIVILEGES (copied from a server).
ALL_OF_MYSQL = (
    "SELECT, INSERT, UPDATE, DELETE, CREATE, DROP, RELOAD, SHUTDOWN, PROCESS, FILE, REFERENCES, INDEX, "
    "ALTER, SHOW DATABASES, SUPER, CREATE TEMPORARY TABLES, LOCK TABLES, EXECUTE, REPLICATION SLAVE, "
    "REPLICATION CLIENT, CREATE VIEW, SHOW VIEW, CREATE ROUTINE, ALTER ROUTINE, CREATE USER, EVENT, TRIGGER, "
    "CREATE TABLESPACE, CREATE ROLE, DROP ROLE"
)


def _show_as_mysql(maria: FakeMaria, user: str, host: str) -> list[tuple[Any, ...]]:
    """No password, and what components add on *.* in a line of its own."""
    lines = [f"GRANT USAGE ON *.* TO `{user}`@`{host}`"]
    for on, privileges in maria.grants[user, host].items():
        option = " WITH GRANT OPTION" if "GRANT OPTION" in privileges else ""
        plain = ", ".join(sorted(one for one in privileges if one != "GRANT OPTION" and "_" not in one))
        added = ",".join(sorted(one for one in privileges if "_" in one))
        if on == "*.*" and plain == "ALL PRIVILEGES":
            plain, added = ALL_OF_MYSQL, "BACKUP_ADMIN,XA_RECOVER_ADMIN"
        if plain or (option and not added):
            lines.append(f"GRANT {plain or 'USAGE'} ON {on} TO `{user}`@`{host}`{option}")
        if added:
            lines.append(f"GRANT {added} ON {on} TO `{user}`@`{host}`{option}")
    return [(line,) for line in lines]


_FORM = r"`(?P<name>.+)` CHARACTER SET (?P<charset>\w+) COLLATE (?P<collation>\w+)"
_STATEMENTS: list[tuple[str, Any]] = [
    (rf"(?P<verb>CREATE) DATABASE IF NOT EXISTS {_FORM}", _database),
    (rf"(?P<verb>ALTER) DATABASE {_FORM}", _database),
    (r"DROP DATABASE IF EXISTS `(?P<name>.+)`", _drop_database),
    (
        r"SELECT DEFAULT_CHARACTER_SET_NAME, .*",
        lambda maria, _f, values: [maria.databases[values[0]]] if values[0] in maria.databases else [],
    ),
    (r"CREATE USER IF NOT EXISTS %s@%s IDENTIFIED BY PASSWORD %s", _create_user),
    (r"ALTER USER %s@%s IDENTIFIED BY PASSWORD %s", _alter_user),
    (
        r"SELECT User, Host FROM mysql.user WHERE User = 'root'",
        lambda maria, _f, _values: [("root", host) for host in maria.roots],
    ),
    (
        r"ALTER USER %s@%s IDENTIFIED BY PASSWORD %s(, %s@%s IDENTIFIED BY PASSWORD %s)+",
        _alter_roots,
    ),
    (r"SELECT VERSION\(\)", lambda maria, _f, _values: [(maria.version,)]),
    (r"CREATE USER IF NOT EXISTS %s@%s IDENTIFIED WITH caching_sha2_password AS %s", _create_user),
    (r"ALTER USER %s@%s IDENTIFIED WITH caching_sha2_password AS %s", _alter_user),
    (
        r"ALTER USER %s@%s IDENTIFIED WITH caching_sha2_password AS %s(, %s@%s IDENTIFIED WITH .*)+",
        _alter_roots,
    ),
    (r"DROP USER IF EXISTS %s@%s", _drop_user),
    (r"(?P<verb>GRANT|REVOKE) (?P<privileges>.+) ON (?P<on>\S+) (TO|FROM) %s@%s", _change),
    (r"CREATE USER IF NOT EXISTS mysql@localhost IDENTIFIED VIA unix_socket", _make_members_own),
    (r"GRANT (?P<privileges>.+) ON (?P<on>\S+) TO mysql@localhost", _grant_members_own),
    (r"SHOW GRANTS FOR %s@%s", _show),
    (
        r"SELECT authentication_string .*",
        lambda maria, _f, values: [(maria.passwords[values],)] if values in maria.passwords else [],
    ),
]


def installed(monkeypatch: pytest.MonkeyPatch) -> FakeMaria:
    """The cluster that the providers of databases and users reach."""
    maria = FakeMaria()
    for module in (database_provider, root_account, user_provider):
        monkeypatch.setattr(module, "any_member", maria.any_member)
        monkeypatch.setattr(module, "rows", maria.rows)
    monkeypatch.setattr(accounts, "rows", maria.rows)
    return maria
