"""The mark on an order's user data: put on, taken off, never confused with the user's text."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from providers.softlayer.mark import MARK, carries, is_signed, mark_of, sign, unsign

MARKS = st.from_regex(MARK, fullmatch=True)


@given(st.text(), MARKS)
@example("", "abc")
@example("\n", "abc")
@example("#cloud-config\nruncmd: []\n", "galera-swarm:prod")
def test_signing_can_be_undone(text: str, mark: str) -> None:
    assert unsign(sign(text, mark)) == (text, mark)


@given(st.text())
def test_text_without_a_mark_stays_as_it_is(text: str) -> None:
    if not is_signed(text):
        assert unsign(text) == (text, None)


@given(st.text(alphabet=st.characters(exclude_characters="\n")), MARKS)
def test_the_mark_is_a_comment_line_of_its_own(text: str, mark: str) -> None:
    assert sign(text, mark).split("\n")[-1].startswith("# ")


def test_another_stack_whose_name_begins_the_same_is_another_stack() -> None:
    guest = {"userData": [{"value": sign("", "galera-swarm:dev2")}]}
    assert carries(guest, "galera-swarm:dev2")
    assert not carries(guest, "galera-swarm:dev")


@pytest.mark.parametrize("stack", ["prod", "org/prod", "org/galera-swarm/prod"])
def test_an_organization_is_no_part_of_the_mark(stack: str) -> None:
    assert mark_of(stack) == "galera-swarm:prod"
