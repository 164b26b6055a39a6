"""A small SSH server in this process: real protocol, real shell, one loopback port."""

import contextlib
import socket
import subprocess
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field

import paramiko
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey


def ed25519_text() -> str:
    """A fresh private key as OpenSSH writes it."""
    return (
        Ed25519PrivateKey.generate()
        .private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.OpenSSH, serialization.NoEncryption()
        )
        .decode()
    )


def key_of(text: str) -> paramiko.PKey:
    """The key behind its text."""
    import io

    return paramiko.Ed25519Key.from_private_key(io.StringIO(text))


def written(key: paramiko.PKey) -> str:
    """A host key in the form in which it is recorded."""
    return f"{key.get_name()} {key.get_base64()}"


@dataclass
class FakeSshd:
    """Lets one client key in; runs commands in sh; forwards to loopback ports."""

    client_key: str = field(default_factory=ed25519_text)
    host_keys: list[paramiko.PKey] = field(default_factory=lambda: [key_of(ed25519_text())])
    port: int = 0
    denials: int = 0
    """How many logins are refused before keys are in place."""
    transports: list[paramiko.Transport] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._socket: socket.socket | None = None

    def open(self) -> None:
        """Bind, and answer from now on."""
        self._socket = socket.create_server(("127.0.0.1", self.port))
        self.port = self._socket.getsockname()[1]
        threading.Thread(target=self._accept, args=(self._socket,), daemon=True).start()

    def close(self) -> None:
        """Stop answering and cut every connection."""
        if self._socket is not None:
            with contextlib.suppress(OSError):
                self._socket.shutdown(socket.SHUT_RDWR)
            self._socket.close()
        self.cut()

    def cut(self) -> None:
        """Break the connections that are there."""
        for transport in self.transports:
            transport.close()

    def _accept(self, listener: socket.socket) -> None:
        while True:
            try:
                client, _ = listener.accept()
            except OSError:
                return
            transport = paramiko.Transport(client)
            transport.set_log_channel("tests.fake_sshd")
            for key in self.host_keys:
                transport.add_server_key(key)
            self.transports.append(transport)
            with contextlib.suppress(paramiko.SSHException, EOFError):
                transport.start_server(event=threading.Event(), server=_Door(self))


class _Door(paramiko.ServerInterface):
    def __init__(self, sshd: FakeSshd) -> None:
        self._sshd = sshd
        self._allowed = key_of(sshd.client_key).asbytes()

    def get_allowed_auths(self, username: str) -> str:
        return "publickey"

    def check_auth_publickey(self, username: str, key: paramiko.PKey) -> int:
        if self._sshd.denials > 0:
            self._sshd.denials -= 1
            return paramiko.AUTH_FAILED
        good = username == "root" and key.asbytes() == self._allowed
        return paramiko.AUTH_SUCCESSFUL if good else paramiko.AUTH_FAILED

    def check_channel_request(self, kind: str, chanid: int) -> int:
        return paramiko.OPEN_SUCCEEDED

    def check_channel_exec_request(self, channel: paramiko.Channel, command: bytes) -> bool:
        threading.Thread(target=_execute, args=(channel, command.decode()), daemon=True).start()
        return True

    def check_channel_direct_tcpip_request(
        self, chanid: int, origin: tuple[str, int], destination: tuple[str, int]
    ) -> int:
        try:
            target = socket.create_connection(destination, timeout=5)
        except OSError:
            return paramiko.OPEN_FAILED_CONNECT_FAILED
        threading.Thread(target=self._forward, args=(chanid, target), daemon=True).start()
        return paramiko.OPEN_SUCCEEDED

    def _forward(self, chanid: int, target: socket.socket) -> None:
        channel = self._sshd.transports[-1].accept(5)
        if channel is None:
            return
        threading.Thread(target=_pump, args=(channel.recv, target.sendall), daemon=True).start()
        _pump(target.recv, channel.sendall)
        channel.close()
        target.close()


def _execute(channel: paramiko.Channel, command: str) -> None:
    # The client's answer is read after our own to its request was sent: no command ends before it began.
    channel.get_transport().global_request("ping", wait=True)
    process = subprocess.Popen(
        ["/bin/sh", "-c", command],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert process.stdin
    assert process.stdout
    assert process.stderr

    def feed() -> None:
        _pump(channel.recv, lambda data: (process.stdin.write(data), process.stdin.flush()))  # type: ignore[union-attr]
        with contextlib.suppress(OSError):
            process.stdin.close()  # type: ignore[union-attr]

    threading.Thread(target=feed, daemon=True).start()
    errors = threading.Thread(
        target=_pump,
        args=(process.stderr.read1, channel.sendall_stderr),
        daemon=True,  # type: ignore[attr-defined]
    )
    errors.start()
    _pump(process.stdout.read1, channel.sendall)  # type: ignore[attr-defined]
    errors.join(10)
    with contextlib.suppress(OSError, EOFError):
        channel.send_exit_status(process.wait())
        channel.close()
    process.kill()
    process.wait()
    process.stdout.close()
    process.stderr.close()


def _pump(read: object, write: object) -> None:
    with contextlib.suppress(OSError, EOFError, ValueError):
        while data := read(32768):  # type: ignore[operator]
            write(data)  # type: ignore[operator]


@contextlib.contextmanager
def running(sshd: FakeSshd) -> Iterator[FakeSshd]:
    """The server for the time of the block."""
    sshd.open()
    try:
        yield sshd
    finally:
        sshd.close()
