"""Types, ranges and unknown keys: everything pydantic sees, told in the words of the configuration.

A value that is wrong is reported and put back to its default, so that the checks which come after still see
the rest.
"""

import difflib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from settings import schema
from settings.model import StackConfig
from settings.problems import NAMESPACE, Problem, join, show

#: Systems that the configuration has a name for and that this release does not build.
LATER_SECTIONS = ("backup",)

Raw = dict[str, Any]
Loc = tuple[str | int, ...]


@dataclass
class Shape:
    """What came out of a raw configuration.

    `unsure` are the keys whose value is a default only because the given one was faulty, or was written under
    a name like it that does not exist.
    """

    config: StackConfig
    problems: list[Problem]
    unsure: set[str]


def read_shape(raw: Raw) -> Shape:
    """The configuration with every faulty value put back to its default, and what was faulty."""
    shape = Shape(config=StackConfig(), problems=[], unsure=set())
    raw = _without_later_sections(json.loads(json.dumps(raw, default=str)), shape)
    while True:
        try:
            shape.config = StackConfig.model_validate_json(json.dumps(raw))
        except ValidationError as error:
            _put_back(raw, error.errors(include_url=False, include_input=False), shape)
        else:
            return shape


def _without_later_sections(raw: Raw, shape: Shape) -> Raw:
    """Refuses what asks for a system that is not built, and drops what leaves it off."""
    for name in LATER_SECTIONS:
        if name in raw and not _is_off(raw[name]):
            text = "this release does not build it yet; remove the section"
            shape.problems.append(Problem(key=name, text=text))
    return {name: value for name, value in raw.items() if name not in LATER_SECTIONS}


def _is_off(value: Any) -> bool:
    return value is False or (isinstance(value, dict) and value.get("enabled") is False)


def _put_back(raw: Raw, faults: list[ErrorDetails], shape: Shape) -> None:
    """Reports each fault, then takes it out: only then, since a fault is described from what is there."""
    by_loc = {fault["loc"]: fault for fault in reversed(faults)}
    for loc, fault in sorted(by_loc.items(), key=lambda item: join(item[0])):
        if fault["type"] == "extra_forbidden":
            near = _near_sibling(loc)
            shape.problems.append(Problem(key=join(loc), text=f"there is no such key{_offer(loc, near)}"))
            if near is not None and near not in _holder(raw, loc):
                shape.unsure.add(join((*loc[:-1], near)))
        else:
            shape.problems.append(_problem(raw, loc, fault))
    for loc in by_loc:
        shape.unsure.add(join(_remove(raw, loc)))


def _remove(raw: Raw, loc: Loc) -> Loc:
    """Takes one faulty value out without moving the others of its list; returns what was taken out."""
    holder, last = _holder(raw, loc), loc[-1]
    if isinstance(holder, dict):
        holder.pop(str(last), None)
    elif isinstance(holder, list) and isinstance(last, int):
        if not schema.is_section(schema.annotation_at(loc)):
            return _remove(raw, loc[:-1])
        holder[last] = {}
    return loc


def _holder(raw: Raw, loc: Loc) -> Any:
    """The mapping or list that a value stands in."""
    holder: Any = raw
    for step in loc[:-1]:
        holder = _step(holder, step)
    return holder


def _step(holder: Any, step: str | int) -> Any:
    if isinstance(holder, dict):
        return holder.get(str(step))
    if isinstance(holder, list) and isinstance(step, int) and step < len(holder):
        return holder[step]
    return None


def _problem(raw: Raw, loc: Loc, fault: ErrorDetails) -> Problem:
    annotation, field = schema.annotation_at(loc), schema.field_at(loc)
    value = _step(_holder(raw, loc), loc[-1]) if loc else raw
    if fault["type"] in _LENGTHS:
        text = _LENGTHS[fault["type"]](fault["ctx"])
    else:
        text = schema.expected(annotation, field)
    if schema.secret_at(loc) or schema.is_section(annotation):
        return Problem(key=join(loc), text=f"must be {text}, not {_kind(value)}")
    return Problem(key=join(loc), value=show(value), text=f"must be {text}")


def _kind(value: Any) -> str:
    kinds: Mapping[type, str] = {
        str: "text",
        bool: "true or false",
        int: "a number",
        float: "a number",
        list: "a list",
    }
    return kinds.get(type(value), "a mapping")


def _items(count: int) -> str:
    return "1 item" if count == 1 else f"{count} items"


_LENGTHS: Mapping[str, Callable[[dict[str, Any]], str]] = {
    "too_short": lambda context: f"a list of at least {_items(context['min_length'])}",
    "too_long": lambda context: f"a list of at most {_items(context['max_length'])}",
}


def _siblings(loc: Loc) -> list[str]:
    known = list(schema.fields_of(schema.annotation_at(loc[:-1])))
    return known + list(LATER_SECTIONS) if len(loc) == 1 else known


def _near_sibling(loc: Loc) -> str | None:
    """The key of the same section that was most likely meant."""
    folded = {_folded(candidate): candidate for candidate in _siblings(loc)}
    found = difflib.get_close_matches(_folded(str(loc[-1])), list(folded), n=1, cutoff=0.6)
    return folded[found[0]] if found else None


def _folded(name: str) -> str:
    return name.lower().replace("_", "").replace("-", "")


def _offer(loc: Loc, near: str | None) -> str:
    """What could have been meant: a key of the same section, one of that name in another section, or any."""
    if near is not None:
        return f"; did you mean {NAMESPACE}:{join((*loc[:-1], near))}?"
    elsewhere = [key.path for key in schema.all_keys() if key.path[-1] == loc[-1] and "[]" not in key.path]
    if elsewhere:
        return f"; did you mean {NAMESPACE}:{join(elsewhere[0])}?"
    known = sorted(set(_siblings(loc)) - set(LATER_SECTIONS))
    return f"; known here are {', '.join(known)}"
