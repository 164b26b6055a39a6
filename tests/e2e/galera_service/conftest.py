"""Members for one test or for several; what is left of it when a test fails is its members' evidence."""

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


@pytest.fixture(scope="module")
def lasting(
    database_image: None, tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest
) -> Iterator[Members]:
    """The same, for all tests of a module that leave every member as they found it: part of one cluster."""
    yield from closed_at_the_end(Members(scratch=tmp_path_factory.mktemp("lasting")), request)


def closed_at_the_end(made: Members, request: pytest.FixtureRequest) -> Iterator[Members]:
    """The members, until those who use them are done."""
    failed_before = request.session.testsfailed
    try:
        yield made
    finally:
        if request.session.testsfailed > failed_before:
            for n in sorted(made.started):
                print(f"--- galera-{n}\n{made.log(n)[-12000:]}")
        made.close()
