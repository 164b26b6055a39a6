"""Each test has a cluster of its own; what is left of it when a test fails is its members' evidence."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.galera_service.members import Members


@pytest.fixture
def members(running_sandbox: None, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Members]:
    """Plain containers of this machine; the sandbox is what provides their image."""
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
