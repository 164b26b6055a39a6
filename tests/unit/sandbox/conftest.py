"""A cloud for the tests beside this file."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox.api.cloud import Cloud
from sandbox.api.memory import MemoryDriver
from sandbox.api.store import Store
from sandbox.api.transactions import Transactions


@pytest.fixture
def cloud(tmp_path: Path) -> Iterator[Cloud]:
    """A cloud without a server in front."""
    store = Store(tmp_path / "cloud.sqlite")
    driver = MemoryDriver()
    transactions = Transactions(store, driver, 0)
    yield Cloud(store, driver, transactions, "sandbox", "sandbox-key")
    transactions.stop(5)
    store.close()
