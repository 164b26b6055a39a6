"""The discovery agent for the tests that ask for it."""

from collections.abc import Iterator
from types import ModuleType

import pytest

from tests.unit.services.aerospike.agent import loaded


@pytest.fixture(scope="session")
def discovery() -> Iterator[ModuleType]:
    with loaded() as module:
        yield module
