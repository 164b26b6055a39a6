"""SQL through SSH: which error means what, and which member is asked."""

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from typing import Any

import pymysql
import pytest

from providers.galera import GaleraError, sql
from providers.galera.sql import NoSqlError, SqlDeniedError, any_member, identifier
from providers.ssh import Completed, ConnectionLostError, Session, Target, UnreachableError


class FakeServer(Session):
    """A server whose channel is what the test says."""

    def __init__(self, name: str = "10.140.0.1", channel: Any = None) -> None:
        self.name, self._channel = name, channel

    def open_channel(self, host: str, port: int) -> Any:
        assert host == "127.0.0.1"
        if isinstance(self._channel, Exception):
            raise self._channel
        return self._channel


class FakeChannel:
    """A member that says nothing, or this."""

    def __init__(self, said: bytes = b"") -> None:
        self._said = said

    def settimeout(self, _seconds: float | None) -> None: ...

    def makefile(self, _mode: str) -> "FakeChannel":
        return self

    def read(self, count: int) -> bytes:
        part, self._said = self._said[:count], self._said[count:]
        return part

    def sendall(self, _data: bytes) -> None: ...

    def close(self) -> None: ...


@pytest.mark.parametrize(
    ("trouble", "kind"),
    [
        (pymysql.err.OperationalError(1045, "Access denied for user 'root'"), SqlDeniedError),
        (pymysql.err.OperationalError(1047, "WSREP has not yet prepared node"), NoSqlError),
        (pymysql.err.OperationalError(1053, "Server shutdown in progress"), NoSqlError),
        (pymysql.err.OperationalError(2013, "Lost connection"), NoSqlError),
        (pymysql.err.InterfaceError(0, ""), NoSqlError),
        (pymysql.err.ProgrammingError(1064, "You have an error"), GaleraError),
        (pymysql.err.OperationalError(1227, "Access denied; you need SUPER"), GaleraError),
    ],
)
def test_errors_of_a_statement_become_ours(
    trouble: Exception, kind: type[GaleraError], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pymysql.connections.Connection, "connect", lambda _self, _sock: None)
    with pytest.raises(GaleraError) as caught, sql.sql(FakeServer(channel=FakeChannel()), 3306, "p"):
        raise trouble
    assert type(caught.value) is kind
    assert "10.140.0.1" in str(caught.value)


def test_a_closed_port_is_no_sql() -> None:
    server = FakeServer(channel=UnreachableError("no channel"))
    with (
        pytest.raises(NoSqlError, match=r"SQL on 10\.140\.0\.1:3306 does not answer: no channel"),
        sql.sql(server, 3306, "p"),
    ):
        pytest.fail("the block must not run")


def test_a_broken_session_is_not_taken_for_a_closed_port() -> None:
    with (
        pytest.raises(ConnectionLostError),
        sql.sql(FakeServer(channel=ConnectionLostError("broke")), 3306, "p"),
    ):
        pytest.fail("the block must not run")


@pytest.mark.parametrize("said", [b"", b"\x0a\x00\x00\x00\x0a5.5.5", b"HTTP/1.1 400 Bad Request\r\n"])
def test_whoever_is_not_mariadb_is_no_sql(said: bytes) -> None:
    with pytest.raises(NoSqlError), sql.sql(FakeServer(channel=FakeChannel(said)), 3306, "p"):
        pytest.fail("the block must not run")


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Members 1 to 4: gone, without SQL, not ready, ready."""
    log: list[str] = []

    @contextmanager
    def connect(target: Target, *, deadline_seconds: float) -> Iterator[Session]:
        log.append(target.host)
        if target.host == "one":
            said = "one is gone"
            raise UnreachableError(said)
        yield FakeServer(target.host)

    @contextmanager
    def connection(server: Session, _port: int, _password: str) -> Iterator[str]:
        if server.name == "two":
            said = "two has no SQL"
            raise NoSqlError(said)
        yield server.name

    monkeypatch.setattr(sql, "connect", connect)
    monkeypatch.setattr(sql, "sql", connection)
    monkeypatch.setattr(
        sql, "values", lambda name, _statement: {"wsrep_ready": "ON" if name == "four" else "OFF"}
    )
    return log


def way(*hosts: str) -> dict[str, Any]:
    return {
        "members": [{"host": host, "privateKey": "p"} for host in hosts],
        "port": 3306.0,
        "root_password": "r",
    }


def test_the_first_member_that_is_ready_is_used(asked: list[str]) -> None:
    with any_member(way("one", "two", "three", "four", "five")) as connection:
        assert connection == "four"  # type: ignore[comparison-overlap]
    assert asked == ["one", "two", "three", "four"]


def test_nobody_ready_is_told_with_each_reason(asked: list[str]) -> None:
    with (
        pytest.raises(GaleraError, match="one is gone; two has no SQL; three: not ready"),
        any_member(way("one", "two", "three")),
    ):
        pytest.fail("the block must not run")


@pytest.mark.parametrize("trouble", [NoSqlError("lost"), UnreachableError("lost"), GaleraError("failed")])
def test_what_fails_in_the_block_is_not_tried_elsewhere(asked: list[str], trouble: Exception) -> None:
    with pytest.raises(type(trouble), match=str(trouble)), any_member(way("four", "five")):
        raise trouble
    assert asked == ["four"]


class FakeMember(Session):
    """A member whose container tells its own password, or cannot."""

    def __init__(self, secret: Completed) -> None:
        self.name, self._secret = "10.140.0.1", secret
        self.commands: list[str] = []

    def run(self, command: str, **_how: Any) -> Completed:
        self.commands.append(command)
        return self._secret


@pytest.mark.parametrize(
    ("taken", "secret", "ends_with"),
    [
        ("given", Completed(exit_status=0, stdout="own\n", stderr=""), "given"),
        ("own", Completed(exit_status=0, stdout="own\n", stderr=""), "own"),
        ("own", Completed(exit_status=1, stdout="", stderr="no such container"), SqlDeniedError),
        ("neither", Completed(exit_status=0, stdout="own\n", stderr=""), SqlDeniedError),
    ],
)
def test_a_password_that_is_refused_gives_way_to_the_members_own(
    taken: str, secret: Completed, ends_with: str | type[Exception], monkeypatch: pytest.MonkeyPatch
) -> None:
    member = FakeMember(secret)

    @contextmanager
    def connection(_server: Session, _port: int, password: str) -> Iterator[str]:
        if password != taken:
            said = "refused"
            raise SqlDeniedError(said)
        yield password

    monkeypatch.setattr(sql, "connect", lambda _target, deadline_seconds: nullcontext(member))
    monkeypatch.setattr(sql, "sql", connection)
    monkeypatch.setattr(sql, "values", lambda _connection, _statement: {"wsrep_ready": "ON"})
    props = {**way("one"), "root_password": "given"}
    if isinstance(ends_with, str):
        with any_member(props, or_its_own=True) as used:
            assert used == ends_with  # type: ignore[comparison-overlap]
    else:
        with pytest.raises(ends_with), any_member(props, or_its_own=True):
            pytest.fail("the block must not run")
    assert len(member.commands) == (taken != "given")
    with pytest.raises(SqlDeniedError) if taken != "given" else nullcontext(), any_member(props):
        pass
    assert len(member.commands) == (taken != "given"), "only where it is asked for"


@pytest.mark.parametrize(("name", "quoted"), [("app", "`app`"), ("a`b", "`a``b`"), ("", "``")])
def test_identifiers_are_quoted(name: str, quoted: str) -> None:
    assert identifier(name) == quoted
