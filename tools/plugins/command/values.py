"""Property values as the engine sends them: plain Python trees in which secrets and assets are tagged dicts.

`pulumi.provider.experimental` is not used for this: its values drop the hash of an asset (so that a changed
file would never be copied again) and do not know the engine's marker for a value that is not known yet.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from google.protobuf import json_format, struct_pb2  # type: ignore[import-untyped]

SIGNATURE = "4dabf18193072939515e22adb298388d"
SECRET = "1b47061264138c4ac30d75fd1eb44270"  # noqa: S105 - the tag of a secret, not one
OUTPUT = "d0e6a833031e9bbcd3f4e8bde6ca49a4"
ASSET = "c44067f5952c0a294b673a41bacd8c17"
ARCHIVE = "0def7320c3a5731c473e5ecbe6d01bc7"
UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"

Properties = dict[str, Any]


def decode(struct: struct_pb2.Struct) -> Properties:
    """The engine's struct as a tree; absent and null properties are the same and left out."""
    tree: Properties = json_format.MessageToDict(struct)
    return {key: value for key, value in tree.items() if value is not None}


def encode(properties: Mapping[str, Any]) -> struct_pb2.Struct:
    """The tree as the engine's struct."""
    struct = struct_pb2.Struct()
    struct.update({key: value for key, value in properties.items() if value is not None})
    return struct


def secret(value: Any) -> Any:
    """The value tagged as a secret, once."""
    return value if is_secret(value) else {SIGNATURE: SECRET, "value": value}


def is_secret(value: Any) -> bool:
    """Whether the value itself carries the tag of a secret."""
    if not isinstance(value, Mapping):
        return False
    tag = value.get(SIGNATURE)
    return tag == SECRET or (tag == OUTPUT and bool(value.get("secret")))


def reveal(value: Any) -> Any:
    """The value without its secret and output wrappers, at every depth."""
    if isinstance(value, Mapping):
        tag = value.get(SIGNATURE)
        if tag == SECRET:
            return reveal(value.get("value"))
        if tag == OUTPUT:
            return reveal(value.get("value", UNKNOWN))
        return {key: reveal(item) for key, item in value.items()}
    if isinstance(value, list):
        return [reveal(item) for item in value]
    return value


def has_unknown(value: Any) -> bool:
    """Whether any part of the value is not known yet."""
    return any(leaf == UNKNOWN for leaf in _leaves(reveal(value)))


def has_secret(value: Any) -> bool:
    """Whether the value or any part of it is a secret."""
    if is_secret(value):
        return True
    if isinstance(value, Mapping):
        return any(has_secret(item) for item in value.values())
    return isinstance(value, list) and any(has_secret(item) for item in value)


def secret_texts(value: Any, inside: bool = False) -> Iterator[str]:
    """Every text within a secret part of the value, and each longer line of such a text."""
    if isinstance(value, Mapping):
        within = inside or is_secret(value)
        for key, item in value.items():
            if key != SIGNATURE:
                yield from secret_texts(item, within)
    elif isinstance(value, list):
        for item in value:
            yield from secret_texts(item, inside)
    elif inside and isinstance(value, str):
        yield value
        yield from (line.strip() for line in value.splitlines())


def is_asset(value: Any) -> bool:
    """Whether the value is an asset or an archive."""
    return isinstance(value, Mapping) and value.get(SIGNATURE) in {ASSET, ARCHIVE}


def _leaves(value: Any) -> Iterator[Any]:
    if isinstance(value, Mapping):
        for item in value.values():
            yield from _leaves(item)
    elif isinstance(value, list):
        for item in value:
            yield from _leaves(item)
    else:
        yield value
