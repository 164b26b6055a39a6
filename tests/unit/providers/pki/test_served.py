"""The certificate that is shown at a door, whatever it is worth."""

import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from providers.pki import served_until
from providers.pki.x509 import Names, new_key, self_signed, signed
from providers.ssh import ConnectionLostError, Session, UnreachableError

NOW = datetime.now(UTC).replace(microsecond=0)
Serve = Callable[[Callable[[socket.socket], None]], int]


class FakeServer(Session):
    """Sees doors on this machine."""

    def __init__(self, trouble: Exception | None = None) -> None:
        self.name, self.trouble = "db-1", trouble

    def open_channel(self, host: str, port: int) -> Any:
        if self.trouble:
            raise self.trouble
        return socket.create_connection((host, port))


@pytest.fixture
def serve() -> Iterator[Serve]:
    """A door that treats one visitor as it is told."""
    threads: list[threading.Thread] = []

    def made(treat: Callable[[socket.socket], None]) -> int:
        listener = socket.create_server(("127.0.0.1", 0))

        def wait() -> None:
            with listener:
                treat(listener.accept()[0])

        threads.append(threading.Thread(target=wait, daemon=True))
        threads[-1].start()
        return int(listener.getsockname()[1])

    yield made
    for thread in threads:
        thread.join(10)


def context(directory: Path, ends: datetime) -> ssl.SSLContext:
    """A server that wants a certificate of its visitors too, as etcd and Consul do."""
    root, key, begins = new_key(), new_key(), NOW - timedelta(days=900)
    authority = self_signed(root, "authority", begins=begins, ends=ends)
    names = Names(common_name="etcd-1", dns_names=("localhost",), addresses=(), usages=("server",))
    leaf = signed(key, names, authority_certificate=authority, authority_key=root, begins=begins, ends=ends)
    (directory / "both.pem").write_text(leaf + key)
    (directory / "authority.pem").write_text(authority)
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.load_cert_chain(directory / "both.pem")
    made.load_verify_locations(directory / "authority.pem")
    made.verify_mode = ssl.CERT_REQUIRED
    return made


@pytest.mark.parametrize("days", [-100, -1, 700])
def test_its_end_is_told_also_once_it_has_expired(serve: Serve, tmp_path: Path, days: int) -> None:
    ends = NOW + timedelta(days=days)
    tls = context(tmp_path, ends)

    def treat(visitor: socket.socket) -> None:
        with visitor, pytest.raises(ssl.SSLError):
            tls.wrap_socket(visitor, server_side=True)

    assert served_until(FakeServer(), "127.0.0.1", serve(treat)) == ends


@pytest.mark.parametrize("words", [b"", b"HTTP/1.1 400 Bad Request\r\n\r\n"])
def test_who_speaks_no_tls_shows_none(serve: Serve, words: bytes) -> None:
    def treat(visitor: socket.socket) -> None:
        with visitor:
            visitor.recv(4096)
            visitor.sendall(words)

    assert served_until(FakeServer(), "127.0.0.1", serve(treat)) is None


@pytest.mark.parametrize("trouble", [UnreachableError("refused"), ConnectionLostError("broke off")])
def test_where_nobody_can_be_asked_none_is_shown(trouble: Exception) -> None:
    assert served_until(FakeServer(trouble), "127.0.0.1", 1) is None
