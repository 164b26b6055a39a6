"""Lines about what is being done, so that nobody has to wonder whether it still is."""

import io
import re
import threading

import pytest

from sandbox.nodes import progress
from sandbox.nodes.progress import Progress


class Heard(io.StringIO):
    """What was printed; the block may go on once enough lines were."""

    def __init__(self, lines: int) -> None:
        super().__init__()
        self._wanted, self.enough = lines, threading.Event()

    def write(self, text: str) -> int:
        written = super().write(text)
        if self.getvalue().count("\n") >= self._wanted:
            self.enough.set()
        return written

    @property
    def lines(self) -> list[str]:
        return [re.sub(r"^\[ +[0-9.]+s\] ", "", line) for line in self.getvalue().splitlines()]


@pytest.mark.parametrize(
    ("usual", "first", "then"),
    [
        (None, "building it", r"  building it: \d+ s"),
        (240.0, "building it (usually 240 s)", r"  building it: \d+ s, about 2[34]\d s left"),
        (0.001, "building it (usually 0 s)", r"  building it: \d+ s"),
    ],
)
def test_a_long_step_is_told_of_again(
    usual: float | None, first: str, then: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(progress, "EVERY_SECONDS", 0.01)
    heard = Heard(3)
    with Progress(heard).during("building it", usual):
        assert heard.enough.wait(30)
    assert heard.lines[0] == first
    assert all(re.fullmatch(then, line) for line in heard.lines[1:]), heard.lines


def test_a_step_that_fails_ends_its_lines() -> None:
    heard, before = Heard(1), threading.active_count()
    with pytest.raises(ValueError, match="no way"), Progress(heard).during("building it"):
        raise ValueError("no way")  # noqa: EM101, TRY003 -- any error
    assert heard.lines == ["building it"]
    assert threading.active_count() == before
