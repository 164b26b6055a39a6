"""A stack of one server whose cloud fails around the order, and which vanishes while `up` works on it.

The tests share the stack and run in order; only the last two see it up. Its host and its database have what
other stacks leave at its default.
"""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.e2e.cloud import faults, guests, on_node, ordered, sandbox
from tests.e2e.ledger import ask, endpoints_of, synced
from tests.e2e.stack import Stack, dev_config, temporary_stack

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(1200)]

NAME = "trouble"
SERVER = "trouble-1"
HOST = {
    "dataDisk": {"filesystem": "ext4"},
    "ntpServers": ["10.141.0.2"],
    "searchDomains": ["db.sandbox.test"],
    "labels": {"rack": "r1"},
    "logMaxFiles": 2,
}
MOMENT_SECONDS = 8.0
"""Shorter than what SSH and the engine wait for a silent server."""
_HERE = {"hostname": "trouble-*"}
_ORDER = {**_HERE, "method": "placeOrder", "kind": "drop"}


@pytest.fixture(scope="module")
def stack(running_sandbox: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    scripts = tmp_path_factory.mktemp("init-scripts")
    (scripts / "01-script.sql").write_text(
        "CREATE DATABASE scripted; CREATE TABLE scripted.by_script (n INT);\n"
    )
    with temporary_stack(
        NAME,
        tmp_path_factory.mktemp(NAME),
        database__initScripts=str(scripts),
        host={**dev_config()["host"], **HOST},
        servers__hostnamePrefix=NAME,
        servers__count=1,
        cloud__orderDoubtSeconds=5,
        network__subnet="172.16.101.0/24",
    ) as made:
        yield made
    assert guests("trouble-") == []


@pytest.fixture(scope="module")
def before(stack: Stack) -> int:
    """How often the server was ordered in the sandbox's life until now."""
    return ordered("trouble-").get(SERVER, 0)


@contextmanager
def _hidden() -> Iterator[None]:
    """The server runs on, and nothing outside reaches it."""
    assert sandbox("fault", "node", SERVER, "hide").returncode == 0
    try:
        yield
    finally:
        assert sandbox("fault", "node", SERVER, "unhide").returncode == 0


def test_an_order_that_never_arrives_is_told_and_not_counted(stack: Stack, before: int) -> None:
    with faults({**_ORDER, "when": "before"}):
        refused = stack.up(check=False)
    assert refused.returncode != 0
    assert "trouble-1.sandbox.test" in refused.stdout
    assert ordered("trouble-").get(SERVER, 0) == before


def test_a_cloud_that_fails_sells_one_server_and_one_that_vanishes_is_named(
    stack: Stack, before: int
) -> None:
    trouble = (
        {**_ORDER, "when": "after"},
        {**_HERE, "method": "getObject", "kind": "rate-limit", "times": 2},
        {"method": "getVirtualGuests", "kind": "http", "status": 503, "nth": 2},
        {**_HERE, "method": "setTags", "kind": "fault", "times": 1},
    )
    with faults(*trouble):
        run = stack.start("up", "--yes", "--skip-preview")
        run.wait_for("host preparation", lambda: run.said("-preparation", "packages"))
        assert ordered("trouble-").get(SERVER, 0) - before == 1
        with _hidden():
            assert run.process.wait(timeout=400) != 0, "an up without its server counts as done"
    lost = [line for line in run.lines if "on 10.140.0." in line and "connection was lost" in line]
    assert lost, "\n".join(run.lines)


def test_a_server_that_vanishes_for_a_moment_is_waited_for(stack: Stack, before: int) -> None:
    run = stack.start("up", "--yes", "--skip-preview")
    run.wait_for("host preparation", lambda: run.said("-preparation", "packages"))
    with _hidden():
        time.sleep(MOMENT_SECONDS)
    assert run.process.wait(timeout=600) == 0, "\n".join(run.lines)

    assert guests("trouble-") == [SERVER]
    assert ordered("trouble-").get(SERVER, 0) - before == 1
    outputs = stack.outputs()
    assert synced(endpoints_of(outputs), outputs["databaseRootPassword"])
    assert stack.changes() == {}


def test_its_host_and_its_database_are_what_the_config_says(stack: Stack) -> None:
    outputs = stack.outputs()
    (endpoint,) = endpoints_of(outputs)
    tables = "SELECT table_name FROM information_schema.tables WHERE table_schema = 'scripted'"
    assert ask(endpoint, outputs["databaseRootPassword"], tables) == [("by_script",)]
    disk, kind = on_node(SERVER, "df --output=source,fstype /var/lib/docker | tail -n 1").split()
    assert (disk.startswith("/dev/xvd"), kind) == (True, "ext4"), disk
    assert "rack=r1" in on_node(SERVER, "docker info --format '{{.Labels}}'")
    assert "server 10.141.0.2" in on_node(SERVER, "cat /etc/chrony/chrony.conf")
    daemon = json.loads(on_node(SERVER, "cat /etc/docker/daemon.json"))
    assert daemon["dns-search"] == ["db.sandbox.test"]
    assert daemon["log-opts"]["max-file"] == "2"
    member = "docker ps -q --filter label=com.docker.swarm.service.name=galera-1"
    assert "db.sandbox.test" in on_node(SERVER, f"docker exec $({member}) cat /etc/resolv.conf")
