"""Three servers of Consul, and a clock that nobody has to wait for."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from providers import patience
from providers.consul import agent_provider, api, cluster, leaving, leeway, resolver, seat
from tests.unit.providers.consul.fake_consul import FakeConsul, FakeSites
from tests.unit.providers.galera.fake_server import FakeClock


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> FakeClock:
    fake = FakeClock()
    for module in (cluster, patience):
        monkeypatch.setattr(module, "time", fake.module())
    return fake


@pytest.fixture
def sites(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, clock: FakeClock) -> Iterator[FakeSites]:
    made = FakeSites(tmp_path, FakeConsul("db-1", "db-2", "db-3"))
    for module in (api, leaving, leeway, seat, agent_provider, resolver):
        monkeypatch.setattr(module, "connect", made.connect)
    yield made
    made.close()
