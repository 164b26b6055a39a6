"""Mode `homogeneous`: equal members that find each other through etcd, from their birth to their last change.

The tests of this module share one stack and run in order; each leaves all its members Synced.
"""

import functools
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from settings.checks.homogeneous import UNPROVEN_MODES
from settings.model.etcd import Etcd
from tests.e2e.cloud import sandbox
from tests.e2e.cluster import Cluster, Member
from tests.e2e.ledger import synced, wsrep
from tests.e2e.stack import Stack, await_condition, temporary_stack
from tests.e2e.witness import witnessed

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.timeout(3600),
    # The program refuses the mode until this module has passed once; take it out of UNPROVEN_MODES to run it.
    pytest.mark.skipif("homogeneous" in UNPROVEN_MODES, reason="this release refuses mode homogeneous"),
]

PREFIX = "/galera/galera/"
#: Seconds for all members to be Synced again after the worst; the machine may be busy.
PATIENCE = 300.0


@pytest.fixture(scope="module")
def stack(running_sandbox: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    ready = sandbox("up", "--image", Etcd().image)
    assert ready.returncode == 0, ready.stderr
    with temporary_stack(
        "homogeneous",
        tmp_path_factory.mktemp("homogeneous"),
        servers__hostnamePrefix="equal",
        network__subnet="172.16.105.0/24",
        database__mode="homogeneous",
        etcd__enabled=True,
    ) as made:
        made.up(timeout=1800)
        yield made


@pytest.fixture
def cluster(stack: Stack) -> Cluster:
    found = Cluster.of(stack.outputs())
    found.await_synced(PATIENCE)
    return found


def on_manager(cluster: Cluster, command: str) -> str:
    return cluster.on(cluster.members[0], command)


def histories(cluster: Cluster) -> set[str]:
    return {cluster.status(member)["wsrep_cluster_state_uuid"] for member in cluster.members}


def registry(cluster: Cluster) -> dict[str, str]:
    """Everything that etcd has of the cluster, without the prefix."""
    said = on_manager(
        cluster,
        "docker exec $(docker ps -q --filter label=com.docker.swarm.service.name=etcd-1)"
        f" etcdctl get --prefix {PREFIX}",
    )
    lines = said.splitlines()
    return dict(zip((key.removeprefix(PREFIX) for key in lines[::2]), lines[1::2], strict=True))


def registered(cluster: Cluster) -> dict[str, dict[str, object]]:
    nodes = {key: value for key, value in registry(cluster).items() if key.startswith("nodes/")}
    return {key.removeprefix("nodes/"): json.loads(value) for key, value in nodes.items()}


@contextmanager
def drained(cluster: Cluster, *members: Member) -> Iterator[None]:
    """Members stopped in order, one after another, by taking their servers out of the scheduler's sight."""
    try:
        for member in members:
            on_manager(cluster, f"docker node update --availability drain {member.hostname}")
            gone = functools.partial(has_ended, cluster, member)
            await_condition(f"the end of {member.name}", gone, timeout=120, every=0.3)
        yield
    finally:
        for member in members:
            on_manager(cluster, f"docker node update --availability active {member.hostname}")


def has_ended(cluster: Cluster, member: Member) -> bool:
    label = f"label=com.docker.swarm.service.name={member.service}"
    return not cluster.on(member, f"docker ps -q --filter {label}")


def test_one_service_of_equal_members(stack: Stack, cluster: Cluster) -> None:
    outputs = stack.outputs()
    assert (outputs["database"]["mode"], outputs["database"]["size"]) == ("homogeneous", 3)
    assert [member.name for member in cluster.members] == [f"galera-equal-{number}" for number in (1, 2, 3)]
    assert {member.service for member in cluster.members} == {"galera"}
    assert on_manager(cluster, "docker service ls --filter name=galera --format '{{.Replicas}}'").startswith(
        "3/3"
    )
    assert {cluster.status(member)["wsrep_cluster_state_uuid"] for member in cluster.members} == {
        cluster.uuid
    }


def test_each_member_is_in_the_register(cluster: Cluster) -> None:
    def complete() -> bool:
        seen = registered(cluster)
        return set(seen) == {one.name for one in cluster.members} and all(
            one["state"] == "Synced" and one["uuid"] == cluster.uuid for one in seen.values()
        )

    await_condition("three Synced entries", complete, timeout=30)
    assert registry(cluster)["uuid"] == cluster.uuid
    assert registry(cluster)["initialized"].startswith("birth-")
    await_condition("the end of the claim", lambda: "bootstrap" not in registry(cluster), timeout=20)


def test_nothing_changes_by_looking_again(stack: Stack) -> None:
    assert stack.changes() == {}
    stack.run("refresh", "--yes", "--skip-preview")
    assert stack.changes() == {}


def test_one_member_killed(cluster: Cluster) -> None:
    with witnessed(cluster) as witness:
        cluster.kill(cluster.members[1])
        cluster.await_fallen()
        cluster.await_synced(PATIENCE)
    assert witness.rows


def test_all_members_killed(cluster: Cluster) -> None:
    with witnessed(cluster) as witness:
        cluster.kill(*cluster.members)
        cluster.await_fallen()
        cluster.await_synced(PATIENCE)
    assert {cluster.status(member)["wsrep_cluster_state_uuid"] for member in cluster.members} == {
        cluster.uuid
    }
    assert witness.rows


def test_all_members_stopped_in_order_and_started_again(cluster: Cluster) -> None:
    with witnessed(cluster), drained(cluster, *reversed(cluster.members)):
        pass
    cluster.await_synced(PATIENCE)
    assert cluster.status(cluster.members[0])["wsrep_cluster_state_uuid"] == cluster.uuid


def test_two_wiped_volumes_and_a_missing_member_are_no_birth(cluster: Cluster) -> None:
    keeper, *others = cluster.members
    with drained(cluster, keeper):
        with drained(cluster, *others):
            for member in others:
                cluster.wipe(member)
        for member in others:
            refusal = functools.partial(says, cluster, member, "it has no data and nobody is Primary")
            await_condition(f"the refusal of {member.name}", refusal, timeout=120)
            assert not cluster.has_data(member)
    cluster.await_synced(PATIENCE)
    assert cluster.status(keeper)["wsrep_cluster_state_uuid"] == cluster.uuid


def test_without_etcd_nobody_bootstraps(cluster: Cluster) -> None:
    stores = "etcd-1={0} etcd-2={0} etcd-3={0}"
    on_manager(cluster, f"docker service scale --detach {stores.format(0)}")
    try:
        cluster.kill(cluster.members[2])
        cluster.await_fallen()
        cluster.await_synced(PATIENCE)  # a Primary is joined all the same
        cluster.kill(*cluster.members)
        cluster.await_fallen()
        words = "etcd does not answer"
        spoken = functools.partial(says, cluster, cluster.members[0], words)
        await_condition("the refusal", spoken, timeout=120)
        assert not cluster.synced()
    finally:
        on_manager(cluster, f"docker service scale --detach {stores.format(1)}")
    cluster.await_synced(PATIENCE)


def says(cluster: Cluster, member: Member, words: str) -> bool:
    return words in cluster.evidence(member, 30)


def test_an_entry_goes_with_its_member(cluster: Cluster) -> None:
    last = cluster.members[-1]
    cluster.on(last, "kill -9 $(pidof mariadbd)")
    with drained(cluster, last):
        await_condition(
            "the end of the entry", lambda: last.name not in registered(cluster), timeout=30, every=0.5
        )
    cluster.await_synced(PATIENCE)


def test_a_change_rolls_one_member_at_a_time(stack: Stack, cluster: Cluster) -> None:
    stack.set("database.myCnf", "[mariadb]\nslow_query_log_file = rolled.log\n")
    sizes: set[str] = set()
    with witnessed(cluster) as witness:
        run = stack.start("up", "--yes", "--skip-preview")

        def over() -> bool:
            for member in cluster.members:
                sizes.add(cluster.status(member).get("wsrep_cluster_size", ""))
            return run.process.poll() is not None

        await_condition("the end of the change", over, timeout=1200, every=0.2)
    assert run.process.returncode == 0, "\n".join(run.lines)
    assert sizes - {""} <= {"2", "3"}
    for member in cluster.members:
        assert cluster.ask(member, "SELECT @@slow_query_log_file") == [("rolled.log",)]
    assert witness.rows


def test_a_second_service_of_the_same_cluster(stack: Stack, cluster: Cluster) -> None:
    stack.set("database.groups", [{"name": "scale", "servers": ["equal-2", "equal-3"], "port": 3307}])
    with witnessed(cluster) as witness:
        stack.up(timeout=1200)
    grown = Cluster.of(stack.outputs())
    assert [(one.name, one.endpoint.port) for one in grown.members[3:]] == [
        ("galera-scale-equal-2", 3307),
        ("galera-scale-equal-3", 3307),
    ]
    assert synced(grown.endpoints, grown.password)
    assert grown.status(grown.members[4])["wsrep_cluster_state_uuid"] == cluster.uuid
    assert stack.changes() == {}
    assert witness.rows


def test_members_leave_one_by_one_from_the_top(stack: Stack, cluster: Cluster) -> None:
    stack.set("database.groups", [])
    stack.set("database.members", 2)
    staying = cluster.members[:2]
    sizes: list[str] = []
    run = stack.start("up", "--yes", "--skip-preview")

    def over() -> bool:
        said = wsrep(staying[0].endpoint, cluster.password)
        size, component = said.get("wsrep_cluster_size", ""), said.get("wsrep_cluster_status", "")
        assert component in ("Primary", ""), said
        if size and sizes[-1:] != [size]:
            sizes.append(size)
        return run.process.poll() is not None

    await_condition("the end of the change", over, timeout=1200, every=0.1)
    assert run.process.returncode == 0, "\n".join(run.lines)
    assert sizes == ["5", "4", "3", "2"]
    assert synced([one.endpoint for one in staying], cluster.password)
    stack.set("database.members", 3)
    stack.up(timeout=1200)
    Cluster.of(stack.outputs()).await_synced(PATIENCE)


def test_members_without_volumes(stack: Stack, cluster: Cluster) -> None:
    stack.set("database.storage", "ephemeral")
    with witnessed(cluster) as witness:
        stack.up(timeout=1200)
    cluster.await_synced(PATIENCE)
    last = cluster.members[-1]
    cluster.kill(last)
    cluster.await_fallen()
    cluster.await_synced(PATIENCE)
    assert "volume" not in on_manager(
        cluster, "docker service inspect galera -f '{{.Spec.TaskTemplate.ContainerSpec.Mounts}}'"
    )
    assert witness.rows


def test_one_member_alone_needs_no_etcd(running_sandbox: None, tmp_path: Path) -> None:
    with temporary_stack(
        "single",
        tmp_path,
        servers__hostnamePrefix="single",
        servers__count=1,
        network__subnet="172.16.106.0/24",
        database__mode="homogeneous",
    ) as made:
        made.up(timeout=1200)
        alone = Cluster.of(made.outputs())
        assert alone.synced()
        with witnessed(alone):
            alone.kill(*alone.members)
            alone.await_fallen()
            alone.await_synced(PATIENCE)
        assert alone.status(alone.members[0])["wsrep_cluster_state_uuid"] == alone.uuid
