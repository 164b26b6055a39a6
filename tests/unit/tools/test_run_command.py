"""Command lines given to tools/run."""

import pytest

from tools.run_command import engine_verb, option


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
