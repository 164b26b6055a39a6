"""Output of commands: masks, whole lines, tails."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tools.plugins.command.output import MASK, Capture, Redactor, as_outputs, logged_streams
from tools.plugins.command.values import is_secret, secret


@given(st.text(min_size=4).filter(lambda text: text.strip() and MASK not in text), st.text(), st.text())
def test_a_known_secret_never_gets_through(hidden: str, before: str, after: str) -> None:
    shown = Redactor({"stdin": secret(hidden)})(before + hidden + after)
    assert hidden not in shown.replace(MASK, "\0")


def test_the_longest_secret_is_masked_first() -> None:
    hide = Redactor({"environment": secret({"A": "token", "B": "token-and-more"})})
    assert hide("token-and-more token") == f"{MASK} {MASK}"


def test_each_line_of_a_secret_text_is_masked() -> None:
    hide = Redactor({"stdin": secret("password one\npassword two\n")})
    assert hide("got: password two!") == f"got: {MASK}!"


def test_very_short_secrets_and_plain_values_are_left() -> None:
    assert Redactor({"stdin": secret("abc"), "create": "echo hello"})("abc echo hello") == "abc echo hello"


def test_of_a_connection_only_keys_and_passwords_are_masked() -> None:
    connection = secret(
        {"host": "10.0.0.7", "password": "hunter22", "proxy": {"host": "bastion", "password": "hop-pass"}}
    )
    shown = Redactor({"connection": connection})("10.0.0.7 bastion hunter22 hop-pass")
    assert shown == f"10.0.0.7 bastion {MASK} {MASK}"


def test_lines_are_logged_whole_however_they_arrive() -> None:
    lines: list[str] = []
    capture = Capture(lines.append, {"stdout", "stderr"})
    capture.write("stdout", "one\ntw")
    capture.write("stderr", "problem\r\n")
    capture.write("stdout", "o\n\nthree")
    capture.finish()
    assert lines == ["one", "problem", "two", "three"]
    assert capture.text("stdout") == "one\ntwo\n\nthree"
    assert capture.text("stderr") == "problem\r"
    assert capture.tail() == "one\ntwproblem\r\no\n\nthree"


def test_one_newline_at_the_end_is_dropped_from_the_state() -> None:
    capture = Capture(lambda _line: None, ())
    capture.write("stdout", "a\n\n")
    assert capture.text("stdout") == "a\n"


@pytest.mark.parametrize(
    ("logging", "streams"),
    [
        (None, {"stdout", "stderr"}),
        ("stdoutAndStderr", {"stdout", "stderr"}),
        ("stdout", {"stdout"}),
        ("stderr", {"stderr"}),
        ("none", set()),
    ],
)
def test_logging_chooses_the_streams(logging: str | None, streams: set[str]) -> None:
    lines: list[str] = []
    chosen = logged_streams({"logging": logging} if logging else {})
    capture = Capture(lines.append, chosen)
    capture.write("stdout", "stdout\n")
    capture.write("stderr", "stderr\n")
    assert set(lines) == streams == set(chosen)


@pytest.mark.parametrize(
    ("inputs", "hidden"),
    [
        ({"create": "ls"}, False),
        ({"create": secret("ls")}, True),
        ({"create": "ls", "stdin": secret("x")}, True),
        ({"create": "ls", "environment": {"A": secret("x")}}, True),
        ({"create": "ls", "connection": secret({"host": "h"})}, False),
    ],
)
def test_outputs_are_secrets_where_a_secret_may_show_in_them(inputs: dict[str, Any], hidden: bool) -> None:
    state = as_outputs(inputs, {"stdout": "out"})
    assert is_secret(state["stdout"]) is hidden
    assert {key: state[key] for key in inputs} == inputs
