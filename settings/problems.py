"""What is wrong with a stack's configuration, and how it is told to the user."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

#: The namespace of every key in `Pulumi.<stack>.yaml`.
NAMESPACE = "galera-swarm"

#: Longer values are cut in messages.
_SHOWN_CHARACTERS = 80


@dataclass(frozen=True, kw_only=True)
class Problem:
    """One fault of the configuration.

    `key` is the path below the namespace (`servers.count`, `database.users[0].host`), `value` the offending
    value as shown to the user (None: nothing to show, or a secret), `text` says what is allowed. A `warning`
    stops nothing.
    """

    key: str
    text: str
    value: str | None = None
    severity: Literal["error", "warning"] = "error"

    def __str__(self) -> str:
        shown = "" if self.value is None else f" = {self.value}"
        return f"{NAMESPACE}:{self.key}{shown}: {self.text}"


def show(value: Any) -> str:
    """A scalar as it stands in YAML; of a list or mapping only the kind, since a secret may hide inside."""
    if isinstance(value, dict):
        return "(a mapping)"
    if isinstance(value, list | tuple):
        if all(isinstance(item, str | int | float | bool) for item in value):
            return _cut(json.dumps(list(value), ensure_ascii=False))
        return "(a list)"
    return _cut(json.dumps(value, ensure_ascii=False, default=str))


def _cut(text: str) -> str:
    return text if len(text) <= _SHOWN_CHARACTERS else f"{text[: _SHOWN_CHARACTERS - 1]}…"


def join(path: Sequence[str | int]) -> str:
    """`("database", "users", 0, "host")` as `database.users[0].host`, the form `pulumi config set --path`
    takes."""
    key = ""
    for step in path:
        if isinstance(step, int):
            key += f"[{step}]"
        elif step and all(character.isalnum() or character in "-_" for character in step):
            key += f".{step}" if key else step
        else:
            key += f"[{json.dumps(step, ensure_ascii=False)}]"
    return key


def covers(ancestor: str, key: str) -> bool:
    """True when `key` is `ancestor` itself or lies below it."""
    return key == ancestor or (key.startswith(ancestor) and key[len(ancestor)] in ".[")


def report(stack: str, problems: Iterable[Problem]) -> str:
    """The one message that names every problem."""
    lines = [f"  - {problem}" for problem in problems]
    noun = "problem" if len(lines) == 1 else "problems"
    head = f"The configuration of stack {stack} has {len(lines)} {noun}; nothing has been touched."
    return "\n".join([head, *lines])
