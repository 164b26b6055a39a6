"""Runs one command on a server over SSH."""

from __future__ import annotations

import codecs
import threading
from collections.abc import Callable

import paramiko

from tools.plugins.command.cancellation import Cancellation
from tools.plugins.command.connection import connect
from tools.plugins.command.errors import CommandError
from tools.plugins.command.output import Capture, Stream
from tools.plugins.command.values import Properties

_CHUNK_BYTES = 65536


def run(
    command: str,
    properties: Properties,
    previous: dict[str, str],
    capture: Capture,
    cancellation: Cancellation,
) -> None:
    """Run `command` with the revealed properties of a `command:remote:Command`, and wait for its end.

    `previous` is the environment that carries the last run's output. Raises CommandError when the server
    cannot be reached, the command fails, or the connection is lost before its exit status is known.
    """
    with connect(properties["connection"], cancellation) as client:
        transport = client.get_transport()
        if transport is None:
            message = f"the connection to {properties['connection'].get('host')} was lost"
            raise CommandError(message)
        try:
            status = _execute(transport, command, properties, previous, capture, cancellation)
        except (OSError, EOFError, paramiko.SSHException) as exc:
            message = f"the connection to {properties['connection'].get('host')} was lost: {exc}"
            raise CommandError(message) from exc
    if status != 0:
        raise CommandError(_failure(status, properties, cancellation))


def _execute(
    transport: paramiko.Transport,
    command: str,
    properties: Properties,
    previous: dict[str, str],
    capture: Capture,
    cancellation: Cancellation,
) -> int:
    channel = transport.open_session()
    with cancellation.interrupting(channel.close):
        for name, value in {**(properties.get("environment") or {}), **previous}.items():
            channel.set_environment_variable(name, str(value))
        channel.exec_command(command)
        threads = [
            threading.Thread(target=_feed, args=(channel, properties.get("stdin") or ""), daemon=True),
            threading.Thread(target=_drain, args=(channel.recv_stderr, "stderr", capture), daemon=True),
        ]
        for thread in threads:
            thread.start()
        _drain(channel.recv, "stdout", capture)
        threads[1].join()
        return channel.recv_exit_status()


def _feed(channel: paramiko.Channel, stdin: str) -> None:
    try:
        channel.sendall(stdin.encode())
        channel.shutdown_write()
    except OSError:
        # The command closed its input or ended before reading all of it, which is its right.
        return


def _drain(receive: Callable[[int], bytes], stream: Stream, capture: Capture) -> None:
    decoder = codecs.getincrementaldecoder("utf-8")(errors="replace")
    while chunk := receive(_CHUNK_BYTES):
        capture.write(stream, decoder.decode(chunk))
    capture.write(stream, decoder.decode(b"", final=True))


def _failure(status: int, properties: Properties, cancellation: Cancellation) -> str:
    host = properties["connection"].get("host")
    if cancellation.requested:
        return f"the command on {host} was cancelled"
    if status < 0:
        return (
            f"the command on {host} ended without an exit status: it was killed, or the connection was lost"
        )
    return f"the command on {host} exited with status {status}"
