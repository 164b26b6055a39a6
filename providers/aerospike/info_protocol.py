"""Aerospike's info protocol: what asinfo speaks with a node, over any stream of bytes.

A request is a header of eight bytes (version 2, type 1, the body's length in six bytes, big end first) and
one command in each line. The answer has the same form, with "<command> TAB <value>" in each line.

The standard library only, since the discovery agent carries this file into its container as it is.
"""

from collections.abc import Mapping, Sequence
from typing import Protocol

VERSION = 2
TYPE_INFO = 1
HEADER_BYTES = 8
#: A length beyond this is no answer of a server; the longest real ones are some 100 KB.
MOST_BYTES = 16 * 1024 * 1024
#: What Community Edition answers to a command that it does not have.
ENTERPRISE_ONLY = 25
_CHUNK = 65536


class Stream(Protocol):
    """As much of a socket as is needed."""

    def sendall(self, data: bytes, /) -> object:
        """Send everything."""

    def recv(self, size: int, /) -> bytes:
        """At most so many bytes; none at the end."""


class InfoError(Exception):
    """What came over the line is not the info protocol, or broke off."""


class RefusedError(InfoError):
    """The node answered a command with an error. code: its number, 0 where it gives none."""

    def __init__(self, command: str, code: int, reason: str) -> None:
        why = reason or "no reason given"
        super().__init__(f"{command} was refused: {why}" + (f" ({code})" if code else ""))
        self.command, self.code, self.reason = command, code, reason


def request(commands: Sequence[str]) -> bytes:
    """The bytes that ask for these commands. Raises ValueError for one that is not a single line."""
    for command in commands:
        if not command or "\n" in command or "\t" in command:
            said = f"not an info command: {command!r}"
            raise ValueError(said)
    return framed("".join(f"{command}\n" for command in commands).encode())


def framed(body: bytes) -> bytes:
    """A body behind its header."""
    return bytes((VERSION, TYPE_INFO)) + len(body).to_bytes(6, "big") + body


def body_length(header: bytes) -> int:
    """The length that a header announces. Raises InfoError for anything that is no header of an answer."""
    if len(header) != HEADER_BYTES:
        said = f"the answer broke off after {len(header)} of {HEADER_BYTES} bytes of its header"
        raise InfoError(said)
    if header[0] != VERSION or header[1] != TYPE_INFO:
        said = f"not the info protocol: version {header[0]}, type {header[1]}"
        raise InfoError(said)
    length = int.from_bytes(header[2:], "big")
    if length > MOST_BYTES:
        said = f"the answer announces {length} bytes, and {MOST_BYTES} is the most that is read"
        raise InfoError(said)
    return length


def answers(body: bytes) -> dict[str, str]:
    """The value of each command. Raises InfoError for a line that is no answer."""
    try:
        text = body.decode()
    except UnicodeDecodeError as exc:
        said = "the answer is not text"
        raise InfoError(said) from exc
    found: dict[str, str] = {}
    for line in text.split("\n"):
        if not line:
            continue
        command, tab, value = line.partition("\t")
        if not tab:
            said = f"a line of the answer has no value: {line[:80]!r}"
            raise InfoError(said)
        found[command] = value
    return found


def ask(stream: Stream, *commands: str) -> dict[str, str]:
    """Ask a node, and give its answer to each command. Raises InfoError if one is missing.

    An error that the node gives for a command is a value here; `checked` tells it apart.
    """
    stream.sendall(request(commands))
    found = answers(_exactly(stream, body_length(_exactly(stream, HEADER_BYTES))))
    missing = [command for command in commands if command not in found]
    if missing:
        said = f"the node left {missing[0]} unanswered" + _first_word(found)
        raise InfoError(said)
    return found


def checked(command: str, value: str) -> str:
    """The value. Raises RefusedError where it is the node's word for an error."""
    head, _, rest = value.partition(":")
    if head.lower() in ("error", "fail"):
        code, _, reason = rest.partition(":")
        number = code.strip()
        if number and not number.isdecimal():
            # Older servers give the reason where the number stands now.
            raise RefusedError(command, 0, rest.strip())
        raise RefusedError(command, int(number or 0), reason.strip())
    return value


def pairs(text: str) -> dict[str, str]:
    """`a=1;b=2` as a mapping; of a key that comes twice the last value, and nothing of what has no `=`."""
    return dict(part.split("=", 1) for part in text.split(";") if "=" in part)


def seeds(network: str) -> list[tuple[str, int]]:
    """Host and port of each mesh seed in the answer to `get-config:context=network`, tips among them."""
    found = []
    for part in network.split(";"):
        key, _, value = part.partition("=")
        host, _, port = value.rpartition(":")
        if key == "heartbeat.mesh-seed-address-port" and host and port.isdecimal():
            found.append((host.strip("[]"), int(port)))
    return found


def number(facts: Mapping[str, str], key: str, default: int = 0) -> int:
    """A whole number of the statistics; the default where it is missing or no number."""
    value = facts.get(key, "")
    return int(value) if value.isascii() and value.isdecimal() else default


def _exactly(stream: Stream, size: int) -> bytes:
    """So many bytes. Raises InfoError if the stream ends before; its own errors pass."""
    parts: list[bytes] = []
    left = size
    while left:
        part = stream.recv(min(left, _CHUNK))
        if not part:
            said = f"the answer broke off after {size - left} of {size} bytes"
            raise InfoError(said)
        parts.append(part)
        left -= len(part)
    return b"".join(parts)


def _first_word(found: Mapping[str, str]) -> str:
    """What the node said in its place, such as that it wants a login."""
    for command, value in found.items():
        return f"; it said {command} {value}"[:120]
    return ""
