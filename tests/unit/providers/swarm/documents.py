"""What `docker service inspect` and `docker inspect --type task` say, reduced to what matters."""

import copy
import json
from typing import Any

TEMPLATE: dict[str, Any] = {
    "ContainerSpec": {
        "Image": "mariadb:10.11",
        "Env": ["GALERA_MEMBER=galera-2"],
        "Configs": [{"ConfigName": "my-cnf-1"}],
        "Isolation": "default",
    },
    "Resources": {"Limits": {}, "Reservations": {}},
    "RestartPolicy": {"Condition": "any"},
    "Placement": {"Constraints": ["node.labels.galera-swarm.server==db2"]},
    "Networks": [{"Target": "net1", "Aliases": ["galera-members"]}],
    "ForceUpdate": 0,
    "Runtime": "container",
}
PORTS = [{"Protocol": "tcp", "TargetPort": 3306, "PublishedPort": 3306, "PublishMode": "host"}]


def service(update: str = "", *, replicas: int = 1, **template: Any) -> dict[str, Any]:
    """A service; `template` changes its task template."""
    document: dict[str, Any] = {
        "ID": "service1",
        "Spec": {
            "Name": "galera-2",
            "TaskTemplate": {**copy.deepcopy(TEMPLATE), **template},
            "Mode": {"Replicated": {"Replicas": replicas}},
            "EndpointSpec": {"Mode": "dnsrr", "Ports": copy.deepcopy(PORTS)},
        },
    }
    if update:
        document["UpdateStatus"] = {"State": update}
    return document


def task(
    name: str = "task1", state: str = "running", made: str = "2026-01-01T00:00:01Z", **spec: Any
) -> dict[str, Any]:
    """A task of that service; `spec` changes the spec it was made by."""
    made_by = {**copy.deepcopy(TEMPLATE), **spec}
    del made_by["Runtime"]
    return {
        "ID": name,
        "CreatedAt": made,
        "Slot": 1,
        "Spec": made_by,
        "DesiredState": "running",
        "Status": {
            "State": state,
            "ContainerStatus": {"ContainerID": f"container-of-{name}"},
            "PortStatus": {"Ports": copy.deepcopy(PORTS)} if state == "running" else {},
        },
    }


def said(one: dict[str, Any], *tasks: dict[str, Any]) -> str:
    """The two answers one after the other, as they arrive."""
    return json.dumps([one], indent=4) + "\n" + (json.dumps(list(tasks), indent=4) + "\n" if tasks else "")


def ended(
    name: str, error: str = "task: non-zero exit (1)", state: str = "failed", **spec: Any
) -> dict[str, Any]:
    """A task that ended by itself, and was let go of."""
    one = task(name, state, **spec) | {"DesiredState": "shutdown"}
    one["Status"]["Err"] = error
    return one
