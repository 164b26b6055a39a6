"""Object masks: what a client wants to see of an object.

`parse` turns the text into a `Selection`, `check` refuses properties that the type does not have, `project`
copies what was asked for. All three are pure. The rules: no mask or an empty one means the local
properties; naming a relation means its local properties; naming any local property at a level means only
the named ones at that level; each list relation has a `…Count`.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from sandbox.api.errors import ApiError
from sandbox.api.notation import Relation
from sandbox.api.objects import Object, read, type_key
from sandbox.api.schema import SCHEMA

_TOKEN = re.compile(r"\s*(?:([A-Za-z_][A-Za-z0-9_]*)|([\[\](),.]))")
_ROOTS = frozenset({"mask", "filteredMask"})
_PREFIX = "SoftLayer_"


@dataclass
class Selection:
    """The properties named at one level; the key is the name and the type its value is cast to, if any."""

    items: dict[tuple[str, str | None], "Selection"] = field(default_factory=dict)

    def add(self, name: str, cast: str | None, below: "Selection") -> None:
        """Name a property here; one that is named twice gets both selections."""
        known = self.items.setdefault((name, cast), Selection())
        known.absorb(below)

    def absorb(self, other: "Selection") -> None:
        """Take over everything that another selection names."""
        for (name, cast), below in other.items.items():
            self.add(name, cast, below)


def parse(text: str) -> Selection:
    """Read a mask in any form the API takes; raises `ApiError` when brackets or names are out of place."""
    return _Parser(text).parse()


class _Parser:
    """Recursive descent over names, brackets, dots and commas; white space means nothing."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._tokens = list(self._split(text))
        self._at = 0

    def _split(self, text: str) -> Iterator[str]:
        at = 0
        end = len(text.rstrip())
        while at < end:
            match = _TOKEN.match(text, at)
            if match is None:
                raise self._malformed(text[at:].strip()[:1])
            at = match.end()
            yield match.group(1) or match.group(2)

    def _malformed(self, found: str | None) -> ApiError:
        why = f"unexpected {found!r}" if found else "it ends too early"
        return ApiError(
            "WebService_ObjectMask", f"Object mask {self._text[:200]!r} is not well formed: {why}."
        )

    def _peek(self) -> str | None:
        return self._tokens[self._at] if self._at < len(self._tokens) else None

    def _take(self, expected: str | None = None) -> str:
        token = self._peek()
        if token is None or (expected is not None and token != expected):
            raise self._malformed(token)
        self._at += 1
        return token

    def parse(self) -> Selection:
        roots = self._items(None)
        if self._peek() is not None:
            raise self._malformed(self._peek())
        return _without_roots(roots)

    def _items(self, closing: str | None) -> Selection:
        found = Selection()
        while self._peek() != closing:
            if self._peek() == "[" and not found.items:
                self._take("[")
                found.absorb(self._items("]"))
                self._take("]")
            else:
                self._item(found)
            if self._peek() != ",":
                break
            self._take(",")
        return found

    def _item(self, into: Selection) -> None:
        name = self._take()
        if not (name[0].isalpha() or name[0] == "_"):
            raise self._malformed(name)
        cast = None
        if self._peek() == "(":
            self._take("(")
            cast = self._take().removeprefix(_PREFIX)
            self._take(")")
        below = Selection()
        if self._peek() == ".":
            self._take(".")
            self._item(below)
        elif self._peek() == "[":
            self._take("[")
            below = self._items("]")
            self._take("]")
        into.add(name, cast, below)


def _without_roots(found: Selection) -> Selection:
    """Remove the leading `mask` of each root."""
    result = Selection()
    for (name, cast), below in found.items.items():
        if name in _ROOTS:
            result.absorb(below)
        else:
            result.add(name, cast, below)
    return result


def check(selection: Selection, kind: str) -> None:
    """Refuse, as the cloud does, any property that the type does not have. Types we do not describe pass."""
    described = SCHEMA.get(kind)
    if described is None:
        return
    for (name, cast), below in selection.items.items():
        if not described.has(name):
            raise _unknown(name, f"SoftLayer_{kind}")
        relation = described.relations.get(name)
        target = cast or (relation.kind if relation else "")
        if below.items and not target:
            raise _unknown(next(iter(below.items))[0], name)
        check(below, target)


def _unknown(name: str, owner: str) -> ApiError:
    return ApiError("WebService_ObjectMask", f"Property '{name}' not valid for '{owner}'.")


def project(value: Any, kind: str, selection: Selection) -> Any:
    """Copy what the selection asks for of an object or a list of them; a plain value is returned as it is."""
    if isinstance(value, list | tuple):
        return [project(each, kind, selection) for each in value]
    if not isinstance(value, Mapping):
        return value
    described = SCHEMA.get(str(value.get(type_key, kind)))
    if described is None:
        return {name: read(value, name) for name in value if name != type_key}
    wanted = [(name, cast, below) for (name, cast), below in selection.items.items()]
    if not any(name in described.local for name, _, _ in wanted):
        unasked = [*sorted(described.local), *described.eager]
        wanted = [(name, None, Selection()) for name in unasked] + wanted
    result: dict[str, Any] = {}
    for name, cast, below in wanted:
        if name in described.counts:
            result[name] = len(read(value, described.counts[name]) or [])
        elif name in described.local:
            if name in value:
                result[name] = read(value, name)
        else:
            _project_relation(result, value, name, described.relations[name], cast, below)
    return result


def _project_relation(
    into: dict[str, Any], owner: Object, name: str, relation: Relation, cast: str | None, below: Selection
) -> None:
    """A list is always there, if only empty; an object or a scalar that does not exist is left out."""
    found = read(owner, name)
    kind = relation.kind
    if cast is not None:
        actual = found.get(type_key, cast) if isinstance(found, Mapping) else cast
        if actual != cast:
            return
        kind = cast
    if relation.many:
        into[name] = project(found or [], kind, below)
    elif found is not None:
        into[name] = project(found, kind, below)
