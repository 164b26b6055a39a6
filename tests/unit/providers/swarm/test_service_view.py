"""What is missing until a service runs as it should."""

from typing import Any

import pytest

from providers.swarm.errors import NoServiceError, SwarmError
from providers.swarm.service_view import ServiceView, service_view
from tests.unit.providers.fake_manager import FakeManager
from tests.unit.providers.swarm import documents
from tests.unit.providers.swarm.documents import ended, service, task

OLD: dict[str, Any] = {"ContainerSpec": {"Image": "mariadb:10.6"}}
NO_NODE = "no suitable node (insufficient resources on 3 nodes)"


def seen(one: dict[str, Any], *tasks: dict[str, Any]) -> ServiceView:
    return service_view(FakeManager(documents.said(one, *tasks)), "shop")


def pending() -> dict[str, Any]:
    one = task("p", "pending")
    one["Status"]["Err"] = NO_NODE
    return one


def let_go(one: dict[str, Any]) -> dict[str, Any]:
    return one | {"DesiredState": "shutdown"}


def other_ports() -> dict[str, Any]:
    one = service()
    one["Spec"]["EndpointSpec"]["Ports"][0]["PublishedPort"] = 3307
    return one


@pytest.mark.parametrize(
    ("view", "missing"),
    [
        (seen(service(), task()), ""),
        (seen(service("completed"), task()), ""),
        (seen(service(replicas=2), task("a"), task("b")), ""),
        (seen(service(replicas=2), task("a"), task("b"), task("c")), ""),
        (seen(service(replicas=0)), ""),
        (seen(service(replicas=0), let_go(task())), ""),
        (seen(service()), "0 of 1 replicas run"),
        (seen(service(), task(state="starting")), "0 of 1 replicas run"),
        (seen(service(), let_go(task())), "0 of 1 replicas run"),
        (seen(service(replicas=2), task()), "1 of 2 replicas run"),
        (seen(service(replicas=2), task("a"), task("b", **OLD)), "1 of 2 replicas run"),
        (seen(other_ports(), task()), "0 of 1 replicas run"),
        (seen(service(replicas=2), task("a"), pending()), f"1 of 2 replicas run ({NO_NODE})"),
        (seen(service(), ended("a", "No such image")), "0 of 1 replicas run (No such image)"),
        (seen(service(), ended("a", "of before", **OLD)), "0 of 1 replicas run"),
        (seen(service("updating"), task()), "its update is under way, 1 of 1 replicas are new"),
        (
            seen(service("updating"), pending()),
            f"its update is under way, 0 of 1 replicas are new ({NO_NODE})",
        ),
        (seen(service("paused"), ended("a"), task("b")), ""),
    ],
)
def test_what_is_missing(view: ServiceView, missing: str) -> None:
    assert (view.missing(), view.stopped) == (missing, "")


def test_who_asks_may_want_more_than_the_spec() -> None:
    assert seen(service(replicas=1), task()).missing(2) == "1 of 2 replicas run"


def test_a_service_on_every_node_wants_the_tasks_that_the_swarm_made() -> None:
    everywhere = service()
    everywhere["Spec"]["Mode"] = {"Global": {}}
    assert seen(everywhere, task("a"), task("b")).missing() == ""
    assert seen(everywhere, task("a"), pending()).missing().startswith("1 of 2")


@pytest.mark.parametrize(
    ("update", "tasks"),
    [("paused", [task("a"), task("b", **OLD)]), ("rollback_completed", [task()]), ("rollback_paused", [])],
)
def test_an_update_that_goes_no_further_is_told_with_its_reason(
    update: str, tasks: list[dict[str, Any]]
) -> None:
    one = service(update)
    one["UpdateStatus"]["Message"] = "update paused due to failure of task x"
    said = seen(one, *tasks).stopped
    assert said.startswith(f"shop: its update is {update} (update paused due to failure of task x)")
    assert "docker service ps shop" in said


@pytest.mark.parametrize(
    ("check", "has"), [({"Test": ["CMD", "true"]}, True), ({"Test": ["NONE"]}, False), ({}, False)]
)
def test_a_health_check_is_seen(check: dict[str, Any], has: bool) -> None:
    spec = {"ContainerSpec": {**documents.TEMPLATE["ContainerSpec"], "Healthcheck": check}}
    assert seen(service(**spec), task()).has_health_check is has


def test_a_service_that_is_gone_is_told_from_a_manager_that_cannot_tell() -> None:
    with pytest.raises(NoServiceError):
        service_view(FakeManager("[]\n", 1, "Status: Error: no such service: shop"), "shop")
    with pytest.raises(SwarmError, match="does not have a leader"):
        service_view(FakeManager("", 1, "The swarm does not have a leader."), "shop")
