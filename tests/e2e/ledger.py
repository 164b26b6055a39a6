"""A client that writes numbered rows all the time, so that a fault can be judged by what was acknowledged.

A row counts as acknowledged when COMMIT returned. After a fault every acknowledged row has to be on
every member;
the longest time without an acknowledged write is how long the cluster did not answer.
"""

import contextlib
import secrets
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any

import pymysql

CLIENT_TIMEOUT_SECONDS = 3
"""For each answer to a client that writes, or that looks again and again."""
PATIENCE_SECONDS = 30
"""For an answer that has to come; the machine may be busy."""


@dataclass(frozen=True)
class Endpoint:
    member: str
    host: str
    port: int


def endpoints_of(outputs: dict[str, Any]) -> list[Endpoint]:
    """The cluster's doors as the stack's outputs name them."""
    return [Endpoint(e["member"], e["host"], int(e["port"])) for e in outputs["database"]["endpoints"]]


def connect(
    endpoint: Endpoint,
    password: str,
    database: str | None = None,
    *,
    user: str = "root",
    seconds: int = CLIENT_TIMEOUT_SECONDS,
) -> "pymysql.Connection[Any]":
    return pymysql.connect(
        host=endpoint.host,
        port=endpoint.port,
        user=user,
        password=password,
        database=database,
        connect_timeout=seconds,
        read_timeout=seconds,
        write_timeout=seconds,
        autocommit=True,
    )


def ask(
    endpoint: Endpoint, password: str, sql: str, seconds: int = PATIENCE_SECONDS, *, user: str = "root"
) -> list[tuple[Any, ...]]:
    """Rows of one statement on one member."""
    connection = connect(endpoint, password, user=user, seconds=seconds)
    try:
        with connection.cursor() as cursor:
            cursor.execute(sql)
            return list(cursor.fetchall())
    finally:
        connection.close()


def wsrep(endpoint: Endpoint, password: str, *, user: str = "root") -> dict[str, str]:
    """The member's wsrep status, or an empty mapping when it does not answer."""
    sql = "SHOW GLOBAL STATUS LIKE 'wsrep%'"
    try:
        rows = ask(endpoint, password, sql, CLIENT_TIMEOUT_SECONDS, user=user)
    except pymysql.err.MySQLError:
        return {}
    return {str(name): str(value) for name, value in rows}


def synced(endpoints: Sequence[Endpoint], password: str) -> bool:
    """All members Synced, Primary, in one cluster of exactly their number."""
    answers = [wsrep(endpoint, password) for endpoint in endpoints]
    return (
        all(
            answer.get("wsrep_local_state_comment") == "Synced"
            and answer.get("wsrep_cluster_status") == "Primary"
            and answer.get("wsrep_cluster_size") == str(len(endpoints))
            for answer in answers
        )
        and len({answer["wsrep_cluster_state_uuid"] for answer in answers}) == 1
    )


def is_alive(connection: "pymysql.Connection[Any]") -> bool:
    """Whether a session is still there."""
    try:
        connection.ping(reconnect=False)
    except (pymysql.err.MySQLError, OSError):
        return False
    return True


@dataclass
class Ledger:
    """Writes rows to whichever member answers, beginning with the first, as a user of its own.

    password: root's, to begin with.
    pings: before each write, as pools of connections do (`pre_ping`): a connection that was ended between two
        transactions is replaced, and that is no refusal.
    finds_another_door: a connection that one endpoint refuses is asked of the next one, as by a client that
        was given several addresses; it is a refusal only when all of them refuse.
    refusals: connections and writes that failed, each with the seconds since the beginning.
    """

    endpoints: Sequence[Endpoint]
    password: str
    name: str = "ledger"
    pings: bool = False
    finds_another_door: bool = False
    refusals: list[str] = field(default_factory=list)
    acknowledged: list[int] = field(default_factory=list)
    longest_pause_seconds: float = 0.0
    _own: str = field(default_factory=secrets.token_hex)
    _stop: threading.Event = field(default_factory=threading.Event)

    def __enter__(self) -> "Ledger":
        ask(self.endpoints[0], self.password, f"CREATE DATABASE IF NOT EXISTS {self.name}")
        for statement in (
            f"CREATE TABLE IF NOT EXISTS {self.name}.entries (n INT PRIMARY KEY)",
            f"DELETE FROM {self.name}.entries",
            f"CREATE USER IF NOT EXISTS {self.name}@'%'",
            f"ALTER USER {self.name}@'%' IDENTIFIED BY '{self._own}'",
            f"GRANT ALL PRIVILEGES ON {self.name}.* TO {self.name}@'%'",
        ):
            ask(self.endpoints[0], self.password, statement)
        self._thread = threading.Thread(target=self._write, daemon=True)
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        self._thread.join(timeout=30)

    def _write(self) -> None:
        connection: pymysql.Connection[Any] | None = None
        start = last = time.monotonic()
        number = turn = 0
        while not self._stop.is_set():
            number += 1
            try:
                if connection is not None and self.pings and not is_alive(connection):
                    connection = None
                if connection is None:
                    connection = self._connect(turn)
                with connection.cursor() as cursor:
                    cursor.execute("INSERT INTO entries VALUES (%s)", (number,))
            except (pymysql.err.MySQLError, OSError) as exc:
                what = "connection" if connection is None else "write"
                self.refusals.append(f"{what} at {time.monotonic() - start:.1f} s: {exc}")
                connection, turn = None, turn + 1
                self._stop.wait(0.05)
                continue
            now = time.monotonic()
            self.longest_pause_seconds = max(self.longest_pause_seconds, now - last)
            last = now
            self.acknowledged.append(number)
            # Each write costs every member a flush: densely only where a refusal could slip through.
            self._stop.wait(0.01 if self.pings else 0.05)

    def _connect(self, turn: int) -> "pymysql.Connection[Any]":
        count = len(self.endpoints)
        last = turn + (count - 1 if self.finds_another_door else 0)
        for attempt in range(turn, last):
            with contextlib.suppress(pymysql.err.MySQLError, OSError):
                return self._through(self.endpoints[attempt % count])
        return self._through(self.endpoints[last % count])

    def _through(
        self, endpoint: Endpoint, seconds: int = CLIENT_TIMEOUT_SECONDS
    ) -> "pymysql.Connection[Any]":
        return connect(endpoint, self._own, self.name, user=self.name, seconds=seconds)

    def status(self, endpoint: Endpoint) -> dict[str, str]:
        """The member's wsrep status, also while root's password changes; empty when it does not answer."""
        return wsrep(endpoint, self._own, user=self.name)

    def lost_on(self, endpoint: Endpoint) -> set[int]:
        """Acknowledged rows that this member does not have. Settles first: asks with causal reads."""
        written = set(self.acknowledged)
        connection = self._through(endpoint, PATIENCE_SECONDS)
        try:
            with connection.cursor() as cursor:
                cursor.execute("SET SESSION wsrep_sync_wait = 1")
                cursor.execute(f"SELECT n FROM {self.name}.entries")
                return written - {int(row[0]) for row in cursor.fetchall()}
        finally:
            connection.close()
