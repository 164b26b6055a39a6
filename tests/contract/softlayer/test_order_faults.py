"""Whatever fails around an order, the next run ends with exactly one order and one guest of the name."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from providers.softlayer.errors import (
    AbandonedError,
    CapacityError,
    CloudError,
    MismatchError,
    OrderDoubtError,
    RefusedError,
)
from tests.contract.conftest import RunningCloud
from tests.contract.softlayer.harness import FQDN, assert_one_order_one_guest, guest_props, guests

ROOT = Path(__file__).parents[3]
SURVIVED: list[dict[str, Any]] = [
    {"method": "placeOrder", "kind": "rate-limit", "times": 2},
    {"method": "placeOrder", "kind": "http", "status": 429},
    {"method": "placeOrder", "kind": "drop", "when": "after"},
    {"method": "placeOrder", "kind": "truncate", "when": "after"},
    {"method": "placeOrder", "kind": "bad-body", "when": "after"},
    {"method": "placeOrder", "kind": "empty-body", "when": "after"},
    {"method": "placeOrder", "kind": "http", "status": 502, "when": "after"},
    {"method": "placeOrder", "kind": "hide", "seconds": 0.7},
    {"method": "getVirtualGuests", "kind": "drop", "times": 2},
    {"method": "getVirtualGuests", "kind": "rate-limit", "times": 2},
    {"method": "getOrders", "kind": "http", "status": 503},
    {"method": "generateOrderTemplate", "kind": "bad-body"},
    {"method": "verifyOrder", "kind": "drop"},
    {"method": "setTags", "kind": "rate-limit", "times": 2},
    {"method": "setTags", "kind": "fault", "message": "A transaction is running."},
    {"method": "setTags", "kind": "drop", "when": "after"},
    {"method": "getObject", "kind": "drop", "times": 2},
    {"method": "getObject", "kind": "empty-body"},
    {"method": "getObject", "kind": "http", "status": 500, "times": 2},
]


@pytest.mark.parametrize("script", SURVIVED, ids=[json.dumps(script) for script in SURVIVED])
def test_survived_at_once(cloud: RunningCloud, script: dict[str, Any]) -> None:
    cloud.fault(**script)
    created = guests().create(guest_props(cloud))
    assert_one_order_one_guest(cloud)
    assert created.outs["tagged"] is True


STOPPED: list[tuple[dict[str, Any], type[Exception]]] = [
    ({"method": "placeOrder", "kind": "drop", "when": "before"}, OrderDoubtError),
    ({"method": "placeOrder", "kind": "http", "status": 500, "when": "before"}, OrderDoubtError),
    ({"method": "placeOrder", "kind": "bad-body", "when": "before"}, OrderDoubtError),
    ({"method": "placeOrder", "kind": "capacity"}, CapacityError),
    ({"method": "verifyOrder", "kind": "fault", "message": "Price # 4 does not exist."}, RefusedError),
    ({"method": "setTags", "kind": "fault", "message": "Tagging is down.", "times": 2}, RefusedError),
    ({"method": "editObject", "kind": "fault", "message": "Editing is down."}, RefusedError),
]


@pytest.mark.parametrize(("script", "error"), STOPPED, ids=[json.dumps(script) for script, _ in STOPPED])
def test_stopped_clearly_and_finished_by_the_next_run(
    cloud: RunningCloud, script: dict[str, Any], error: type[Exception]
) -> None:
    cloud.fault(**script)
    with pytest.raises(error, match=FQDN):
        guests().create(guest_props(cloud))
    created = guests().create(guest_props(cloud))
    assert_one_order_one_guest(cloud)
    assert created.outs["tagged"] is True


def test_a_stalled_order_is_adopted(cloud: RunningCloud, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("providers.softlayer.credentials.LEAST_ORDER_TIMEOUT_SECONDS", 1.0)
    cloud.fault(method="placeOrder", kind="stall", when="after")
    guests(timeoutSeconds=1).create(guest_props(cloud))
    assert_one_order_one_guest(cloud)


def test_a_guest_that_stays_hidden_stops_this_run_and_is_adopted_by_a_later_one(cloud: RunningCloud) -> None:
    cloud.fault(method="placeOrder", kind="hide", seconds=2.0)
    with pytest.raises(OrderDoubtError):
        guests(orderDoubtSeconds=0.5).create(guest_props(cloud))
    guests(orderDoubtSeconds=20).create(guest_props(cloud))
    assert_one_order_one_guest(cloud)


def start_create(cloud: RunningCloud, props: dict[str, Any]) -> subprocess.Popen[bytes]:
    """A create in a process of its own, to be killed."""
    program = (
        "import json,sys; from tests.contract.softlayer.harness import guests; "
        "guests().create(json.loads(sys.argv[1]))"
    )
    return subprocess.Popen(
        [sys.executable, "-c", program, json.dumps(props)],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def eventually(condition: Callable[[], bool]) -> None:
    """Wait until a condition holds."""
    deadline = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


@pytest.mark.parametrize("tagged", [True, False])
def test_killed_while_it_waits(cloud: RunningCloud, tagged: bool) -> None:
    cloud.fault(method="placeOrder", kind="provision-hold")
    if not tagged:
        cloud.fault(method="setTags", kind="stall")
    props = guest_props(cloud)
    process = start_create(cloud, props)
    eventually(lambda: cloud.call_count("Virtual_Guest", "setTags") > 0)
    process.send_signal(signal.SIGKILL)
    process.wait()
    cloud.control("POST", "release")
    cloud.control("DELETE", "faults")

    created = guests().create(props)

    assert_one_order_one_guest(cloud)
    assert created.outs["tagged"] is True


def test_killed_while_its_order_is_on_the_way(cloud: RunningCloud) -> None:
    cloud.fault(method="placeOrder", kind="stall", when="after")
    props = guest_props(cloud)
    process = start_create(cloud, props)
    eventually(lambda: cloud.orders()["guests"] == 1)
    process.send_signal(signal.SIGKILL)
    process.wait()
    guests().create(props)
    assert_one_order_one_guest(cloud)


def test_an_orphan_and_the_next_run_order_once(cloud: RunningCloud) -> None:
    """The next run begins while a process left behind by a killed engine is still in front of its order."""
    cloud.fault(method="verifyOrder", kind="rate-limit", delay=1.0)
    props = guest_props(cloud)
    process = start_create(cloud, props)
    eventually(lambda: cloud.call_count("Virtual_Guest", "generateOrderTemplate") > 0)
    guests().create(props)
    assert process.wait(timeout=20) == 0
    assert_one_order_one_guest(cloud)


def test_nothing_is_ordered_for_an_engine_that_is_gone(
    cloud: RunningCloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    provider = guests()
    monkeypatch.setattr(os, "getppid", lambda: 1)
    with pytest.raises(AbandonedError, match="nothing was ordered"):
        provider.create(guest_props(cloud))
    assert cloud.orders()["orders"] == 0


def test_the_server_of_the_cloud_restarts_during_the_wait(start_cloud: Callable[..., RunningCloud]) -> None:
    cloud = start_cloud(provision_seconds=0.5)
    cloud.fault(method="placeOrder", kind="stall", when="after")
    process = start_create(cloud, guest_props(cloud))
    eventually(lambda: cloud.orders()["guests"] == 1)
    process.kill()
    process.wait()
    cloud.restart()
    guests().create(guest_props(cloud))
    assert_one_order_one_guest(cloud)


def test_an_earlier_guest_of_another_shape_is_not_taken_silently(cloud: RunningCloud) -> None:
    guests().create(guest_props(cloud))
    with pytest.raises(MismatchError, match=r"datacenter tor01 instead of ams03.*slcli vs cancel"):
        guests().create(guest_props(cloud, datacenter="ams03"))
    assert_one_order_one_guest(cloud)


def test_an_adopted_guest_is_brought_to_its_declaration(cloud: RunningCloud) -> None:
    first = guests().create(guest_props(cloud))
    second = guests().create(guest_props(cloud, notes="other", tags=["x"], nic_speed=100.0))
    assert second.id == first.id
    assert (second.outs["notes"], second.outs["nic_speed"]) == ("other", 100)


def test_an_endpoint_that_answers_with_something_else_is_named(cloud: RunningCloud) -> None:
    with pytest.raises(CloudError, match="is not the API: check the endpoint"):
        guests().create(guest_props(cloud, endpoint=cloud.url.replace("/xmlrpc", "/nowhere")))
