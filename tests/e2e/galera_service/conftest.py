"""Each test has a cluster of its own; what is left of it when a test fails is its members' evidence."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.cloud import build_image
from tests.e2e.galera_service.members import IMAGE, Members


@pytest.fixture(scope="session")
def database_image() -> None:
    """The sandbox is what provides the image. Its servers belong to the stacks, which run beside."""
    build_image(IMAGE)


@pytest.fixture
def members(database_image: None, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Members]:
    """Plain containers of this machine."""
    yield from closed_at_the_end(Members(scratch=tmp_path), request)


def closed_at_the_end(made: Members, request: pytest.FixtureRequest) -> Iterator[Members]:
    """The members for one test."""
    failed_before = request.session.testsfailed
    try:
        yield made
    finally:
        if request.session.testsfailed > failed_before:
            for n in sorted(made.started):
                print(f"--- galera-{n}\n{made.log(n)[-12000:]}")
        made.close()
