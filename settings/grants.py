"""Names of databases, users and hosts, and the privileges of MariaDB 10.11 and MySQL 8.0, judged offline."""

import re
from typing import Final

#: Databases that belong to the server.
SYSTEM_DATABASES: Final = frozenset({"mysql", "information_schema", "performance_schema", "sys"})

#: Accounts that belong to the server; those of galera-swarm begin with `galera_swarm`.
SYSTEM_USERS: Final = frozenset({"root", "mysql", "mariadb.sys", "public"})
SYSTEM_USER_PREFIX: Final = "galera_swarm"

# fmt: off
_TABLE: Final = {
    "ALTER", "CREATE", "CREATE VIEW", "DELETE", "DELETE HISTORY", "DROP", "INDEX", "INSERT", "REFERENCES",
    "SELECT", "SHOW VIEW", "TRIGGER", "UPDATE",
}
_DATABASE: Final = {
    "ALTER ROUTINE", "CREATE ROUTINE", "CREATE TEMPORARY TABLES", "EVENT", "EXECUTE", "LOCK TABLES",
}
_GLOBAL: Final = {
    "BINLOG ADMIN", "BINLOG MONITOR", "BINLOG REPLAY", "CONNECTION ADMIN", "CREATE TABLESPACE", "CREATE USER",
    "FEDERATED ADMIN", "FILE", "PROCESS", "READ_ONLY ADMIN", "RELOAD", "REPLICATION CLIENT",
    "REPLICATION MASTER ADMIN", "REPLICATION SLAVE", "REPLICATION SLAVE ADMIN", "SET USER", "SHOW DATABASES",
    "SHUTDOWN", "SLAVE MONITOR", "SUPER",
}
# fmt: on

# fmt: off
_OF_MARIADB: Final = {
    "BINLOG ADMIN", "BINLOG MONITOR", "BINLOG REPLAY", "CONNECTION ADMIN", "DELETE HISTORY",
    "FEDERATED ADMIN", "READ_ONLY ADMIN", "REPLICATION MASTER ADMIN", "REPLICATION SLAVE ADMIN", "SET USER",
    "SLAVE MONITOR",
}
#: What MySQL 8.0 and Percona XtraDB Cluster have beside what is common; all for the whole server.
OF_MYSQL: Final = frozenset({
    "APPLICATION_PASSWORD_ADMIN", "AUDIT_ABORT_EXEMPT", "AUDIT_ADMIN", "AUTHENTICATION_POLICY_ADMIN",
    "BACKUP_ADMIN", "BINLOG_ADMIN", "BINLOG_ENCRYPTION_ADMIN", "CLONE_ADMIN", "CONNECTION_ADMIN",
    "CREATE ROLE", "DROP ROLE", "ENCRYPTION_KEY_ADMIN", "FIREWALL_EXEMPT", "FLUSH_OPTIMIZER_COSTS",
    "FLUSH_STATUS", "FLUSH_TABLES",
    "FLUSH_USER_RESOURCES", "INNODB_REDO_LOG_ARCHIVE", "INNODB_REDO_LOG_ENABLE", "PASSWORDLESS_USER_ADMIN",
    "PERSIST_RO_VARIABLES_ADMIN", "REPLICATION_APPLIER", "REPLICATION_SLAVE_ADMIN", "RESOURCE_GROUP_ADMIN",
    "RESOURCE_GROUP_USER", "ROLE_ADMIN", "SENSITIVE_VARIABLES_OBSERVER", "SERVICE_CONNECTION_ADMIN",
    "SESSION_VARIABLES_ADMIN", "SET_USER_ID", "SHOW_ROUTINE", "SYSTEM_USER", "SYSTEM_VARIABLES_ADMIN",
    "TABLE_ENCRYPTION_ADMIN", "TELEMETRY_LOG_ADMIN", "XA_RECOVER_ADMIN",
})
# fmt: on

#: Every privilege that can be granted on MariaDB, in SQL's spelling.
PRIVILEGES: Final = frozenset(_TABLE | _DATABASE | _GLOBAL | {"ALL", "ALL PRIVILEGES", "USAGE"})
#: What both flavors have.
COMMON: Final = frozenset(_TABLE | _DATABASE | _GLOBAL) - _OF_MARIADB

_NAME = r"[A-Za-z0-9_$\-]{1,64}"
_PATTERN = r"[A-Za-z0-9_$%\-]{1,64}"
_DATABASE_NAME = re.compile(_NAME)
_USER_NAME = re.compile(r"[A-Za-z0-9_.$\-]{1,80}")
_HOST = re.compile(r"[A-Za-z0-9_.:%/\-]{1,255}")
_OBJECT = re.compile(rf"\*\.\*|{_PATTERN}\.(\*|{_NAME})")


def is_database_name(name: str) -> bool:
    """Whether a database can be called so without quoting trouble."""
    return _DATABASE_NAME.fullmatch(name) is not None


def is_user_name(name: str) -> bool:
    """Whether an account can be called so."""
    return _USER_NAME.fullmatch(name) is not None


def is_host(host: str) -> bool:
    """Whether this can be the host part of an account."""
    return _HOST.fullmatch(host) is not None


def is_object(on: str) -> bool:
    """Whether privileges can be granted on this: `*.*`, `shop.*` or `shop.orders`."""
    return _OBJECT.fullmatch(on) is not None


def normal(privilege: str) -> str:
    """A privilege in SQL's spelling: upper case, single blanks."""
    return " ".join(privilege.upper().split())


def misplaced(privilege: str, on: str) -> str | None:
    """Why a privilege cannot be granted on an object; None when it can."""
    if privilege in _GLOBAL | OF_MYSQL and on != "*.*":
        return "is a privilege of the whole server: grant it on *.*"
    if privilege in _DATABASE and not on.endswith(".*"):
        return f"is a privilege of a whole database: grant it on {on.split('.')[0]}.*"
    return None
