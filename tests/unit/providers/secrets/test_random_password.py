"""Passwords that are made once and never change."""

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pulumi.runtime.rpc import UNKNOWN

from providers.secrets import RandomPasswordProvider, random_password


@given(st.integers(12, 128))
def test_a_password_needs_no_quoting_anywhere(length: int) -> None:
    password = random_password(length)
    assert len(password) == length
    assert set(password) <= set(string.ascii_letters + string.digits + "-_")
    assert password[0].isalnum()


def test_two_passwords_differ() -> None:
    made = {RandomPasswordProvider().create({"length": 32.0}).outs["result"] for _ in range(20)}  # type: ignore[index]
    assert len(made) == 20


def test_the_id_tells_nothing_about_the_password() -> None:
    made = RandomPasswordProvider().create({"length": 32.0})
    assert made.outs is not None
    assert made.id not in made.outs["result"]


def test_another_length_changes_nothing() -> None:
    made = RandomPasswordProvider().create({"length": 32.0})
    assert made.outs is not None
    assert RandomPasswordProvider().diff(made.id, made.outs, {"length": 64.0}).changes is False


@pytest.mark.parametrize(
    ("length", "refused"), [(11.0, True), (0.0, True), (12.0, False), (32.0, False), (UNKNOWN, False)]
)
def test_a_short_password_is_refused(length: object, refused: bool) -> None:
    assert bool(RandomPasswordProvider().check({}, {"length": length}).failures) is refused
