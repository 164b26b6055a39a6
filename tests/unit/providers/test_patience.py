"""A wait counts from the last sign of progress."""

import pytest

from providers import patience as patience_module
from providers.patience import LONGEST_PAUSE_SECONDS, Patience, size_text
from tests.unit.providers.galera.fake_server import FakeClock


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> FakeClock:
    fake = FakeClock()
    monkeypatch.setattr(patience_module, "time", fake.module())
    return fake


def test_it_ends_when_nothing_moves(clock: FakeClock) -> None:
    turns = sum(1 for _ in Patience(60.0).pauses())
    assert 60.0 < clock.now < 60.0 + 2 * LONGEST_PAUSE_SECONDS
    assert turns > 30


def test_it_polls_quickly_at_first(clock: FakeClock) -> None:
    pauses = Patience(60.0).pauses()
    for _ in range(4):
        next(pauses)
    assert clock.now < 1.2


def test_it_goes_on_for_as_long_as_something_moves(clock: FakeClock) -> None:
    patience = Patience(60.0)
    clock.on_sleep = lambda: patience.saw("kilobytes", min(int(clock.now), 500)) and None
    for _ in patience.pauses():
        pass
    assert 560.0 < clock.now < 570.0


def test_the_first_sight_is_no_progress(clock: FakeClock) -> None:
    patience = Patience(10.0)
    assert not patience.saw("state", "Joiner")
    assert not patience.saw("state", "Joiner")
    assert patience.saw("state", "Synced")


def test_a_report_is_due_every_ten_seconds(clock: FakeClock, capsys: pytest.CaptureFixture[str]) -> None:
    patience = Patience(60.0)
    for _ in patience.pauses():
        if patience.is_time_to_report():
            patience.report("galera-2", "receives an SST")
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 5
    assert lines[0].startswith("galera-2: receives an SST (1")


@pytest.mark.parametrize(
    ("kilobytes", "text"), [(0, "0 MiB"), (12 * 1024, "12 MiB"), (1536 * 1024, "1.5 GiB")]
)
def test_sizes(kilobytes: int, text: str) -> None:
    assert size_text(kilobytes) == text
