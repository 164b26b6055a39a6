"""SSH connections as the property `connection` describes them: dial with retries, over a bastion when one is
given, and check the host key when one is expected."""

from __future__ import annotations

import io
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import paramiko

from tools.plugins.command.cancellation import Cancellation
from tools.plugins.command.errors import CommandError

_KEY_CLASSES: tuple[type[paramiko.PKey], ...] = (paramiko.Ed25519Key, paramiko.ECDSAKey, paramiko.RSAKey)
_HOST_KEY_ALGORITHMS = (
    "ssh-ed25519",
    "ecdsa-sha2-nistp256",
    "ecdsa-sha2-nistp384",
    "ecdsa-sha2-nistp521",
    "rsa-sha2-512",
    "rsa-sha2-256",
    "ssh-rsa",
)
_FIRST_PAUSE_SECONDS = 0.1
_PAUSE_FACTOR = 1.5
_LONGEST_PAUSE_SECONDS = 5.0
# A peer that vanishes without a word is given up after this time, however long the command may take.
_SILENT_PEER_SECONDS = 60


@dataclass(frozen=True)
class Endpoint:
    """One SSH server and how to be let in."""

    host: str
    port: int
    user: str
    password: str | None
    private_key: str | None
    private_key_password: str | None
    agent_socket_path: str | None
    host_key: str | None
    dial_error_limit: int
    per_dial_timeout_seconds: int

    def __repr__(self) -> str:
        return f"{self.user}@{self.host}:{self.port}"

    @classmethod
    def from_properties(cls, connection: dict[str, Any]) -> Endpoint:
        """Read a revealed `connection` (or its `proxy`), with the published defaults."""
        limit = connection.get("dialErrorLimit")
        timeout = connection.get("perDialTimeout")
        return cls(
            host=str(connection["host"]),
            port=int(connection.get("port") or 22),
            user=str(connection.get("user") or "root"),
            password=connection.get("password"),
            private_key=connection.get("privateKey"),
            private_key_password=connection.get("privateKeyPassword"),
            agent_socket_path=connection.get("agentSocketPath"),
            host_key=connection.get("hostKey"),
            dial_error_limit=10 if limit is None else int(limit),
            per_dial_timeout_seconds=15 if timeout is None else int(timeout),
        )


@contextmanager
def connect(connection: dict[str, Any], cancellation: Cancellation) -> Iterator[paramiko.SSHClient]:
    """A connected client for a revealed `connection`; closed at the end.

    Raises CommandError when the last allowed attempt failed, or when the engine cancelled meanwhile.
    """
    endpoint = Endpoint.from_properties(connection)
    proxy = connection.get("proxy")
    if not proxy:
        with _dial(endpoint, None, cancellation) as client:
            yield client
        return
    with (
        _dial(Endpoint.from_properties(proxy), None, cancellation) as bastion,
        _dial(endpoint, bastion, cancellation) as client,
    ):
        yield client


@contextmanager
def _dial(
    endpoint: Endpoint, bastion: paramiko.SSHClient | None, cancellation: Cancellation
) -> Iterator[paramiko.SSHClient]:
    key = _private_key(endpoint)
    pause = _FIRST_PAUSE_SECONDS
    failures = 0
    while True:
        client = paramiko.SSHClient()
        try:
            _connect_once(client, endpoint, key, bastion)
            break
        except (OSError, EOFError, paramiko.SSHException) as exc:
            client.close()
            failures += 1
            if isinstance(exc, paramiko.BadHostKeyException) or _spent(endpoint, failures):
                raise CommandError(_dial_message(endpoint, exc, failures)) from exc
        if cancellation.wait(pause):
            message = f"connecting to {endpoint!r} was cancelled after {failures} attempts"
            raise CommandError(message)
        pause = min(pause * _PAUSE_FACTOR, _LONGEST_PAUSE_SECONDS)
    try:
        yield client
    finally:
        client.close()


def _spent(endpoint: Endpoint, failures: int) -> bool:
    return 0 <= endpoint.dial_error_limit < failures


def _connect_once(
    client: paramiko.SSHClient,
    endpoint: Endpoint,
    key: paramiko.PKey | None,
    bastion: paramiko.SSHClient | None,
) -> None:
    timeout = endpoint.per_dial_timeout_seconds or None
    client.set_missing_host_key_policy(_ExpectedHostKey(endpoint))
    client.connect(
        hostname=endpoint.host,
        port=endpoint.port,
        username=endpoint.user,
        password=endpoint.password,
        pkey=key,
        sock=_socket(endpoint, timeout, bastion),
        timeout=timeout,
        banner_timeout=timeout,
        auth_timeout=timeout,
        channel_timeout=timeout or 3600,
        allow_agent=bool(endpoint.agent_socket_path) or (key is None and endpoint.password is None),
        look_for_keys=False,
        disabled_algorithms=_other_host_key_algorithms(endpoint.host_key),
    )


def _socket(
    endpoint: Endpoint, timeout: float | None, bastion: paramiko.SSHClient | None
) -> socket.socket | paramiko.Channel:
    if bastion is not None:
        transport = bastion.get_transport()
        if transport is None:
            message = "the connection to the bastion host was lost"
            raise paramiko.SSHException(message)
        return transport.open_channel(
            "direct-tcpip", (endpoint.host, endpoint.port), ("127.0.0.1", 0), timeout=timeout
        )
    sock = socket.create_connection((endpoint.host, endpoint.port), timeout=timeout)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, _SILENT_PEER_SECONDS // 4)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, _SILENT_PEER_SECONDS // 4)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPCNT, 3)
    # Keepalive says nothing while something sent is not acknowledged; this limit is for then.
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, _SILENT_PEER_SECONDS * 1000)
    return sock


def _private_key(endpoint: Endpoint) -> paramiko.PKey | None:
    if not endpoint.private_key:
        return None
    for key_class in _KEY_CLASSES:
        try:
            return key_class.from_private_key(
                io.StringIO(endpoint.private_key), endpoint.private_key_password
            )
        except paramiko.PasswordRequiredException as exc:
            message = f"the private key for {endpoint!r} is encrypted: give connection.privateKeyPassword"
            raise CommandError(message) from exc
        except (paramiko.SSHException, ValueError, IndexError):
            continue
    message = (
        f"the private key for {endpoint!r} cannot be read: "
        "it must be the text of an Ed25519, ECDSA or RSA key (and its password must fit)"
    )
    raise CommandError(message)


class _ExpectedHostKey(paramiko.MissingHostKeyPolicy):
    """Compares the server's key with the expected one; without one, any server is accepted, as published."""

    def __init__(self, endpoint: Endpoint) -> None:
        self._endpoint = endpoint

    def missing_host_key(self, _client: paramiko.SSHClient, hostname: str, key: paramiko.PKey) -> None:
        expected = self._endpoint.host_key
        if not expected:
            return
        algorithm, blob = _parsed_host_key(expected)
        if key.get_name() != algorithm or key.get_base64() != blob:
            raise paramiko.BadHostKeyException(hostname, key, key)


def _parsed_host_key(text: str) -> tuple[str, str]:
    fields = text.split()
    start = next((index for index, field in enumerate(fields) if field.startswith(("ssh-", "ecdsa-"))), None)
    if start is None or start + 1 >= len(fields):
        message = "connection.hostKey must be a public key as in authorized_keys, such as 'ssh-ed25519 AAAA…'"
        raise CommandError(message)
    return fields[start], fields[start + 1]


def _other_host_key_algorithms(expected: str | None) -> dict[str, list[str]] | None:
    """Algorithms to leave out, so that a server with several keys shows the one that is expected."""
    if not expected:
        return None
    algorithm, _ = _parsed_host_key(expected)
    wanted = {"rsa-sha2-512", "rsa-sha2-256"} if algorithm == "ssh-rsa" else {algorithm}
    return {"keys": [name for name in _HOST_KEY_ALGORITHMS if name not in wanted]}


def _dial_message(endpoint: Endpoint, cause: Exception, failures: int) -> str:
    if isinstance(cause, paramiko.BadHostKeyException):
        return (
            f"{endpoint!r} shows another host key than the recorded one; "
            "if the server was reinstalled, record its new key, otherwise somebody stands in between"
        )
    why = str(cause) or type(cause).__name__
    return f"cannot connect to {endpoint!r} after {failures} attempts: {why}"
