"""Whether the task that runs is the wanted one."""

from typing import Any

import pytest

from providers.swarm.errors import NoServiceError, SwarmError
from providers.swarm.task_view import same_spec, task_view
from tests.unit.providers.fake_manager import FakeManager
from tests.unit.providers.swarm import documents
from tests.unit.providers.swarm.documents import service, task

NEW_CONFIG = {
    "ContainerSpec": {**documents.TEMPLATE["ContainerSpec"], "Configs": [{"ConfigName": "my-cnf-2"}]}
}
OTHER_PORT = [{"Protocol": "tcp", "TargetPort": 3306, "PublishedPort": 3307, "PublishMode": "host"}]


def with_ports(ports: list[dict[str, Any]]) -> dict[str, Any]:
    one = service()
    one["Spec"]["EndpointSpec"]["Ports"] = ports
    return one


@pytest.mark.parametrize(
    ("case", "is_current", "phase"),
    [
        (documents.said(service(), task()), True, "running"),
        (documents.said(service("updating"), task()), True, "the update of its service is updating"),
        (documents.said(service("completed"), task()), True, "running"),
        (documents.said(service("rollback_completed"), task()), False, "rollback_completed"),
        (documents.said(service()), False, "no task yet"),
        (documents.said(service(), task(state="preparing")), False, "preparing"),
        (documents.said(service(**NEW_CONFIG), task()), False, "former spec still runs"),
        (documents.said(service(**NEW_CONFIG), task(**NEW_CONFIG)), True, "running"),
        (documents.said(service(ForceUpdate=1), task()), False, "former spec still runs"),
        (documents.said(service(Placement={"Constraints": []}), task()), True, "running"),
        (documents.said(with_ports(OTHER_PORT), task()), False, "former spec still runs"),
        (documents.said(with_ports(documents.PORTS + OTHER_PORT), task()), True, "running"),
        (
            documents.said(
                service(**NEW_CONFIG),
                task("new", "ready", "2026-01-01T00:00:09Z", **NEW_CONFIG),
                task("old"),
            ),
            False,
            "ready",
        ),
        (
            documents.said(
                service(**NEW_CONFIG), task("new", made="2026-01-01T00:00:09Z", **NEW_CONFIG), task("old")
            ),
            False,
            "running",
        ),
    ],
)
def test_task_view(case: str, is_current: bool, phase: str) -> None:
    seen = task_view(FakeManager(case), "galera-2")
    assert seen.is_current is is_current
    assert phase in seen.phase


def test_a_task_that_is_shutting_down_is_not_current() -> None:
    ending = task()
    ending["DesiredState"] = "shutdown"
    assert not task_view(FakeManager(documents.said(service(), ending)), "galera-2").is_current


def test_the_reason_of_a_task_that_cannot_start_is_shown() -> None:
    waiting = task(state="pending")
    waiting["Status"]["Err"] = "no suitable node (scheduling constraints not satisfied on 3 nodes)"
    assert "no suitable node" in task_view(FakeManager(documents.said(service(), waiting)), "galera-2").phase


def test_the_container_is_found_for_its_data() -> None:
    assert task_view(FakeManager(documents.said(service(), task())), "galera-2").container == (
        "container-of-task1"
    )


@pytest.mark.parametrize("answer", ["", "[]\n"])
def test_a_service_that_is_not_there(answer: str) -> None:
    manager = FakeManager(answer, 1, "Status: Error: no such service: galera-2")
    with pytest.raises(NoServiceError, match=r"does not know the service galera-2: .*no such service"):
        task_view(manager, "galera-2")


def test_a_manager_that_cannot_tell_is_not_a_service_that_is_gone() -> None:
    manager = FakeManager("", 1, "Error response from daemon: rpc error: The swarm does not have a leader.")
    with pytest.raises(SwarmError, match="does not have a leader") as caught:
        task_view(manager, "galera-2")
    assert not isinstance(caught.value, NoServiceError)


@pytest.mark.parametrize(
    ("template", "made_by", "same"),
    [
        ({}, {}, True),
        ({"Resources": {"Limits": {}}}, {}, True),
        ({"Networks": []}, {"Networks": None}, True),
        ({"Resources": {"Limits": {"MemoryBytes": 1}}}, {}, False),
        ({"RestartPolicy": {"Condition": "any"}}, {}, True),
        ({"LogDriver": {"Name": "local"}}, {}, False),
        ({"ContainerSpec": {"StopGracePeriod": 10_000_000_000}}, {"ContainerSpec": {}}, True),
        ({"ContainerSpec": {"StopGracePeriod": 60_000_000_000}}, {"ContainerSpec": {}}, False),
    ],
)
def test_same_spec(template: dict[str, Any], made_by: dict[str, Any], same: bool) -> None:
    assert same_spec(template, made_by) is same


@pytest.mark.parametrize(
    ("update", "is_current"), [("", True), ("completed", True), ("updating", False), ("paused", False)]
)
def test_a_member_among_others_waits_for_the_end_of_their_update(update: str, is_current: bool) -> None:
    said = documents.said(service(update) if update else service(), task())
    assert task_view(FakeManager(said), "galera", "node-1").is_current == is_current


@pytest.mark.parametrize(
    ("before", "changed", "update", "is_current"),
    [
        (None, "2026-01-01T00:00:05.5Z", {}, True),
        (documents.PORTS, "2026-01-01T00:00:05.5Z", {}, True),
        (OTHER_PORT, "2026-01-01T00:00:00Z", {}, True),
        (OTHER_PORT, "2026-01-01T00:00:05.5Z", {}, False),
        (OTHER_PORT, "2026-01-01T00:00:09Z", {"StartedAt": "2026-01-01T00:00:00.25Z"}, True),
        (OTHER_PORT, "2026-01-01T00:00:09Z", {"StartedAt": "2026-01-01T00:00:08Z"}, False),
    ],
)
def test_a_task_that_tells_no_ports_is_judged_by_the_last_change_of_them(
    before: list[dict[str, Any]] | None, changed: str, update: dict[str, str], is_current: bool
) -> None:
    """Seen after one of three servers was killed, or two were frozen, and another manager led."""
    one, silent = service(), task(made="2026-01-01T00:00:01Z")
    one |= {"UpdatedAt": changed, "UpdateStatus": update}
    if before is not None:
        one["PreviousSpec"] = with_ports(before)["Spec"]
    silent["Status"]["PortStatus"] = {}
    assert task_view(FakeManager(documents.said(one, silent)), "galera-2").is_current is is_current


def test_a_task_that_tells_other_ports_is_never_current() -> None:
    one = with_ports(OTHER_PORT) | {"UpdatedAt": "2026-01-01T00:00:00Z"}
    assert not task_view(FakeManager(documents.said(one, task())), "galera-2").is_current
