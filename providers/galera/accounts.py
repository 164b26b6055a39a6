"""How an account's password is written and recognised: MariaDB's way, or MySQL 8's (Percona XtraDB Cluster).

What to do is asked of the server that answers, so nothing about it has to be kept in the stack's state.
"""

import hashlib
from collections.abc import Sequence
from typing import TYPE_CHECKING

from providers.galera.sha2_password import is_form_of, stored_form
from providers.galera.sql import rows

if TYPE_CHECKING:
    from providers.galera.sql import SqlConnection

_SELECT = "SELECT authentication_string FROM mysql.user WHERE User = %s AND Host = %s"
_MARIADB = "IDENTIFIED BY PASSWORD %s"
_MYSQL = "IDENTIFIED WITH caching_sha2_password AS %s"


def stored_password(connection: "SqlConnection", user: str, host: str) -> str | None:
    """What the server keeps of the account's password; None if there is no such account."""
    found = rows(connection, _SELECT, user, host)
    return _text(found[0][0]) if found else None


def is_password(password: str, stored: str) -> bool:
    """Whether this is what the server keeps of that password, in either form."""
    return stored == password_hash(password) or is_form_of(password, stored)


def set_password(connection: "SqlConnection", user: str, host: str, password: str) -> None:
    """Make the account if there is none, and give it this password. Only a hash goes to the server."""
    on_mariadb = is_mariadb(connection)
    if not on_mariadb:  # its form has a salt: written again, the same password would look like another one
        stored = stored_password(connection, user, host)
        if stored is not None and is_form_of(password, stored):
            return
    form, secret = _written(password, on_mariadb=on_mariadb)
    rows(connection, f"CREATE USER IF NOT EXISTS %s@%s {form}", user, host, secret)
    rows(connection, f"ALTER USER %s@%s {form}", user, host, secret)


def set_passwords(connection: "SqlConnection", accounts: Sequence[tuple[object, ...]], password: str) -> None:
    """Give accounts that are there this password, all in one statement."""
    form, secret = _written(password, on_mariadb=is_mariadb(connection))
    values = [value for user, host in accounts for value in (_text(user), _text(host), secret)]
    rows(connection, "ALTER USER " + ", ".join([f"%s@%s {form}"] * len(accounts)), *values)


def _written(password: str, *, on_mariadb: bool) -> tuple[str, str]:
    """The clause of a statement, and the hash that goes with it."""
    return (_MARIADB, password_hash(password)) if on_mariadb else (_MYSQL, stored_form(password))


def is_mariadb(connection: "SqlConnection") -> bool:
    """By the server's own word: "10.11.6-MariaDB-0+deb12u1", or "8.0.43-34.1"."""
    return "mariadb" in _text(rows(connection, "SELECT VERSION()")[0][0]).lower()


def password_hash(password: str) -> str:
    """mysql_native_password's form, so that the password itself never goes to the server or into its logs."""
    inner = hashlib.sha1(password.encode(), usedforsecurity=False).digest()
    return "*" + hashlib.sha1(inner, usedforsecurity=False).hexdigest().upper()


def _text(value: object) -> str:
    return value.decode(errors="replace") if isinstance(value, bytes) else str(value)
