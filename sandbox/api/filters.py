"""Object filters: which objects of a list a client wants, and in which order.

`apply` is pure. A filter is a nest of property names down to conditions `{operation, options}`; an object
matches when all conditions do, and a list relation matches when any of its elements does. As in the cloud,
a condition that is badly formed or names an unknown property is ignored.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sandbox.api.conditions import BadFormError, Test, as_number, compile_condition, options_of
from sandbox.api.objects import Object, read
from sandbox.api.schema import SCHEMA

Path = tuple[str, ...]


def apply(items: Sequence[Object], wanted: Mapping[str, Any] | None, kind: str) -> list[Object]:
    """The objects of this type that match, sorted when the filter has an `orderBy`."""
    if not wanted:
        return list(items)
    conditions: list[tuple[Path, Test]] = []
    orders: list[tuple[int, bool, Path]] = []
    for path, condition in _leaves(wanted, kind, ()):
        if _is_order(condition):
            orders.append((*_order(condition), path))
            continue
        try:
            conditions.append((path, compile_condition(condition)))
        except BadFormError:
            continue
    found = [item for item in items if all(_holds(item, path, test) for path, test in conditions)]
    for _, descending, path in sorted(orders, key=lambda order: order[0], reverse=True):
        found.sort(key=lambda item: _sort_key(_first(item, path)), reverse=descending)
    return found


def _leaves(wanted: Mapping[str, Any], kind: str, path: Path) -> Iterator[tuple[Path, Mapping[str, Any]]]:
    """Each condition with the way to it, leaving out properties that the type does not have."""
    described = SCHEMA.get(kind)
    for name, below in wanted.items():
        if not isinstance(below, Mapping) or (described is not None and not described.has(name)):
            continue
        if "operation" in below:
            yield (*path, name), below
            continue
        relation = described.relations.get(name) if described else None
        yield from _leaves(below, relation.kind if relation else "*", (*path, name))


def _values(owner: Any, path: Path) -> Iterator[Any]:
    """All values at the end of the way; an empty relation ends in one None."""
    if isinstance(owner, list | tuple):
        if not owner:
            yield None
        for each in owner:
            yield from _values(each, path)
    elif not path:
        yield owner
    elif isinstance(owner, Mapping):
        yield from _values(read(owner, path[0]), path[1:])
    else:
        yield None


def _holds(item: Object, path: Path, test: Test) -> bool:
    return any(test(value) for value in _values(item, path))


def _first(item: Object, path: Path) -> Any:
    return next(_values(item, path), None)


def _sort_key(value: Any) -> tuple[int, float, str]:
    """Nothing before numbers before text."""
    if value is None:
        return (0, 0.0, "")
    number = as_number(value)
    return (1, number, "") if number is not None else (2, 0.0, str(value).lower())


def _is_order(condition: Mapping[str, Any]) -> bool:
    return str(condition.get("operation")) == "orderBy"


def _order(condition: Mapping[str, Any]) -> tuple[int, bool]:
    """The rank of this order among several, and whether it descends."""
    options = options_of(condition)
    rank = as_number((options.get("sortOrder") or [0])[0])
    direction = str((options.get("sort") or ["ASC"])[0])
    return int(rank or 0), direction.upper() == "DESC"
