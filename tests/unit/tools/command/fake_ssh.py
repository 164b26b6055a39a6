"""A real SSH server in this process, whose shell is this machine's and whose SFTP root is a directory."""

import os
import socket
import subprocess
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import paramiko


class FakeSshServer:
    """Accepts one user by password or key; runs commands with /bin/sh; counts what it saw."""

    def __init__(self, root: Path, client_key: paramiko.PKey) -> None:
        self.root = root
        self.client_key = client_key
        self.password = "pass-word"
        self.host_key = paramiko.ECDSAKey.generate()
        self.connections = 0
        self.refuse = 0
        self.commands: list[str] = []
        self.threads: set[int] = set()
        self._closing = threading.Event()
        self._transports: list[paramiko.Transport] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def public_host_key(self) -> str:
        return f"{self.host_key.get_name()} {self.host_key.get_base64()}"

    def close(self) -> None:
        self._closing.set()
        self._listener.close()
        for transport in self._transports:
            transport.close()

    def drop_connections(self) -> None:
        for transport in self._transports:
            transport.close()

    def _accept(self) -> None:
        while not self._closing.is_set():
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            if self.refuse > 0:
                self.refuse -= 1
                connection.close()
                continue
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        transport = paramiko.Transport(connection)
        self._transports.append(transport)
        transport.add_server_key(self.host_key)
        transport.set_subsystem_handler("sftp", paramiko.SFTPServer, _Files, root=self.root)
        try:
            transport.start_server(server=_Session(self))
        except (OSError, EOFError, paramiko.SSHException):
            transport.close()


class _Session(paramiko.ServerInterface):
    def __init__(self, server: FakeSshServer) -> None:
        self._server = server
        self._environment: dict[int, dict[str, str]] = {}

    def get_allowed_auths(self, username: str) -> str:
        return "password,publickey"

    def check_auth_password(self, username: str, password: str) -> int:
        return paramiko.AUTH_SUCCESSFUL if password == self._server.password else paramiko.AUTH_FAILED

    def check_auth_publickey(self, username: str, key: paramiko.PKey) -> int:
        return paramiko.AUTH_SUCCESSFUL if key == self._server.client_key else paramiko.AUTH_FAILED

    def check_channel_request(self, kind: str, chanid: int) -> int:
        return paramiko.OPEN_SUCCEEDED

    def check_channel_direct_tcpip_request(self, chanid: int, origin: Any, destination: Any) -> int:
        return paramiko.OPEN_SUCCEEDED

    def check_channel_env_request(self, channel: paramiko.Channel, name: bytes, value: bytes) -> bool:
        self._environment.setdefault(channel.get_id(), {})[name.decode()] = value.decode()
        return True

    def check_channel_exec_request(self, channel: paramiko.Channel, command: bytes) -> bool:
        self._server.commands.append(command.decode())
        environment = self._environment.get(channel.get_id(), {})
        threading.Thread(target=_execute, args=(channel, command.decode(), environment), daemon=True).start()
        return True


def _execute(channel: paramiko.Channel, command: str, environment: Mapping[str, str]) -> None:
    process = subprocess.Popen(
        ["/bin/sh", "-c", command],
        env={**os.environ, **environment},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )

    def feed() -> None:
        assert process.stdin is not None
        try:
            while chunk := channel.recv(65536):
                process.stdin.write(chunk)
            process.stdin.close()
        except OSError:
            process.kill()

    def pump(pipe: Any, send: Any) -> None:
        while chunk := os.read(pipe.fileno(), 65536):
            try:
                send(chunk)
            except OSError:
                process.kill()
                return

    threads = [threading.Thread(target=feed, daemon=True)]
    threads += [
        threading.Thread(target=pump, args=(process.stdout, channel.sendall), daemon=True),
        threading.Thread(target=pump, args=(process.stderr, channel.sendall_stderr), daemon=True),
    ]
    for thread in threads:
        thread.start()
    # The client's end of input comes after it was told that the command runs: an exit status that overtakes
    # that word would close the channel under it.
    for thread in threads:
        thread.join()
    channel.send_exit_status(process.wait())
    channel.close()


class _Files(paramiko.SFTPServerInterface):
    def __init__(self, _server: Any, root: Path) -> None:
        self._root = root

    def _local(self, path: str) -> Path:
        return self._root / path.lstrip("/")

    def stat(self, path: str) -> Any:
        try:
            return paramiko.SFTPAttributes.from_stat(os.stat(self._local(path)))
        except OSError as exc:
            return paramiko.SFTPServer.convert_errno(exc.errno or 0)

    lstat = stat

    def mkdir(self, path: str, attr: Any) -> int:
        try:
            self._local(path).mkdir()
        except OSError as exc:
            return int(paramiko.SFTPServer.convert_errno(exc.errno or 0))
        return int(paramiko.SFTP_OK)

    def open(self, path: str, flags: int, attr: Any) -> Any:
        try:
            descriptor = os.open(self._local(path), flags, 0o644)
        except OSError as exc:
            return paramiko.SFTPServer.convert_errno(exc.errno or 0)
        handle = paramiko.SFTPHandle(flags)
        file = os.fdopen(descriptor, "wb" if flags & os.O_WRONLY else "rb")
        handle.writefile = handle.readfile = file
        return handle


@contextmanager
def fake_ssh_server(root: Path, client_key: paramiko.PKey) -> Iterator[FakeSshServer]:
    """A server that is closed at the end."""
    server = FakeSshServer(root, client_key)
    try:
        yield server
    finally:
        server.close()
