"""One sandbox for all e2e tests."""

from collections.abc import Iterator

import pytest

from tests.e2e.cloud import sandbox_up


@pytest.fixture(scope="session")
def running_sandbox() -> Iterator[None]:
    """Brings the sandbox up, and takes it away again; one that answers already is used and left alone."""
    with sandbox_up():
        yield
