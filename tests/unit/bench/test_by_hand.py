"""What the shell script reports, read."""

import pytest

from bench.by_hand import parse


def test_each_line_is_a_phase_with_its_seconds() -> None:
    assert parse("servers\t1.50\nhost prep\t30.25\n") == [("servers", 1.5), ("host prep", 30.25)]


@pytest.mark.parametrize("text", ["servers 1.5\n", "servers\tsoon\n"])
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        parse(text)
