"""Load balancers before members in mode `homogeneous`, which the swarm itself changes one after another."""

from collections.abc import Iterator
from typing import Any

import pytest

from settings.model.etcd import Etcd
from settings.model.load_balancer import LoadBalancer
from tests.e2e.cloud import bring_images
from tests.e2e.cluster import Cluster
from tests.e2e.doors import doors, lose_the_writer, tell, writers
from tests.e2e.ledger import Ledger, ask
from tests.e2e.stack import Stack, await_condition, temporary_stack

pytestmark = [pytest.mark.e2e, pytest.mark.long, pytest.mark.timeout(2400)]

_WHO = "SELECT @@wsrep_node_name"


@pytest.fixture(scope="module")
def stack(running_sandbox: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    bring_images(Etcd().image, LoadBalancer().image)
    with temporary_stack(
        "equal-front",
        tmp_path_factory.mktemp("equal-front"),
        servers__hostnamePrefix="equal",
        network__subnet="172.16.107.0/24",
        database__mode="homogeneous",
        etcd__enabled=True,
        loadBalancer__enabled=True,
    ) as made:
        made.up(timeout=1800)
        yield made


@pytest.fixture
def outputs(stack: Stack) -> dict[str, Any]:
    return stack.outputs()


def test_the_writes_go_to_one_member_and_the_reads_to_all(stack: Stack, outputs: dict[str, Any]) -> None:
    await_condition("one writer", lambda: len(writers(outputs)) == 1, timeout=60)
    names = {member.name for member in Cluster.of(outputs).members}
    asked = [ask(doors(outputs, "reader")[0], outputs["databaseRootPassword"], _WHO) for _ in range(9)]
    assert {str(rows[0][0]) for rows in asked} == names
    assert stack.changes() == {}


def test_a_killed_writer_is_followed_by_the_next_oldest(outputs: dict[str, Any]) -> None:
    lose_the_writer(outputs)


def test_a_change_that_the_swarm_rolls_refuses_no_write(stack: Stack, outputs: dict[str, Any]) -> None:
    cluster, password = Cluster.of(outputs), outputs["databaseRootPassword"]
    stack.set("database.myCnf", "[mariadb]\nslow_query_log_file = rolled.log\n")
    with Ledger(doors(outputs, "writer"), password, name="rolled", pings=True) as ledger:
        await_condition("a hundred rows", lambda: len(ledger.acknowledged) >= 100, timeout=60)
        stack.up(timeout=1200)
    tell("rolled by the swarm", ledger)
    assert ledger.refusals == []
    assert cluster.synced()
    for endpoint in cluster.endpoints:
        assert ask(endpoint, password, "SELECT @@slow_query_log_file") == [("rolled.log",)]
        assert ledger.lost_on(endpoint) == set()
