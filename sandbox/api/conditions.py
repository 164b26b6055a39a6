"""Conditions of object filters: `{operation, options}` made into a test of one value.

A condition that is badly formed raises BadFormError; whoever filters ignores it, as the cloud does.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

Test = Callable[[Any], bool]


class BadFormError(Exception):
    """The condition cannot be read; it is ignored."""


def options_of(condition: Mapping[str, Any]) -> dict[str, list[Any]]:
    """The values of each option by its name."""
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
    options = options_of(condition)
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


def as_number(value: Any) -> float | None:
    """The number that a value is or spells; None if it is none."""
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
            number = as_number(value)
            return number is not None and number == as_number(wanted)
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
    numbers = (as_number(value), as_number(wanted))
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
        raise BadFormError
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
            raise BadFormError
        tests = [_equals(wanted) for wanted in options["data"]]
        return lambda value: any(test(value) for test in tests) != negated

    return make


def _combined(how: Callable[[Iterator[bool]], bool]) -> Callable[[Mapping[str, list[Any]]], Test]:
    """`and` / `or` over operations given as text, or as conditions of their own."""

    def make(options: Mapping[str, list[Any]]) -> Test:
        parts = options.get("data")
        if not parts:
            raise BadFormError
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
