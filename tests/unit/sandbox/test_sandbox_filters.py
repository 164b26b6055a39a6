"""Object filters: every operation, nested properties, orders, and what is ignored."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sandbox.api.filters import apply


def data(*values: Any) -> list[dict[str, Any]]:
    """The options of `in` and its like."""
    return [{"name": "data", "value": list(values)}]


def dated(operation: str, **dates: str) -> dict[str, Any]:
    """A condition on dates."""
    return {
        "operation": operation,
        "options": [{"name": name, "value": [text]} for name, text in dates.items()],
    }


def chosen(items: list[dict[str, Any]], wanted: dict[str, Any], kind: str = "Virtual_Guest") -> list[Any]:
    """The ids that a filter leaves."""
    return [item["id"] for item in apply(items, wanted, kind)]


GUESTS: list[dict[str, Any]] = [
    {"id": 1, "hostname": "web-1", "maxCpu": 2, "notes": None, "hourlyBillingFlag": True},
    {"id": 2, "hostname": "WEB-2", "maxCpu": 4, "notes": "kept", "hourlyBillingFlag": False},
    {"id": 3, "hostname": "db", "maxCpu": 10, "notes": "", "hourlyBillingFlag": True},
]
for guest in GUESTS:
    guest["createDate"] = f"2026-0{guest['id']}-05T10:00:00+00:00"


@pytest.mark.parametrize(
    ("name", "condition", "ids"),
    [
        ("hostname", {"operation": "db"}, [3]),
        ("hostname", {"operation": "DB"}, []),
        ("hostname", {"operation": "_= Web-2"}, [2]),
        ("hostname", {"operation": "_= web"}, []),
        ("hostname", {"operation": "^= web"}, [1, 2]),
        ("hostname", {"operation": "$= -2"}, [2]),
        ("hostname", {"operation": "*= eb"}, [1, 2]),
        ("hostname", {"operation": "*=eb"}, [1, 2]),
        ("hostname", {"operation": "~ web"}, [1]),
        ("hostname", {"operation": "!~ web"}, [2, 3]),
        ("hostname", {"operation": "!= db"}, [1, 2]),
        ("hostname", {"operation": "!^= web"}, [3]),
        ("hostname", {"operation": "!$= 1"}, [2, 3]),
        ("hostname", {"operation": "!*= EB"}, [3]),
        ("maxCpu", {"operation": 4}, [2]),
        ("maxCpu", {"operation": "4"}, [2]),
        ("maxCpu", {"operation": "> 2"}, [2, 3]),
        ("maxCpu", {"operation": ">= 4"}, [2, 3]),
        ("maxCpu", {"operation": "< 10"}, [1, 2]),
        ("maxCpu", {"operation": "<= 2"}, [1]),
        ("maxCpu", {"operation": "in", "options": data(2, "10")}, [1, 3]),
        ("maxCpu", {"operation": "not in", "options": data(2)}, [2, 3]),
        ("maxCpu", {"operation": "or", "options": data("> 8", "2")}, [1, 3]),
        ("maxCpu", {"operation": "and", "options": data("> 2", "< 8")}, [2]),
        ("notes", {"operation": "is null"}, [1]),
        ("notes", {"operation": "not null"}, [2, 3]),
        ("hourlyBillingFlag", {"operation": 1}, [1, 3]),
        ("hourlyBillingFlag", {"operation": 0}, [2]),
        ("createDate", dated("isDate", date="02/05/2026"), [2]),
        ("createDate", dated("greaterThanDate", date="02/01/2026 00:00:00"), [2, 3]),
        ("createDate", dated("lessThanDate", date="02/01/2026"), [1]),
        ("createDate", dated("betweenDate", startDate="1/6/2026 0:0:0", endDate="2/6/2026 0:0:0"), [2]),
        ("createDate", {"operation": "> 2026-02-01"}, [2, 3]),
        # What is badly formed, or names no property, is ignored.
        ("colour", {"operation": "red"}, [1, 2, 3]),
        ("createDate", {"operation": "isDate", "options": []}, [1, 2, 3]),
        ("maxCpu", {"operation": "in"}, [1, 2, 3]),
        ("hostname", "web-1", [1, 2, 3]),
    ],
)
def test_an_operation_leaves_what_it_describes(name: str, condition: Any, ids: list[int]) -> None:
    assert chosen(GUESTS, {name: condition}) == ids


def test_sysdate_counts_days_from_now() -> None:
    moment = datetime.now(UTC)
    items = [{"id": days, "createDate": (moment - timedelta(days=days)).isoformat()} for days in (1, 10, 40)]
    assert chosen(items, {"createDate": {"operation": "> sysdate - 30"}}) == [1, 10]
    assert chosen(items, {"createDate": {"operation": "< sysdate"}}) == [1, 10, 40]


def test_a_nested_condition_matches_when_any_element_does() -> None:
    items = [
        {"id": 1, "tagReferences": lambda: [{"tag": {"name": "a"}}, {"tag": {"name": "b"}}]},
        {"id": 2, "tagReferences": lambda: [{"tag": {"name": "c"}}]},
        {"id": 3, "tagReferences": lambda: []},
    ]
    assert chosen(items, {"tagReferences": {"tag": {"name": {"operation": "in", "options": data("b")}}}}) == [
        1
    ]
    assert chosen(items, {"tagReferences": {"tag": {"name": {"operation": "is null"}}}}) == [3]


def test_orders_sort_by_rank_and_direction() -> None:
    def by(direction: str, rank: int) -> dict[str, Any]:
        options = [{"name": "sort", "value": [direction]}, {"name": "sortOrder", "value": [rank]}]
        return {"operation": "orderBy", "options": options}

    items = [{"id": 10, "maxCpu": 1}, {"id": 9, "maxCpu": 2}, {"id": 2, "maxCpu": 1}]
    assert chosen(items, {"id": by("ASC", 0)}) == [2, 9, 10]
    assert chosen(items, {"id": by("DESC", 0)}) == [10, 9, 2]
    assert chosen(items, {"maxCpu": by("DESC", 0), "id": by("ASC", 1)}) == [9, 2, 10]


WORDS = st.text("abAB-01", min_size=1, max_size=6)


@settings(deadline=None)
@given(st.lists(WORDS, max_size=8), WORDS)
def test_a_negated_operation_leaves_exactly_the_rest(names: list[str], wanted: str) -> None:
    items = [{"id": number, "hostname": name} for number, name in enumerate(names)]
    for sign in ("*=", "^=", "$=", "~"):
        found = chosen(items, {"hostname": {"operation": f"{sign} {wanted}"}})
        rest = chosen(items, {"hostname": {"operation": f"!{sign} {wanted}"}})
        assert sorted(found + rest) == list(range(len(names)))


@settings(deadline=None)
@given(st.lists(st.integers(-50, 50), max_size=8), st.integers(-50, 50))
def test_comparisons_agree_with_numbers(values: list[int], limit: int) -> None:
    items = [{"id": number, "maxCpu": value} for number, value in enumerate(values)]
    above = chosen(items, {"maxCpu": {"operation": f"> {limit}"}})
    assert above == [number for number, value in enumerate(values) if value > limit]
    below = chosen(items, {"maxCpu": {"operation": f"<= {limit}"}})
    assert sorted(above + below) == list(range(len(values)))


NAMES = st.sampled_from(["operation", "options", "hostname", "id", "name", "value"])
ANYTHING = st.recursive(
    st.none() | st.integers() | st.text(max_size=6),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3),
    max_leaves=8,
)


@settings(deadline=None)
@given(ANYTHING)
def test_no_filter_breaks_a_listing(wanted: Any) -> None:
    found = chosen(GUESTS, wanted if isinstance(wanted, dict) else {"hostname": wanted})
    assert set(found) <= {1, 2, 3}
