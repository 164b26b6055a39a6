"""Servers that answer SSH from a model, and a clock that nobody has to wait for."""

from collections.abc import Callable
from pathlib import Path

import pytest

from providers import patience
from providers.etcd import leeway, member_provider, peers, seat_provider
from providers.pki import expired
from tests.unit.providers.etcd.fake_etcd import FakeEtcd
from tests.unit.providers.galera.fake_server import FakeClock


@pytest.fixture
def etcd(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[int], FakeEtcd]:
    def made(count: int) -> FakeEtcd:
        fake = FakeEtcd(tmp_path, count)
        for module in (leeway, peers, seat_provider, member_provider):
            monkeypatch.setattr(module, "connect", fake.connect)
        monkeypatch.setattr(expired, "served_until", fake.served_until)
        return fake

    return made


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> FakeClock:
    fake = FakeClock()
    monkeypatch.setattr(patience, "time", fake.module())
    return fake
