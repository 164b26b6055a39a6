"""`python -m sandbox status` as it is read on a terminal."""

import json
import threading
from argparse import Namespace
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from sandbox.api.calls import CallLog
from sandbox.api.cloud import Cloud
from sandbox.api.control import Control
from sandbox.api.faults import Faults
from sandbox.api.memory import MemoryDriver
from sandbox.cli import directory, status
from sandbox.cli.control import NotRunningError
from sandbox.nodes.layout import Layout
from tests.unit.sandbox.orders import order
from tests.unit.sandbox_nodes.fakes import FakeDocker

LAYOUT = Layout(Path("/somewhere/checkout"))
REGISTRY = {("container", LAYOUT.registry_container): {"State": {"Status": "running"}}}


def until(condition: Callable[[], object]) -> None:
    """Await what the threads of transactions do."""
    pause = threading.Event()
    for _ in range(500):
        if condition():
            return
        pause.wait(0.01)
    pytest.fail("the condition did not hold in time")


@pytest.fixture
def screen(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[..., str]:
    """The text of `status` on a narrow terminal, after its exit status."""
    monkeypatch.setenv("COLUMNS", "40")
    monkeypatch.setattr(status, "checkout_layout", lambda: LAYOUT)

    def show(control: Callable[[str, str], Any], docker: FakeDocker, pid: int | None) -> str:
        monkeypatch.setattr(status, "control", control)
        monkeypatch.setattr(directory, "control", control)
        monkeypatch.setattr(status, "Docker", lambda: docker)
        monkeypatch.setattr(status.serving, "running", lambda _: pid)
        code = status.status(Namespace(json=False))
        lines = capsys.readouterr().out.splitlines()
        return "\n".join([f"exit {code}", *(line.rstrip() for line in lines)])

    return show


def test_the_whole_screen(cloud: Cloud, screen: Callable[..., str]) -> None:
    assert isinstance(cloud.driver, MemoryDriver)
    control = Control(cloud, Faults(), CallLog())

    def answer(verb: str, path: str) -> Any:
        return json.loads(json.dumps(control.answer(verb, f"/control/{path}", b"")[1]))

    disks = [{"device": str(n), "diskImage": {"capacity": size}} for n, size in ((0, 25), (2, 100))]
    order(cloud, "db-1", blockDevices=disks)
    until(lambda: not answer("GET", "health")["unfinished"])
    cloud.driver.fail = "No room."
    order(cloud, "a-name-of-some-length", maxMemory=6144, privateNetworkOnlyFlag=True)
    until(lambda: answer("GET", "health")["failing"])

    assert screen(answer, FakeDocker(records=dict(REGISTRY)), 4242) == (
        "exit 0\n"
        "API       http://127.0.0.1:18080/xmlrpc/v3.1, process 4242, 1 transactions under way\n"
        "          transaction 700002 (provision of 100002): No room.\n"
        "registry  http://10.141.0.2:5000, running\n"
        "id      name                               in     public       private      size                    "
        "state\n"
        "100001  db-1.example.com                   tor01  10.140.0.10  10.141.0.10  2 CPU, 4 GB, 25+100 GB  "
        "RUNNING\n"
        "100002  a-name-of-some-length.example.com  tor01               10.141.0.11  2 CPU, 6 GB, 25 GB      "
        "HALTED, SERVICE_SETUP"
    )


def refuse(verb: str, path: str) -> Any:
    """What a control request comes to when the API does not run."""
    message = f"{verb} {path}: nothing listens"
    raise NotRunningError(message)


def test_the_screen_without_an_api_shows_what_the_engine_knows(screen: Callable[..., str]) -> None:
    name = LAYOUT.container(100002)
    record = {
        "Config": {"Labels": {"galera-swarm.guest": "100002", "galera-swarm.fqdn": "db-2.example.org"}},
        "NetworkSettings": {"Networks": {}},
        "State": {"Status": "exited"},
    }
    docker = FakeDocker(
        records={**REGISTRY, ("container", name): record}, answers={"ps": (0, f"{name}\n", "")}
    )
    assert screen(refuse, docker, None) == (
        "exit 3\n"
        "API       does not run; 'python -m sandbox up' brings everything back\n"
        "registry  http://10.141.0.2:5000, running\n"
        "id      name              in  public  private  size  state\n"
        "100002  db-2.example.org                             EXITED"
    )


def test_the_screen_of_nothing(screen: Callable[..., str]) -> None:
    assert screen(refuse, FakeDocker(), None) == (
        "exit 3\n"
        "API       does not run; 'python -m sandbox up' brings everything back\n"
        "registry  http://10.141.0.2:5000, absent\n"
        "servers   none"
    )
