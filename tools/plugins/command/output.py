"""Where a command's output goes: the state and, line by line, the engine's log; never with a secret."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Literal

from tools.plugins.command.values import Properties, has_secret, reveal, secret, secret_texts

Stream = Literal["stdout", "stderr"]
MASK = "[secret]"
_SHORTEST_SECRET = 4
_SECRETS_OF_A_CONNECTION = frozenset({"password", "privateKey", "privateKeyPassword"})
_TAIL_CHARACTERS = 4000
# Output is not a copy of the connection, so a secret connection does not make it a secret.
_SHOWN_BY_OUTPUT = ("create", "update", "delete", "stdin", "environment", "interpreter", "dir")


class Redactor:
    """Replaces every secret text of a resource by a mask.

    Of a connection only the keys and passwords count: all of it is a secret by the published schema, but a
    message has to name the host. Texts shorter than four characters are left, since masking them would blot
    out half of any output without hiding anything.
    """

    def __init__(self, *properties: Properties) -> None:
        texts = {text for tree in properties for text in _secret_texts(tree)}
        self._texts = sorted((text for text in texts if len(text) >= _SHORTEST_SECRET), key=len, reverse=True)

    def __call__(self, text: str) -> str:
        for known in self._texts:
            text = text.replace(known, MASK)
        return text


class Capture:
    """Collects both streams of one command, and hands whole lines of the wanted streams to the log."""

    def __init__(self, log: Callable[[str], None], streams: Iterable[Stream]) -> None:
        self._log = log
        self._streams = frozenset(streams)
        self._lock = threading.Lock()
        self._chunks: dict[Stream, list[str]] = {"stdout": [], "stderr": []}
        self._both: list[str] = []
        self._partial: dict[Stream, str] = {"stdout": "", "stderr": ""}

    def write(self, stream: Stream, text: str) -> None:
        """Take the next piece of a stream."""
        with self._lock:
            self._chunks[stream].append(text)
            self._both.append(text)
            if stream not in self._streams:
                return
            *lines, self._partial[stream] = (self._partial[stream] + text).split("\n")
            for line in lines:
                self._emit(line)

    def finish(self) -> None:
        """Log what is left of a last line that has no end."""
        with self._lock:
            for stream in ("stdout", "stderr"):
                rest, self._partial[stream] = self._partial[stream], ""
                self._emit(rest)

    def text(self, stream: Stream) -> str:
        """All of one stream, without the newline at its end."""
        return "".join(self._chunks[stream]).removesuffix("\n")

    def tail(self) -> str:
        """The end of both streams as they came, for an error message."""
        return "".join(self._both)[-_TAIL_CHARACTERS:].strip()

    def _emit(self, line: str) -> None:
        if line.strip():
            self._log(line.rstrip("\r"))


def _secret_texts(properties: Properties) -> Iterator[str]:
    for name, value in properties.items():
        if name != "connection":
            yield from secret_texts(value)
            continue
        connection = reveal(value)
        for place in (connection, connection.get("proxy") or {}):
            for key in _SECRETS_OF_A_CONNECTION & place.keys():
                yield from secret_texts(secret(place[key]))


def logged_streams(properties: Properties) -> frozenset[Stream]:
    """The streams that the property `logging` sends to the engine's log; both when it is not given."""
    modes: dict[Any, frozenset[Stream]] = {
        "stdout": frozenset({"stdout"}),
        "stderr": frozenset({"stderr"}),
        "none": frozenset(),
    }
    return modes.get(properties.get("logging"), frozenset({"stdout", "stderr"}))


def as_outputs(inputs: Properties, outputs: Properties) -> Properties:
    """The state to record: the inputs as they came, and the outputs, as secrets when a secret input may
    show in them."""
    may_show = any(has_secret(inputs.get(name)) for name in _SHOWN_BY_OUTPUT)
    return inputs | {key: secret(value) if may_show else value for key, value in outputs.items()}
