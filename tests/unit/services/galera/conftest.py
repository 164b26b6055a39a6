"""One bash with decide.sh for all the tests that ask it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.unit.services.galera.shell import FakePeers, Shell
from tests.unit.services.galera.tables import Decider


@pytest.fixture(scope="session")
def decider() -> Iterator[Decider]:
    with Decider() as decider:
        yield decider


@pytest.fixture
def peers(tmp_path: Path) -> FakePeers:
    return FakePeers(tmp_path)


@pytest.fixture
def shell(peers: FakePeers) -> Shell:
    """One member, alone."""
    return peers.member("galera-1", "10.0.0.1")
