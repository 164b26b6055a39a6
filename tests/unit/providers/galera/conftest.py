"""A clock that nobody has to wait for, and a member that lives by it."""

import pytest

from providers import patience
from providers.galera import synced_provider
from tests.unit.providers.galera.fake_member import FakeMember
from tests.unit.providers.galera.fake_server import FakeClock


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> FakeClock:
    fake = FakeClock()
    for module in (patience, synced_provider):
        monkeypatch.setattr(module, "time", fake.module())
    return fake


@pytest.fixture
def member(clock: FakeClock, monkeypatch: pytest.MonkeyPatch) -> FakeMember:
    return FakeMember(clock, monkeypatch)
