"""A stack with etcd and Consul. Servers are dear to prepare: the modules beside this file share them."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from settings.model.consul import Consul
from settings.model.etcd import Etcd
from tests.e2e.cloud import bring_images
from tests.e2e.keys import Keys
from tests.e2e.stack import Stack, temporary_stack

NAME = "services"


@pytest.fixture(scope="package")
def stack(running_sandbox: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """Three servers, up, each with a member of the database, of etcd and of Consul; destroyed at the end.

    The tests of a module run in order, and each leaves everything voting, serving and Synced.
    """
    bring_images(Etcd().image, Consul().image, timeout=2700)
    with temporary_stack(
        NAME,
        tmp_path_factory.mktemp(NAME),
        servers__hostnamePrefix=NAME,
        etcd__enabled=True,
        consul__enabled=True,
    ) as made:
        made.up(timeout=1800)
        yield made


@pytest.fixture
def keys(stack: Stack, tmp_path: Path) -> Keys:
    """A client of the stack's etcd."""
    return Keys(stack.outputs(), tmp_path)
