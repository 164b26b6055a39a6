"""The storm needs no stack of servers, only the image; each test has a cluster of its own."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.cloud import sandbox_up
from tests.e2e.galera_service.members import Members


@pytest.fixture(autouse=True)
def whole() -> None:
    """Nothing to repair before a test: no stack."""


@pytest.fixture(scope="session")
def image() -> Iterator[None]:
    """The sandbox is what provides the members' image."""
    with sandbox_up():
        yield


@pytest.fixture
def members(image: None, tmp_path: Path) -> Iterator[Members]:
    made = Members(scratch=tmp_path)
    try:
        yield made
    finally:
        made.close()
