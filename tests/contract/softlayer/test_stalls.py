"""A cloud that takes a call and never answers is given up on, each call after its own timeout."""

from typing import Any

import pytest

from providers.softlayer import preflight as question
from providers.softlayer.preflight import preflight
from tests.contract.conftest import RunningCloud
from tests.contract.softlayer.harness import assert_one_order_one_guest, guest_props, guests

# A call without its timeout waits for an hour, and one with that of an order for two minutes.
pytestmark = pytest.mark.timeout(20)


@pytest.mark.parametrize("method", ["getObject", "getVirtualGuests"])
def test_a_read_without_an_answer_is_asked_again(cloud: RunningCloud, method: str) -> None:
    cloud.fault(method=method, kind="stall")
    created = guests(timeoutSeconds=0.5).create(guest_props(cloud))
    assert_one_order_one_guest(cloud)
    assert created.outs["tagged"] is True
    assert fired(cloud) == 1


@pytest.mark.parametrize(("stalls", "problem"), [(1, None), (2, "cloud.endpoint")])
def test_the_first_question_waits_for_no_answer_twice_and_no_longer(
    cloud: RunningCloud, monkeypatch: pytest.MonkeyPatch, stalls: int, problem: str | None
) -> None:
    monkeypatch.setattr(question, "PATIENCE_SECONDS", 0.3)
    cloud.fault(method="getCurrentUser", kind="stall", times=stalls)
    found = preflight(cloud.url, cloud.username, cloud.api_key)
    assert (found and found[0]) == problem
    assert found is None or "does not answer (timed out)" in found[1]
    assert fired(cloud) == stalls


def fired(cloud: RunningCloud) -> int:
    """How often the only fault script fired."""
    scripts: list[dict[str, Any]] = cloud.control("GET", "faults")
    return int(scripts[0]["fired"])
