"""The load balancer under a client that writes without pause: its writer, faults, rolling changes."""

import base64
import socket
import urllib.error
import urllib.request
from typing import Any

import pytest

from settings.model.load_balancer import LoadBalancer
from tests.e2e.cloud import bring_images, docker, node_container
from tests.e2e.cluster import Cluster
from tests.e2e.doors import REFUSED_LIMIT_SECONDS, behind, doors, lose_the_writer, tell, writers
from tests.e2e.ledger import Ledger, ask, connect
from tests.e2e.stack import Stack, await_condition

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(1800)]


@pytest.fixture(scope="module")
def outputs(stack: Stack) -> dict[str, Any]:
    """The stack's outputs after its `up` with the load balancer."""
    bring_images(LoadBalancer().image)
    stack.set("loadBalancer.enabled", True)
    stack.up()
    return stack.outputs()


def test_every_server_leads_to_the_same_writer_and_to_every_reader(outputs: dict[str, Any]) -> None:
    password = outputs["databaseRootPassword"]
    assert len(doors(outputs, "writer")) == len(doors(outputs, "reader")) == 3
    await_condition("one writer", lambda: len(writers(outputs)) == 1, timeout=20)
    for door in doors(outputs, "reader"):
        held = [connect(door, password) for _ in range(9)]
        members = set()
        for connection in held:
            with connection.cursor() as cursor:
                cursor.execute("SELECT @@wsrep_node_name")
                members.add(str(cursor.fetchall()[0][0]))
            connection.close()
        assert members == {"galera-1", "galera-2", "galera-3"}


def test_the_statistics_page_wants_its_password(stack: Stack, outputs: dict[str, Any]) -> None:
    password = outputs["loadBalancerStatsPassword"]
    assert password not in stack.run("export").stdout
    for door in doors(outputs, "stats"):
        page = f"http://{door.host}:{door.port}/"
        with pytest.raises(urllib.error.HTTPError, match="401"):
            urllib.request.urlopen(page, timeout=5)
        key = base64.b64encode(f"admin:{password}".encode()).decode()
        request = urllib.request.Request(page, headers={"Authorization": f"Basic {key}"})
        with urllib.request.urlopen(request, timeout=5) as answer:
            assert b"writer" in answer.read()


def test_the_public_interface_stays_shut(outputs: dict[str, Any]) -> None:
    for server in outputs["servers"]:
        for door in ("writer", "reader", "stats"):
            port = int(outputs["loadBalancer"][door][0]["port"])
            with pytest.raises(OSError, match=r"timed out|refused|unreachable"):
                socket.create_connection((server["publicIp"], port), timeout=2).close()


def test_a_killed_writer_is_soon_replaced_and_not_returned_to(outputs: dict[str, Any]) -> None:
    lose_the_writer(outputs)


def test_a_rolling_change_refuses_no_write(stack: Stack, outputs: dict[str, Any]) -> None:
    cluster, password = Cluster.of(outputs), outputs["databaseRootPassword"]
    stack.set("database.myCnf", "[mariadb]\nslow_query_log_file = rolled.log\n")
    with Ledger(doors(outputs, "writer"), password, name="rolled", pings=True) as ledger:
        await_condition("a hundred rows", lambda: len(ledger.acknowledged) >= 100, timeout=60)
        stack.up()
    tell("rolling change", ledger)
    assert ledger.refusals == []
    assert cluster.synced()
    assert len(writers(outputs)) == 1
    for endpoint in cluster.endpoints:
        assert ask(endpoint, password, "SELECT @@slow_query_log_file") == [("rolled.log",)]
        assert ledger.lost_on(endpoint) == set()


def test_another_setting_walks_from_one_server_to_the_next(stack: Stack, outputs: dict[str, Any]) -> None:
    stack.set("loadBalancer.maxConnections", 1000)
    touched = {urn.split("::")[-1] for urns in stack.changes().values() for urn in urns}
    assert all(name.startswith("load-balancer") for name in touched), touched
    password = outputs["databaseRootPassword"]
    with Ledger(
        doors(outputs, "writer"), password, name="walked", pings=True, finds_another_door=True
    ) as ledger:
        await_condition("a hundred rows", lambda: len(ledger.acknowledged) >= 100, timeout=60)
        stack.up()
    tell("load balancers changed", ledger)
    assert ledger.refusals == []
    assert ledger.longest_pause_seconds <= REFUSED_LIMIT_SECONDS
    assert stack.changes() == {}


def test_a_lost_server_leaves_the_ports_of_the_others(outputs: dict[str, Any]) -> None:
    cluster, password = Cluster.of(outputs), outputs["databaseRootPassword"]
    lost = cluster.members[-1]
    others = [door for door in doors(outputs, "writer") if door.member != lost.hostname]
    container = node_container(lost.hostname)
    with Ledger(others, password, name="lost") as ledger:
        await_condition("a hundred rows", lambda: len(ledger.acknowledged) >= 100, timeout=60)
        docker("pause", container)
        try:
            count = len(ledger.acknowledged)
            await_condition("writes", lambda: len(ledger.acknowledged) > count + 200, timeout=60)
            assert len({behind(door, password) for door in others} - {lost.name}) == 1
        finally:
            docker("unpause", container)
        cluster.await_recovered()
    for endpoint in cluster.endpoints:
        assert ledger.lost_on(endpoint) == set()
