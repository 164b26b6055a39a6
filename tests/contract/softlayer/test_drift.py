"""A server is never replaced because of what a refresh finds."""

from __future__ import annotations

from typing import Any

import pytest

from tests.contract.conftest import RunningCloud
from tests.contract.softlayer.harness import guest_props, guests


def clean(outs: dict[str, Any]) -> dict[str, Any]:
    """Outputs as the engine keeps them: nothing that is None."""
    return {key: value for key, value in outs.items() if value is not None}


@pytest.mark.parametrize(
    ("state", "field", "real"),
    [({"hourly": False}, "hourly", True), ({"flavor": "C1_2X2X25"}, "flavor", "B1_2X4X25")],
)
def test_a_refresh_shows_what_differs_and_plans_nothing(
    cloud: RunningCloud,
    capsys: pytest.CaptureFixture[str],
    state: dict[str, Any],
    field: str,
    real: Any,
) -> None:
    provider, props = guests(), guest_props(cloud)
    created = provider.create(props)
    declared = {**props, **state}

    read = provider.read(created.id, {**clean(created.outs), **state})
    assert f"{field} is {real} in the cloud" in capsys.readouterr().err
    assert read.inputs[field] == state[field]
    again = provider.read(created.id, clean(read.outs))
    assert f"{field} is {real} in the cloud" in capsys.readouterr().err
    assert provider.diff(created.id, clean(again.outs), declared).changes is False

    taken_over = provider.diff(created.id, clean(again.outs), props)
    assert (taken_over.changes, taken_over.replaces) == (True, [])
    updated = provider.update(created.id, clean(again.outs), props)
    assert provider.diff(created.id, clean(updated.outs), props).changes is False
    assert cloud.orders()["orders"] == 1
    provider.read(created.id, clean(updated.outs))
    assert capsys.readouterr().err == ""
