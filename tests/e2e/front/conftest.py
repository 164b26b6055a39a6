"""A stack with load balancers and a site. Servers are dear to prepare: the modules here share them."""

from collections.abc import Iterator

import pytest

from tests.e2e.stack import Stack, temporary_stack

NAME = "front"


@pytest.fixture(scope="package")
def stack(running_sandbox: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """Three servers, ordered by the first `up` of the first module that asks; destroyed after the last one.

    A module brings up what it needs, its tests run in order, and it leaves three Synced members behind.
    """
    with temporary_stack(NAME, tmp_path_factory.mktemp(NAME), servers__hostnamePrefix=NAME) as made:
        yield made
