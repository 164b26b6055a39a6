"""Object filters: which objects of a list a client wants, and in which order.

`apply` is pure. A filter is a nest of property names down to conditions `{operation, options}`; an object
matches when all conditions do, and a list relation matches when any of its elements does. As in the cloud,
a condition that is badly formed or names an unknown property is ignored.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from sandbox.api.objects import Object, read
from sandbox.api.schema import SCHEMA

Test = Callable[[Any], bool]
Path = tuple[str, ...]


class _BadFormError(Exception):
    """The condition cannot be read; it is ignored."""


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
        except _BadFormError:
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
    number = _number(value)
    return (1, number, "") if number is not None else (2, 0.0, str(value).lower())


def _is_order(condition: Mapping[str, Any]) -> bool:
    return str(condition.get("operation")) == "orderBy"


def _order(condition: Mapping[str, Any]) -> tuple[int, bool]:
    """The rank of this order among several, and whether it descends."""
    options = _options(condition)
    rank = _number((options.get("sortOrder") or [0])[0])
    direction = str((options.get("sort") or ["ASC"])[0])
    return int(rank or 0), direction.upper() == "DESC"


def _options(condition: Mapping[str, Any]) -> dict[str, list[Any]]:
    found: dict[str, list[Any]] = {}
    options = condition.get("options")
    for option in options if isinstance(options, list | tuple) else []:
        if isinstance(option, Mapping) and "name" in option:
            value = option.get("value")
            found[str(option["name"])] = list(value) if isinstance(value, list | tuple) else [value]
    return found


def compile_condition(condition: Mapping[str, Any]) -> Test:
    """The test that one `{operation, options}` stands for."""
    operation = condition["operation"]
    if not isinstance(operation, str):
        return _equals(operation)
    options = _options(condition)
    name = operation.strip()
    if name in _WITH_OPTIONS:
        return _WITH_OPTIONS[name](options)
    return _compile_text(name)


def _compile_text(text: str) -> Test:
    lowered = text.lower()
    if lowered == "is null":
        return lambda value: value is None
    if lowered == "not null":
        return lambda value: value is not None
    for sign, make in _SIGNS:
        if text.startswith(sign):
            return make(text[len(sign) :].strip())
    return _equals(text)


def _number(value: Any) -> float | None:
    if isinstance(value, bool | int | float):
        return float(value)
    try:
        return float(str(value))
    except ValueError:
        return None


def _equals(wanted: Any) -> Test:
    """Equality without an operator: exact for text; a flag equals 1 or 0, a number its decimal text."""

    def test(value: Any) -> bool:
        if value is None:
            return False
        if isinstance(value, bool | int | float) or isinstance(wanted, bool | int | float):
            number = _number(value)
            return number is not None and number == _number(wanted)
        return str(value) == str(wanted)

    return test


def _text_test(matches: Callable[[str, str], bool], *, negated: bool = False) -> Callable[[str], Test]:
    """A test on lower-case text; a missing value matches only the negated ones."""

    def make(wanted: str) -> Test:
        lowered = wanted.lower()

        def test(value: Any) -> bool:
            if value is None:
                return negated
            text = str(int(value)) if isinstance(value, bool) else str(value)
            return matches(text.lower(), lowered) != negated

        return test

    return make


def _case_sensitive(*, negated: bool) -> Callable[[str], Test]:
    def make(wanted: str) -> Test:
        return lambda value: negated if value is None else (wanted in str(value)) != negated

    return make


def _ordered(accept: Callable[[int], bool]) -> Callable[[str], Test]:
    """A comparison of numbers, of dates (also with `sysdate`), or else of text."""

    def make(wanted: str) -> Test:
        def test(value: Any) -> bool:
            return value is not None and accept(_compare(value, wanted))

        return test

    return make


def _compare(value: Any, wanted: str) -> int:
    numbers = (_number(value), _number(wanted))
    if numbers[0] is not None and numbers[1] is not None:
        return (numbers[0] > numbers[1]) - (numbers[0] < numbers[1])
    left, right = _date(value), _date(wanted)
    if left is not None and right is not None:
        return (left > right) - (left < right)
    texts = str(value).lower(), wanted.lower()
    return (texts[0] > texts[1]) - (texts[0] < texts[1])


_SYSDATE = re.compile(r"sysdate(?:\s*([+-])\s*(\d+))?$", re.IGNORECASE)
_DATE_FORMS = ("%m/%d/%Y %H:%M:%S", "%m/%d/%Y", "%Y-%m-%d", "%Y-%m-%d %H:%M:%S")


def _date(value: Any) -> datetime | None:
    """A date in any form the API takes, in UTC when it names no zone; None when it is none."""
    text = str(value).strip()
    relative = _SYSDATE.match(text)
    if relative:
        days = int(relative.group(2) or 0) * (-1 if relative.group(1) == "-" else 1)
        return datetime.now(UTC) + timedelta(days=days)
    for form in _DATE_FORMS:
        try:
            return datetime.strptime(text, form).replace(tzinfo=UTC)
        except ValueError:
            continue
    try:
        parsed = datetime.fromisoformat(text)
    except ValueError:
        return None
    return parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)


def _date_option(options: Mapping[str, list[Any]], name: str) -> datetime:
    values = options.get(name) or []
    moment = _date(values[0]) if values else None
    if moment is None:
        raise _BadFormError
    return moment


def _date_test(accept: Callable[[datetime, datetime], bool]) -> Callable[[Mapping[str, list[Any]]], Test]:
    def make(options: Mapping[str, list[Any]]) -> Test:
        wanted = _date_option(options, "date")

        def test(value: Any) -> bool:
            moment = _date(value)
            return moment is not None and accept(moment, wanted)

        return test

    return make


def _between(options: Mapping[str, list[Any]]) -> Test:
    start, end = _date_option(options, "startDate"), _date_option(options, "endDate")

    def test(value: Any) -> bool:
        moment = _date(value)
        return moment is not None and start <= moment <= end

    return test


def _member(*, negated: bool) -> Callable[[Mapping[str, list[Any]]], Test]:
    def make(options: Mapping[str, list[Any]]) -> Test:
        if "data" not in options:
            raise _BadFormError
        tests = [_equals(wanted) for wanted in options["data"]]
        return lambda value: any(test(value) for test in tests) != negated

    return make


def _combined(how: Callable[[Iterator[bool]], bool]) -> Callable[[Mapping[str, list[Any]]], Test]:
    """`and` / `or` over operations given as text, or as conditions of their own."""

    def make(options: Mapping[str, list[Any]]) -> Test:
        parts = options.get("data")
        if not parts:
            raise _BadFormError
        tests = [
            compile_condition(
                part if isinstance(part, Mapping) and "operation" in part else {"operation": part}
            )
            for part in parts
        ]
        return lambda value: how(test(value) for test in tests)

    return make


_WITH_OPTIONS: dict[str, Callable[[Mapping[str, list[Any]]], Test]] = {
    "in": _member(negated=False),
    "not in": _member(negated=True),
    "or": _combined(any),
    "and": _combined(all),
    "isDate": _date_test(lambda value, wanted: value.date() == wanted.date()),
    "greaterThanDate": _date_test(lambda value, wanted: value > wanted),
    "lessThanDate": _date_test(lambda value, wanted: value < wanted),
    "betweenDate": _between,
}

# Longer signs first: `!^=` must not be read as `!` and `^=`, nor `<=` as `<`.
_SIGNS: tuple[tuple[str, Callable[[str], Test]], ...] = (
    ("!^=", _text_test(str.startswith, negated=True)),
    ("!$=", _text_test(str.endswith, negated=True)),
    ("!*=", _text_test(str.__contains__, negated=True)),
    ("!~", _case_sensitive(negated=True)),
    ("!=", _text_test(str.__eq__, negated=True)),
    ("<=", _ordered(lambda order: order <= 0)),
    (">=", _ordered(lambda order: order >= 0)),
    ("^=", _text_test(str.startswith)),
    ("$=", _text_test(str.endswith)),
    ("*=", _text_test(str.__contains__)),
    ("_=", _text_test(str.__eq__)),
    ("~", _case_sensitive(negated=False)),
    ("<", _ordered(lambda order: order < 0)),
    (">", _ordered(lambda order: order > 0)),
)
