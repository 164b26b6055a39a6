"""Deployments of the whole program, shared by the tests that only look at them."""

from pathlib import Path

import pytest

from providers.softlayer import guest_provider
from providers.topology import guard
from tests.unit.components.stacks import Stacks


@pytest.fixture(scope="session")
def stacks(tmp_path_factory: pytest.TempPathFactory) -> Stacks:
    """The dev stack, with its SSH key in a directory of its own."""
    root: Path = tmp_path_factory.mktemp("project")
    return Stacks(root)


@pytest.fixture(autouse=True)
def unverified(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of servers whose replacement was to be verified with the cloud, which takes every order."""
    asked: list[str] = []
    for module in (guest_provider, guard):
        monkeypatch.setattr(module, "ensure_orderable", lambda _cloud, props: asked.append(props["hostname"]))
    return asked
