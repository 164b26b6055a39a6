"""One SSH session to a server: commands with their input and output, and channels to its local ports."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from providers.ssh.errors import (
    CommandFailedError,
    CommandTimedOutError,
    ConnectionLostError,
    SshError,
    UnreachableError,
)

if TYPE_CHECKING:
    import paramiko

#: Seconds within which a server must open a channel.
CHANNEL_TIMEOUT_SECONDS = 15.0
_CHUNK = 65536


@dataclass(frozen=True, kw_only=True)
class Completed:
    """A command that ran to its end."""

    exit_status: int
    stdout: str
    stderr: str

    @property
    def ok(self) -> bool:
        """Whether it ended with status 0."""
        return self.exit_status == 0

    def reason(self) -> str:
        """The last words of a failed command on one line, at most 300 characters."""
        said = " ".join((self.stderr.strip() or self.stdout.strip()).split())
        return f"exit status {self.exit_status}" + (f": {said[-300:]}" if said else "")


class Session:
    """An authenticated connection to a server whose host key was checked.

    Made by `connect`, used by one thread for commands one after another.
    """

    def __init__(self, transport: "paramiko.Transport", name: str) -> None:
        self._transport = transport
        self.name = name

    def run(
        self, command: str, *, stdin: str | None = None, timeout_seconds: float, close_stdin: bool = True
    ) -> Completed:
        """Run a command in the server's shell and wait for its end.

        Secrets belong into `stdin`: the command itself is visible in the server's process list. An open stdin
        is for commands that take its end for a hang-up.
        Raises CommandTimedOutError after `timeout_seconds`, ConnectionLostError if the session breaks.
        """
        deadline = time.monotonic() + timeout_seconds
        channel = self._exec(command)
        try:
            return _drain(channel, stdin, deadline, close_stdin=close_stdin)
        except TimeoutError as exc:
            said = f"a command on {self.name} took longer than {timeout_seconds:.0f} s: {_gist(command)}"
            raise CommandTimedOutError(said) from exc
        except (OSError, EOFError) as exc:
            said = f"the SSH session to {self.name} broke off during: {_gist(command)}"
            raise ConnectionLostError(said) from exc
        finally:
            channel.close()

    def must(
        self, command: str, *, doing: str, stdin: str | None = None, timeout_seconds: float = 60.0
    ) -> str:
        """The standard output of a command that has to succeed.

        Raises CommandFailedError with "<doing> on <server> failed: <last words>" otherwise.
        """
        done = self.run(command, stdin=stdin, timeout_seconds=timeout_seconds)
        if not done.ok:
            said = f"{doing} on {self.name} failed: {done.reason()}"
            raise CommandFailedError(said)
        return done.stdout

    def open_channel(self, host: str, port: int) -> "paramiko.Channel":
        """A byte stream to an address as seen from the server, such as 127.0.0.1:3306.

        Raises UnreachableError if nothing listens there, or if the server's sshd forbids TCP forwarding;
        ConnectionLostError if the session itself is gone.
        """
        from paramiko import ChannelException, SSHException

        try:
            return self._transport.open_channel(
                "direct-tcpip", (host, port), ("127.0.0.1", 0), timeout=CHANNEL_TIMEOUT_SECONDS
            )
        except ChannelException as exc:
            said = f"no channel from {self.name} to {host}:{port}: {exc.text}"
            raise UnreachableError(said) from exc
        except (SSHException, EOFError, OSError) as exc:
            said = f"the SSH session to {self.name} broke off before a channel to {host}:{port}"
            raise ConnectionLostError(said) from exc

    @contextmanager
    def holding(self, command: str, *, ready: str, timeout_seconds: float) -> Iterator[None]:
        """Keep a command running while the block runs; it has to end by itself when its stdin closes.

        Raises SshError if the command ends, or says something else than the line `ready`, or says nothing
        within `timeout_seconds`.
        """
        channel = self._exec(command)
        try:
            channel.settimeout(timeout_seconds)
            said = b""
            while not said.endswith(b"\n"):
                byte = channel.recv(1)
                if not byte:
                    break
                said += byte
        except TimeoutError as exc:
            channel.close()
            late = f"{self.name} did not answer '{ready}' within {timeout_seconds:.0f} s: {_gist(command)}"
            raise CommandTimedOutError(late) from exc
        if said.decode(errors="replace").strip() != ready:
            channel.close()
            odd = f"{self.name} did not answer '{ready}' to: {_gist(command)}"
            raise SshError(odd)
        try:
            yield
        finally:
            channel.close()

    def close(self) -> None:
        """End the session."""
        self._transport.close()

    def _exec(self, command: str) -> "paramiko.Channel":
        from paramiko import SSHException

        try:
            channel = self._transport.open_session(timeout=CHANNEL_TIMEOUT_SECONDS)
            channel.exec_command(command)
        except (SSHException, EOFError, OSError) as exc:
            said = f"the SSH session to {self.name} broke off before: {_gist(command)}"
            raise ConnectionLostError(said) from exc
        return channel


def _drain(
    channel: "paramiko.Channel", stdin: str | None, deadline: float, *, close_stdin: bool
) -> Completed:
    """Feed and read all three streams at once: any of them may be larger than its window."""
    errors: list[bytes] = []
    feeder = threading.Thread(target=_feed, args=(channel, stdin or "", close_stdin), daemon=True)
    listener = threading.Thread(target=_collect, args=(channel.recv_stderr, errors), daemon=True)
    output: list[bytes] = []
    feeder.start()
    listener.start()
    while True:
        left = deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError
        channel.settimeout(left)
        chunk = channel.recv(_CHUNK)
        if not chunk:
            break
        output.append(chunk)
    if not channel.status_event.wait(max(0.0, deadline - time.monotonic())):
        raise TimeoutError
    listener.join(max(0.1, deadline - time.monotonic()))
    if channel.exit_status < 0:
        raise EOFError
    return Completed(
        exit_status=channel.exit_status,
        stdout=b"".join(output).decode(errors="replace"),
        stderr=b"".join(errors).decode(errors="replace"),
    )


def _feed(channel: "paramiko.Channel", text: str, close: bool) -> None:
    try:
        if text:
            channel.sendall(text.encode())
        if close:
            channel.shutdown_write()
    except (OSError, EOFError):
        return  # The command ended without reading its input; its exit status tells the rest.


def _collect(receive: Callable[[int], bytes], into: list[bytes]) -> None:
    try:
        while chunk := receive(_CHUNK):
            into.append(chunk)
    except (OSError, EOFError):
        return  # The reader of stdout meets the same end and reports it.


def _gist(command: str) -> str:
    line = " ".join(command.split())
    return line if len(line) <= 120 else line[:117] + "..."
