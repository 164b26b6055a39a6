"""What an account may do: the declared form, the server's own form, and the way from one to the other."""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from providers.galera.sql import identifier

#: What a grant reaches ("`app`.*" in MariaDB's form) to its privileges.
Grants = Mapping[str, frozenset[str]]

_ON = re.compile(r"(?P<database>\*|[^.`*]+)\.(?P<table>\*|[^.`*]+)")
_PRIVILEGE = re.compile(r"[A-Z_]+( [A-Z_]+)*")
_SHOWN = re.compile(r"GRANT (?P<privileges>.+) ON (?P<on>\S+\.\S+) TO (?P<rest>.*)")
_ALL = "ALL PRIVILEGES"
#: What MySQL 8 shows in the place of ALL PRIVILEGES on *.*, in a first line; what its components add is in a
#: second one, in words such as BACKUP_ADMIN.
# fmt: off
_ALL_OF_MYSQL = frozenset({
    "ALTER", "ALTER ROUTINE", "CREATE", "CREATE ROLE", "CREATE ROUTINE", "CREATE TABLESPACE",
    "CREATE TEMPORARY TABLES", "CREATE USER", "CREATE VIEW", "DELETE", "DROP", "DROP ROLE", "EVENT",
    "EXECUTE", "FILE", "INDEX", "INSERT", "LOCK TABLES", "PROCESS", "REFERENCES", "RELOAD",
    "REPLICATION CLIENT", "REPLICATION SLAVE", "SELECT", "SHOW DATABASES", "SHOW VIEW", "SHUTDOWN", "SUPER",
    "TRIGGER", "UPDATE",
})
# fmt: on


def problem(grant: Mapping[str, Any]) -> str | None:
    """Why a declared grant cannot be used, or None."""
    on = _ON.fullmatch(str(grant.get("on")))
    if on is None or (on["database"] == "*" and on["table"] != "*"):
        return f"{grant.get('on')!r} is not something to grant on: write app.*, app.orders or *.*"
    privileges = grant.get("privileges") or ()
    for privilege in privileges:
        if not _PRIVILEGE.fullmatch(str(privilege).upper()):
            return f"{privilege!r} is not a privilege: write such as SELECT, INSERT or ALL PRIVILEGES"
    return None if privileges else f"the grant on {grant['on']} names no privileges"


def declared(grants: Iterable[Mapping[str, Any]]) -> dict[str, frozenset[str]]:
    """Declared grants in MariaDB's form; those on the same thing are added up."""
    found: dict[str, frozenset[str]] = {}
    for grant in grants:
        on = _reach(str(grant["on"]))
        wanted = frozenset(_privilege(str(one)) for one in grant["privileges"])
        found[on] = _added(found.get(on, frozenset()) | wanted)
    return found


def shown(lines: Sequence[str]) -> dict[str, frozenset[str]]:
    """The answer of SHOW GRANTS in the same form, without USAGE, which grants nothing."""
    found: dict[str, frozenset[str]] = {}
    for line in lines:
        match = _SHOWN.fullmatch(line.strip())
        if match is None:
            continue
        privileges = {_privilege(one) for one in match["privileges"].split(",")} - {"USAGE"}
        if match["rest"].endswith("WITH GRANT OPTION"):
            privileges.add("GRANT OPTION")
        if privileges:
            found[match["on"]] = found.get(match["on"], frozenset()) | privileges
    return {on: _whole(privileges) for on, privileges in found.items()}


def statements(old: Grants, new: Grants) -> list[str]:
    """What leads from one to the other, each to be completed with " TO <account>" or " FROM <account>"."""
    todo: list[str] = []
    for on in sorted({*old, *new}):
        had, wanted = old.get(on, frozenset()), new.get(on, frozenset())
        if too_many := had - wanted:
            # ALL PRIVILEGES has to stand alone.
            parts = [{_ALL}, too_many - {_ALL}] if _ALL in too_many else [too_many]
            todo += [f"REVOKE {', '.join(sorted(part))} ON {on} FROM " for part in parts if part]
        if missing := (wanted - had) - {"GRANT OPTION"}:
            todo.append(f"GRANT {', '.join(sorted(missing))} ON {on} TO ")
        if "GRANT OPTION" in wanted - had:
            todo.append(f"GRANT GRANT OPTION ON {on} TO ")
    return todo


def as_declared(grants: Grants) -> list[dict[str, Any]]:
    """MariaDB's form back in the declared one."""
    return [{"privileges": sorted(grants[on]), "on": _plain(on)} for on in sorted(grants)]


def _reach(on: str) -> str:
    """A database name in a grant is a pattern: what would match several databases is escaped."""
    match = _ON.fullmatch(on)
    if match is None:
        raise ValueError(on)
    database, table = match["database"], match["table"]
    if table == "*" and database != "*":
        database = re.sub(r"([_%])", r"\\\1", database)
    return ".".join(part if part == "*" else identifier(part) for part in (database, table))


def _plain(on: str) -> str:
    return on.replace("`", "").replace("\\", "")


def _privilege(text: str) -> str:
    word = " ".join(text.upper().split())
    return _ALL if word == "ALL" else word


def _whole(privileges: frozenset[str]) -> frozenset[str]:
    return _added(privileges | {_ALL}) if privileges >= _ALL_OF_MYSQL else privileges


def _added(privileges: frozenset[str]) -> frozenset[str]:
    if _ALL in privileges:
        return frozenset({_ALL}) | (privileges & {"GRANT OPTION"})
    return privileges - {"USAGE"}
