"""Deployments of the whole program, shared by the tests that only look at them."""

from pathlib import Path

import pytest

from tests.unit.components.stacks import Stacks


@pytest.fixture(scope="session")
def stacks(tmp_path_factory: pytest.TempPathFactory) -> Stacks:
    """The dev stack, with its SSH key in a directory of its own."""
    root: Path = tmp_path_factory.mktemp("project")
    return Stacks(root)
