"""The storm needs no stack of servers, only the image; each test has a cluster of its own."""

import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.cloud import sandbox_up
from tests.e2e.galera_service.members import Members
from tests.faults.storm.supervised import Ears, Supervised


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


@pytest.fixture
def supervised(members: Members, tmp_path: Path) -> Iterator[Supervised]:
    """Nobody runs yet; who is released is started, and started again after every end."""
    ears = Ears(tmp_path)
    chance = random.Random(0)  # noqa: S311 - how long the pauses before a start are
    try:
        with Supervised(members, ears, chance, permit="permit-1") as made:
            yield made
    finally:
        ears.close()
