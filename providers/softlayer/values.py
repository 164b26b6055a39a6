"""Values as they cross the engine's wire: unknowns, numbers that became floats, canonical forms.

`parse` functions accept what the engine delivers and what the program wrote, and give one canonical value,
so that two spellings of the same thing never differ.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")


def integer(value: Any) -> int | None:
    """A whole number; the engine's wire knows only floats. Raises ValueError for anything else."""
    if value is None or value == "":
        return None
    if isinstance(value, bool) or float(value) != int(float(value)):
        message = "has to be a whole number"
        raise ValueError(message)
    return int(float(value))


def flag(value: Any) -> bool:
    """A yes or no; the API writes 1 and 0, nothing counts as no."""
    if value in (None, ""):
        return False
    if value in (True, False):  # 1, 0, 1.0 and 0.0 among them
        return bool(value)
    message = "has to be true or false"
    raise ValueError(message)


def text(value: Any) -> str:
    """Text with plain line ends, as XML delivers it; nothing is the empty text."""
    if value is None:
        return ""
    if not isinstance(value, str):
        message = "has to be text"
        raise ValueError(message)
    return value.replace("\r\n", "\n").replace("\r", "\n")


def name(value: Any) -> str | None:
    """A name or nothing."""
    return text(value).strip() or None


def integers(value: Any) -> tuple[int, ...]:
    """A list of whole numbers, in order."""
    return tuple(number for item in _items(value) if (number := integer(item)) is not None)


def integer_set(value: Any) -> tuple[int, ...]:
    """A set of whole numbers, sorted."""
    return tuple(sorted(set(integers(value))))


def label_set(value: Any) -> tuple[str, ...]:
    """A set of tags, sorted; the API does not tell their case apart, the first spelling stays."""
    by_key: dict[str, str] = {}
    for item in _items(value):
        label = text(item).strip()
        if label:
            by_key.setdefault(label.casefold(), label)
    return tuple(by_key[key] for key in sorted(by_key))


def has_control_characters(value: str) -> bool:
    """Whether a text holds characters that XML, and so the API, cannot carry."""
    return bool(_CONTROL.search(value))


def _items(value: Any) -> Iterable[Any]:
    if value is None:
        return ()
    if isinstance(value, str | Mapping) or not isinstance(value, Iterable):
        message = "has to be a list"
        raise ValueError(message)
    return value
