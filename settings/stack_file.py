"""Reading `Pulumi.<stack>.yaml` itself: for the check without an engine, and to see what is encrypted
there."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml  # type: ignore[import-untyped]

from settings.problems import NAMESPACE, join

_BOOL = "tag:yaml.org,2002:bool"
_WORDS = (_BOOL, "tag:yaml.org,2002:timestamp")


class _Loader(yaml.SafeLoader):  # type: ignore[misc]
    """YAML as the engine reads it: `on`, `off`, `yes` and `no` are words, and dates are text."""


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag not in _WORDS]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
_Loader.add_implicit_resolver(_BOOL, re.compile(r"true|True|TRUE|false|False|FALSE"), list("tTfF"))


class StackFileError(Exception):
    """The stack's file cannot be read."""


def read(path: Path) -> dict[str, Any]:
    """The sections of a stack's file by name, encrypted values as `{"secure": ...}`.

    Raises `StackFileError` when the file is missing or no YAML mapping.
    """
    try:
        content = yaml.load(path.read_text(encoding="utf-8"), Loader=_Loader)  # noqa: S506 -- it is a SafeLoader
    except OSError as error:
        message = (
            f"{path} cannot be read ({error.strerror}); a stack's configuration lies in Pulumi.<stack>.yaml"
        )
        raise StackFileError(message) from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        message = f"{path} is not valid YAML: {error}"
        raise StackFileError(message) from error
    config = content.get("config", {}) if isinstance(content, dict) else None
    if not isinstance(config, dict):
        message = f"{path} has no mapping `config:` at its top"
        raise StackFileError(message)
    prefix = f"{NAMESPACE}:"
    return {
        str(key).removeprefix(prefix): value for key, value in config.items() if str(key).startswith(prefix)
    }


def encrypted_keys(path: Path) -> frozenset[str]:
    """The keys that are encrypted in a stack's file; none when there is no such file."""
    try:
        sections = read(path)
    except StackFileError:
        return frozenset()
    return frozenset(_encrypted((), sections))


def _encrypted(path: tuple[str | int, ...], value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        if set(value) == {"secure"}:
            yield join(path)
            return
        for name, item in value.items():
            yield from _encrypted((*path, str(name)), item)
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _encrypted((*path, index), item)
