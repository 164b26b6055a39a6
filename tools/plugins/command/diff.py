"""What changed between the recorded inputs and the new ones, as property paths with the published rules:
a change in `triggers` replaces the resource, every other change updates it in place."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from tools.plugins.command.values import UNKNOWN, Properties, is_asset, reveal

OUTPUT_ONLY = frozenset({"stdout", "stderr", "assets", "archive"})
REPLACING = frozenset({"triggers"})
_PLAIN_KEY = re.compile(r"[A-Za-z_$][\w$]*\Z")
_ABSENT = object()


@dataclass(frozen=True)
class Change:
    """One changed property path."""

    path: str
    root: str
    kind: Literal["add", "delete", "update"]

    @property
    def replaces(self) -> bool:
        """Whether this change makes a new resource."""
        return self.root in REPLACING


def changes(olds: Properties, news: Properties) -> list[Change]:
    """Every change from the old state to the new inputs, in the order of their paths."""
    found: list[Change] = []
    for root in sorted({*olds, *news} - OUTPUT_ONLY):
        old = reveal(olds[root]) if root in olds else _ABSENT
        new = reveal(news[root]) if root in news else _ABSENT
        found.extend(Change(path, root, kind) for path, kind in _walk(root, old, new))
    return found


def _walk(path: str, old: Any, new: Any) -> Iterator[tuple[str, Literal["add", "delete", "update"]]]:
    if old is _ABSENT or new is _ABSENT:
        yield path, "delete" if new is _ABSENT else "add"
    elif is_asset(old) or is_asset(new):
        if not _same_asset(old, new):
            yield path, "update"
    elif isinstance(old, Mapping) and isinstance(new, Mapping):
        for key in sorted({*old, *new}):
            step = f".{key}" if _PLAIN_KEY.match(key) else f'["{_escaped(key)}"]'
            yield from _walk(path + step, old.get(key, _ABSENT), new.get(key, _ABSENT))
    elif isinstance(old, list) and isinstance(new, list):
        for index in range(max(len(old), len(new))):
            left = old[index] if index < len(old) else _ABSENT
            right = new[index] if index < len(new) else _ABSENT
            yield from _walk(f"{path}[{index}]", left, right)
    elif old != new or new == UNKNOWN:
        yield path, "update"


def _same_asset(old: Any, new: Any) -> bool:
    if not (is_asset(old) and is_asset(new)):
        return False
    if old.get("hash") and new.get("hash"):
        return bool(old["hash"] == new["hash"])
    return bool(old == new)


def _escaped(key: str) -> str:
    return key.replace("\\", "\\\\").replace('"', '\\"')
