"""Values on their way between the program and the fake engine.

A secret stays visible as a `Secret`, an unknown value as `UNKNOWN`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from google.protobuf import struct_pb2

_SIGNATURE = "4dabf18193072939515e22adb298388d"
_SECRET_SIGNATURE = "1b47061264138c4ac30d75fd1eb44270"


@dataclass(frozen=True)
class Secret:
    """A value that travels as a secret."""

    value: Any


def opened(value: Any) -> Any:
    """The same with every secret's value in its place."""
    if isinstance(value, Secret):
        return opened(value.value)
    if isinstance(value, dict):
        return {key: opened(item) for key, item in value.items()}
    if isinstance(value, list):
        return [opened(item) for item in value]
    return value


def decoded(value: Any) -> Any:
    if isinstance(value, struct_pb2.Struct):
        fields = {key: decoded(item) for key, item in value.items()}
        if fields.get(_SIGNATURE) == _SECRET_SIGNATURE:
            return Secret(fields["value"])
        # None does not travel.
        return {key: item for key, item in fields.items() if item is not None}
    if isinstance(value, struct_pb2.ListValue):
        return [decoded(item) for item in value]
    return value


def encoded(value: Mapping[str, Any]) -> struct_pb2.Struct:
    def plain(part: Any) -> Any:
        if isinstance(part, Secret):
            return {_SIGNATURE: _SECRET_SIGNATURE, "value": plain(part.value)}
        if isinstance(part, Mapping):
            return {key: plain(item) for key, item in part.items()}
        if isinstance(part, list | tuple):
            return [plain(item) for item in part]
        return part

    made = struct_pb2.Struct()
    made.update(plain(value))
    return made


def marked(value: Any, pattern: Any) -> Any:
    """The engine keeps secret in the outputs what was secret in the inputs of the same name."""
    if isinstance(pattern, Secret):
        return Secret(value)
    if isinstance(value, dict) and isinstance(pattern, dict):
        return {key: marked(item, pattern.get(key)) for key, item in value.items()}
    if isinstance(value, list) and isinstance(pattern, list) and len(value) == len(pattern):
        return [marked(item, part) for item, part in zip(value, pattern, strict=True)]
    return value
