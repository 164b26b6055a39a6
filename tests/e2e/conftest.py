"""One sandbox for all e2e tests; a stack for each module that asks for one."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.cloud import sandbox_up
from tests.e2e.stack import Stack, temporary_stack


@pytest.fixture(scope="module")
def running_sandbox() -> Iterator[None]:
    """Brings the sandbox up, and takes it away again; one that answers already is used and left alone."""
    with sandbox_up():
        yield


@pytest.fixture(scope="module")
def stack(
    request: pytest.FixtureRequest, running_sandbox: None, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Stack]:
    """A stack of three servers named after the test module; destroyed at the end."""
    name = Path(str(request.node.fspath)).stem.removeprefix("test_").replace("_", "-")
    with temporary_stack(name, tmp_path_factory.mktemp(name), servers__hostnamePrefix=name) as made:
        yield made
