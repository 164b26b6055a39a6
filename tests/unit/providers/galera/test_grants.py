"""Grants: the declared form, MariaDB's, and the way from one to the other."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from providers.galera.grants import as_declared, declared, problem, shown, statements
from tests.unit.providers.galera.fake_maria import ALL_OF_MYSQL


@pytest.mark.parametrize(
    ("grant", "refused"),
    [
        ({"on": "app.*", "privileges": ["SELECT"]}, False),
        ({"on": "*.*", "privileges": ["process", "REPLICATION CLIENT"]}, False),
        ({"on": "app.orders", "privileges": ["ALL"]}, False),
        ({"on": "*.*", "privileges": ["READ_ONLY ADMIN", "BACKUP_ADMIN"]}, False),
        ({"on": "*.orders", "privileges": ["SELECT"]}, True),
        ({"on": "app", "privileges": ["SELECT"]}, True),
        ({"on": "a.b.c", "privileges": ["SELECT"]}, True),
        ({"on": "app.* TO root; --", "privileges": ["SELECT"]}, True),
        ({"on": "`app`.*", "privileges": ["SELECT"]}, True),
        ({"on": "app.*", "privileges": []}, True),
        ({"on": "app.*"}, True),
        ({"privileges": ["SELECT"]}, True),
        ({"on": "app.*", "privileges": ["SELECT ON *.* TO x; DROP"]}, True),
        ({"on": "app.*", "privileges": ["SELECT (id)"]}, True),
    ],
)
def test_problem(grant: dict[str, Any], refused: bool) -> None:
    assert (problem(grant) is not None) is refused


def test_a_name_that_looks_like_sql_is_only_a_name() -> None:
    assert declared([{"on": "a b; --.*", "privileges": ["SELECT"]}]) == {"`a b; --`.*": frozenset({"SELECT"})}


@pytest.mark.parametrize(
    ("on", "reach"),
    [
        ("app.*", "`app`.*"),
        ("my_app.*", r"`my\_app`.*"),
        ("100%.*", r"`100\%`.*"),
        ("my_app.my_table", "`my_app`.`my_table`"),
        ("*.*", "*.*"),
    ],
)
def test_a_database_name_matches_itself_only(on: str, reach: str) -> None:
    assert list(declared([{"on": on, "privileges": ["SELECT"]}])) == [reach]


@pytest.mark.parametrize(
    ("privileges", "meaning"),
    [
        (["select", " insert "], {"SELECT", "INSERT"}),
        (["ALL"], {"ALL PRIVILEGES"}),
        (["ALL", "SELECT"], {"ALL PRIVILEGES"}),
        (["ALL PRIVILEGES", "GRANT OPTION"], {"ALL PRIVILEGES", "GRANT OPTION"}),
        (["USAGE", "SELECT"], {"SELECT"}),
    ],
)
def test_privileges_are_added_up(privileges: list[str], meaning: set[str]) -> None:
    assert declared([{"on": "app.*", "privileges": [one]} for one in privileges]) == {"`app`.*": meaning}


def test_shown() -> None:
    lines = [
        "GRANT USAGE ON *.* TO `app`@`%` IDENTIFIED BY PASSWORD '*5320F2'",
        "GRANT SELECT, INSERT ON `shop`.* TO `app`@`%` WITH GRANT OPTION",
        r"GRANT ALL PRIVILEGES ON `my\_app`.* TO `app`@`%`",
        "something else",
    ]
    assert shown(lines) == {
        "`shop`.*": {"SELECT", "INSERT", "GRANT OPTION"},
        r"`my\_app`.*": {"ALL PRIVILEGES"},
    }
    assert as_declared(shown(lines))[0] == {"privileges": ["ALL PRIVILEGES"], "on": "my_app.*"}


def test_what_mysql_names_one_by_one_is_all_privileges() -> None:
    lines = [
        f"GRANT {ALL_OF_MYSQL} ON *.* TO `app`@`%` WITH GRANT OPTION",
        "GRANT BACKUP_ADMIN,XA_RECOVER_ADMIN ON *.* TO `app`@`%` WITH GRANT OPTION",
    ]
    assert shown(lines) == {"*.*": {"ALL PRIVILEGES", "GRANT OPTION"}}
    assert shown([lines[0].replace("SUPER, ", "")])["*.*"] >= {"SELECT", "GRANT OPTION"}
    assert "ALL PRIVILEGES" not in shown([lines[0].replace("SUPER, ", "")])["*.*"]


def test_all_privileges_are_taken_away_by_a_statement_of_their_own() -> None:
    """Neither server takes "REVOKE ALL PRIVILEGES, GRANT OPTION ON"."""
    old = declared([{"on": "app.*", "privileges": ["ALL", "GRANT OPTION"]}])
    assert statements(old, {}) == [
        "REVOKE ALL PRIVILEGES ON `app`.* FROM ",
        "REVOKE GRANT OPTION ON `app`.* FROM ",
    ]


NAMES = st.text("ab_%", min_size=1, max_size=4)
PRIVILEGES = st.lists(
    st.sampled_from(["SELECT", "INSERT", "UPDATE", "ALL", "GRANT OPTION"]), min_size=1, max_size=3
)
GRANTS = st.lists(
    st.builds(lambda name, some: {"on": f"{name}.*", "privileges": some}, NAMES, PRIVILEGES), max_size=4
)


@given(GRANTS, GRANTS)
def test_the_statements_lead_from_one_to_the_other(old: list[Any], new: list[Any]) -> None:
    has = {on: set(some) for on, some in declared(old).items()}
    for statement in statements(declared(old), declared(new)):
        verb, _, rest = statement.partition(" ")
        privileges, _, tail = rest.partition(" ON ")
        on = tail.removesuffix(" TO ").removesuffix(" FROM ")
        change = set(privileges.split(", "))
        current = has.setdefault(on, set())
        has[on] = current | change if verb == "GRANT" else current - change
    assert {on: some for on, some in has.items() if some} == declared(new)


@given(GRANTS)
def test_what_is_there_needs_no_statement(grants: list[Any]) -> None:
    assert statements(declared(grants), declared(grants)) == []


@given(GRANTS)
def test_the_declared_form_survives_the_way_through_the_server(grants: list[Any]) -> None:
    there = declared(grants)
    assert declared(as_declared(there)) == there
