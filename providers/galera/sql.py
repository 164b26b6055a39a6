"""SQL on a member, through an SSH channel to its own server: no port has to be open to the world."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, cast

from providers.galera.errors import GaleraError
from providers.ssh import Session, SshError, Target, UnreachableError, connect
from providers.stateless import whole

if TYPE_CHECKING:
    import socket

    from pymysql.connections import Connection

    SqlConnection = Connection[Any]

#: Seconds for one answer. A DDL statement waits for the whole cluster.
SQL_SECONDS = 60
#: Seconds that one member may take to answer while another one could be asked.
MEMBER_PATIENCE_SECONDS = 8.0
#: Where a member has root's password, as services/galera reads it.
ROOTS_FILE = "/run/secrets/galera_root_password"
#: MariaDB's error for a wrong user or password.
ACCESS_DENIED = 1045
#: Too many connections, not ready for queries (WSREP), shutting down, and the client's own errors of the
#: connection.
_NOT_NOW = frozenset({1040, 1047, 1053, *range(2000, 2100)})


class NoSqlError(GaleraError):
    """SQL does not answer on a member, at least not now."""


class SqlDeniedError(GaleraError):
    """SQL answers and refuses the password."""


@contextmanager
def sql(server: Session, port: int, password: str, *, user: str = "root") -> Iterator["SqlConnection"]:
    """A connection to the member of this server, closed at the end of the block.

    Errors of MariaDB become ours, those of the block too: NoSqlError if nothing answers, SqlDeniedError if
    the password is refused, GaleraError for a statement that fails. Raises SshError if the SSH session is
    gone.
    """
    import pymysql

    connection: SqlConnection = pymysql.connect(
        user=user,
        password=password,
        charset="utf8mb4",
        autocommit=None,
        defer_connect=True,
        connect_timeout=10,
        read_timeout=SQL_SECONDS,
        write_timeout=SQL_SECONDS,
        # The SSH channel encrypts, and is no socket that TLS could be laid over where a server offers it.
        ssl_disabled=True,
    )
    try:
        channel = server.open_channel("127.0.0.1", port)
        channel.settimeout(10.0)
        connection.connect(cast("socket.socket", channel))
        yield connection
    except pymysql.err.MySQLError as exc:
        raise _ours(exc, server.name, port, user) from exc
    except (UnreachableError, OSError, EOFError) as exc:
        said = f"SQL on {server.name}:{port} does not answer: {_words(exc)}"
        raise NoSqlError(said) from exc
    finally:
        if connection.open:
            connection._force_close()  # type: ignore[attr-defined]


@contextmanager
def any_member(props: Mapping[str, Any], *, or_its_own: bool = False) -> Iterator["SqlConnection"]:
    """SQL on the first of the `members` of a resource that is ready for it, asked in order.

    props: with `members` (their `ssh`), `port` and `root_password`. or_its_own: where that password is
    refused, the one that the member itself has is taken. Whatever is deleted needs this: the engine knows it
    by its last state alone, and the password may have changed in the same run.
    Raises GaleraError, with the reason for each, if none is ready.
    """
    port, password = whole(props, "port"), str(props["root_password"])
    reasons: list[str] = []
    for ssh in props["members"]:
        target = Target.from_inputs(ssh)
        found = False
        try:
            with (
                connect(target, deadline_seconds=MEMBER_PATIENCE_SECONDS) as server,
                sql(server, port, _taken(server, port, password) if or_its_own else password) as connection,
            ):
                state = values(connection, "SHOW GLOBAL STATUS LIKE 'wsrep_ready'").get("wsrep_ready")
                if state == "ON":
                    found = True
                    yield connection
                    return
                reasons.append(f"{target}: not ready")
        except (SshError, NoSqlError) as exc:
            if found:
                raise
            reasons.append(str(exc))
    said = f"no member of the cluster takes SQL ({'; '.join(reasons) or 'none is named'}): see `make status`"
    raise GaleraError(said)


def _taken(server: Session, port: int, password: str) -> str:
    """The password, or that of the member's own secret if it refuses the one that was given."""
    try:
        with sql(server, port, password):
            return password
    except SqlDeniedError:
        own = server.run(
            f'c=$(docker ps -q --filter publish={port} | head -n 1) && [ -n "$c" ] &&'
            f' docker exec "$c" cat {ROOTS_FILE}',
            timeout_seconds=SQL_SECONDS,
        )
        return own.stdout.rstrip("\n") if own.ok else password


def rows(connection: "SqlConnection", statement: str, *args: object) -> list[tuple[Any, ...]]:
    """All rows of one statement; arguments are escaped by the client."""
    with connection.cursor() as cursor:
        cursor.execute(statement, args or None)
        return [tuple(row) for row in cursor.fetchall()]


def values(connection: "SqlConnection", statement: str) -> dict[str, str]:
    """A two-column answer, such as that of SHOW STATUS, as a dictionary."""
    return {str(row[0]): str(row[1]) for row in rows(connection, statement)}


def identifier(name: str) -> str:
    """A name quoted for SQL."""
    return "`" + name.replace("`", "``") + "`"


def _ours(exc: Exception, server: str, port: int, user: str) -> GaleraError:
    code = exc.args[0] if exc.args and isinstance(exc.args[0], int) else 0
    if code == ACCESS_DENIED:
        return SqlDeniedError(
            f"the member on {server} refuses the password of {user} that the stack has: set it back there, or"
            " correct the stack's config"
        )
    if code in _NOT_NOW or code == 0:
        return NoSqlError(f"SQL on {server}:{port} does not answer: {_words(exc)}")
    return GaleraError(f"SQL on {server}:{port} failed: {_words(exc)}")


def _words(exc: BaseException) -> str:
    return str(exc.args[1]) if len(exc.args) > 1 else str(exc) or type(exc).__name__
