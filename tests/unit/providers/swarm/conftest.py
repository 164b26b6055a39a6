"""A model of servers with Docker in place of SSH."""

import pytest

from tests.unit.providers.swarm.fake_docker import installed
from tests.unit.providers.swarm.fake_swarm import FakeCloud


@pytest.fixture
def cloud(monkeypatch: pytest.MonkeyPatch) -> FakeCloud:
    return installed(monkeypatch)
