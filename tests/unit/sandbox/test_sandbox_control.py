"""What the control answers while orders come in."""

from collections.abc import Callable
from typing import Any

import pytest

from sandbox.api.calls import CallLog
from sandbox.api.cloud import Cloud
from sandbox.api.control import Control
from sandbox.api.faults import Faults
from tests.unit.sandbox.orders import order


def test_the_counters_are_told_while_an_order_is_committed(
    cloud: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The order comes between the two reads of the database, whichever of them is the first."""
    order(cloud, "db-1")
    reads: list[str] = []

    def then_order(name: str) -> Callable[..., Any]:
        read = getattr(cloud.store, name)

        def reading() -> Any:
            found = read()
            reads.append(name)
            if len(reads) == 1:
                order(cloud, "db-2")
            return found

        return reading

    for name in ("orders", "all_guests"):
        monkeypatch.setattr(cloud.store, name, then_order(name))
    status, told = Control(cloud, Faults(), CallLog()).answer("GET", "/control/orders", b"")
    assert status == 200
    assert told["orderedByName"]["db-1.example.com"] == 1
    assert set(reads) == {"orders", "all_guests"}
