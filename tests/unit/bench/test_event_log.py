"""Engine events become spans, and a recorded run keeps what is no event."""

import sys
from pathlib import Path
from typing import Any

from bench.event_log import Stamped, dependencies, failures, record, spans

URN = "urn:pulumi:bench::galera-swarm::pulumi-python:dynamic/softlayer:VirtualGuest::bench-1"


def metadata(urn: str = URN, op: str = "create", custom: bool = True) -> dict[str, Any]:
    return {"urn": urn, "op": op, "type": urn.split("::")[2], "new": {"custom": custom}}


def began(came: float, **facts: Any) -> Stamped:
    return came, {"sequence": 1, "resourcePreEvent": {"metadata": metadata(**facts)}}


def ended(came: float, **facts: Any) -> Stamped:
    return came, {"sequence": 2, "resOutputsEvent": {"metadata": metadata(**facts)}}


def test_a_resource_is_a_span_from_its_begin_to_its_outputs() -> None:
    (span,) = spans([began(1.5), ended(4.0)])
    assert (span.urn, span.name, span.operation) == (URN, "bench-1", "create")
    assert span.kind == "pulumi-python:dynamic/softlayer:VirtualGuest"
    assert (span.started, span.ended, span.seconds) == (1.5, 4.0, 2.5)


def test_components_and_what_stays_the_same_are_no_work() -> None:
    assert spans([began(0, custom=False), ended(1, custom=False)]) == []
    assert spans([began(0, op="same"), ended(1, op="same")]) == []


def test_a_deletion_is_known_by_its_old_state() -> None:
    facts = metadata(op="delete") | {"new": None, "old": {"custom": True}}
    gone: Stamped = (3.0, {"sequence": 2, "resOutputsEvent": {"metadata": facts}})
    assert [span.operation for span in spans([began(1, op="delete"), gone])] == ["delete"]


def test_a_resource_without_an_end_is_no_span() -> None:
    assert spans([began(1)]) == []


def test_only_errors_are_failures() -> None:
    said = [("info", "fine"), ("error", "no such datacenter\n"), ("warning", "slow")]
    events = [
        (0.0, {"sequence": i, "diagnosticEvent": {"severity": severity, "message": text}})
        for i, (severity, text) in enumerate(said)
    ]
    assert failures(events) == ["no such datacenter"]


def test_dependencies_hold_properties_and_the_provider() -> None:
    deployment = {
        "resources": [
            {
                "urn": "a",
                "dependencies": ["b"],
                "propertyDependencies": {"x": ["c"], "y": None},
                "parent": "component",
                "provider": "urn:pulumi:s::p::pulumi:providers:docker::docker::0f3a",
            },
            {"urn": "b"},
        ]
    }
    assert dependencies(deployment) == {
        "a": {"b", "c", "component", "urn:pulumi:s::p::pulumi:providers:docker::docker"},
        "b": set(),
    }
    assert dependencies({}) == {}


def test_a_run_is_recorded_with_its_status_events_and_other_lines(tmp_path: Path) -> None:
    program = 'import sys; print(\'{"sequence": 1}\'); print("warning"); print("[1]"); sys.exit(3)'
    run = record([sys.executable, "-c", program], tmp_path)
    assert run.status == 3
    assert [event for _, event in run.events] == [{"sequence": 1}]
    assert list(run.other_lines) == ["warning", "[1]"]
    assert 0 < run.events[0][0] <= run.seconds
