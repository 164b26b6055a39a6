"""Command lines given to tools/run."""

import pytest

from tools.run_command import engine_verb, option, takes_all_away


@pytest.mark.parametrize(
    ("command", "stack"),
    [
        (["pulumi", "up", "--stack", "prod"], "prod"),
        (["pulumi", "up", "-s", "prod"], "prod"),
        (["pulumi", "--stack=prod", "up"], "prod"),
        (["pulumi", "up"], None),
        (["pulumi", "up", "--stack"], None),
        (["echo", "--", "--stack", "prod"], None),
    ],
)
def test_the_stack_is_taken_from_the_command_line(command: list[str], stack: str | None) -> None:
    assert option(command, "--stack", "-s") == stack


@pytest.mark.parametrize(
    ("command", "verb"),
    [
        (["pulumi", "up", "--yes"], "up"),
        (["/x/pulumi", "-C", "dir", "--color", "never", "destroy"], "destroy"),
        (["pulumi", "--yes", "refresh"], "refresh"),
        (["pulumi", "stack", "output"], "stack"),
        (["pulumi"], ""),
        (["slcli", "up"], ""),
    ],
)
def test_the_engines_verb(command: list[str], verb: str) -> None:
    assert engine_verb(command) == verb


@pytest.mark.parametrize(
    ("command", "is_all"),
    [
        (["pulumi", "destroy", "--yes"], True),
        (["pulumi", "--yes", "down", "--stack", "prod"], True),
        (["pulumi", "destroy", "--target", "urn"], False),
        (["pulumi", "destroy", "--target=urn"], False),
        (["pulumi", "destroy", "-t", "urn"], False),
        (["pulumi", "destroy", "--exclude-protected"], False),
        (["pulumi", "up"], False),
        (["slcli", "destroy"], False),
    ],
)
def test_a_stack_is_taken_away_whole_or_in_part(command: list[str], is_all: bool) -> None:
    assert takes_all_away(command) is is_all
