"""Mode `homogeneous`: equal members that find each other through etcd, from their birth to their last change.

The tests of this module share one stack and run in order; each leaves all its members Synced.
"""

import functools
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from settings.model.consul import Consul
from settings.model.etcd import Etcd
from tests.e2e.cloud import bring_images
from tests.e2e.cluster import Cluster, Member
from tests.e2e.ledger import synced
from tests.e2e.promotion import frozen, promoted_while_two_are_frozen
from tests.e2e.services.agents import DB, names
from tests.e2e.stack import Stack, await_condition, temporary_stack
from tests.e2e.witness import witnessed

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.long,
    pytest.mark.timeout(3600),
]

PREFIX = "/galera/galera/"
#: Seconds for all members to be Synced again after the worst; the machine may be busy.
PATIENCE = 300.0


@pytest.fixture(scope="module")
def stack(running_sandbox: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    bring_images(Etcd().image)
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
def stopped(cluster: Cluster, *members: Member) -> Iterator[None]:
    """Members stopped in order, one after another; etcd runs on."""
    try:
        for member in members:
            cluster.stop(member)
        yield
    finally:
        cluster.start(*members)


def all_registered(cluster: Cluster) -> bool:
    seen = registered(cluster)
    return set(seen) == {one.name for one in cluster.members} and all(
        (one["state"], one["uuid"]) == ("Synced", cluster.uuid) for one in seen.values()
    )


def says(cluster: Cluster, member: Member, words: str) -> bool:
    return words in cluster.evidence(member, 30)


def sizes_seen_during_up(stack: Stack, cluster: Cluster) -> set[str]:
    """Run `up` to its end, asking the members all the while how many they are; whoever answers is Primary."""
    sizes: set[str] = set()
    run = stack.start("up", "--yes", "--skip-preview")

    def over() -> bool:
        for member in cluster.members:
            said = cluster.status(member)
            if said.get("wsrep_cluster_status") == "Primary":
                sizes.add(said["wsrep_cluster_size"])
        return run.process.poll() is not None

    await_condition("the end of the change", over, timeout=1800, every=0.1)
    assert run.process.returncode == 0, "\n".join(run.lines)
    return sizes


def test_equal_members_are_born_and_registered(stack: Stack, cluster: Cluster) -> None:
    outputs = stack.outputs()
    assert (outputs["database"]["mode"], outputs["database"]["size"]) == ("homogeneous", 3)
    assert [member.name for member in cluster.members] == [f"galera-equal-{number}" for number in (1, 2, 3)]
    assert {member.service for member in cluster.members} == {"galera"}
    replicas = on_manager(cluster, "docker service ls --filter name=galera --format '{{.Replicas}}'")
    assert replicas.startswith("3/3")
    assert histories(cluster) == {cluster.uuid}
    await_condition("three Synced entries", lambda: all_registered(cluster), timeout=30)
    assert registry(cluster)["uuid"] == cluster.uuid
    assert registry(cluster)["initialized"].startswith("birth-")
    await_condition("the end of the claim", lambda: "bootstrap" not in registry(cluster), timeout=20)
    stack.run("refresh", "--yes", "--skip-preview")
    assert stack.changes() == {}


def test_one_member_killed_then_all(cluster: Cluster) -> None:
    with witnessed(cluster) as witness:
        cluster.kill(cluster.members[1])
        cluster.await_fallen()
        one = cluster.await_synced(PATIENCE)
        cluster.kill(*cluster.members)
        cluster.await_fallen()
        whole = cluster.await_synced(PATIENCE)
    assert histories(cluster) == {cluster.uuid}
    pause = witness.longest_pause_seconds
    print(f"one killed: {one:.1f} s to all Synced; all: {whole:.1f} s, {pause:.1f} s without a write")


def test_a_frozen_server_loses_its_entry_and_comes_back(cluster: Cluster) -> None:
    *_, last = cluster.members
    with witnessed(cluster) as witness:
        with frozen([last]):
            gone = await_condition(
                "the end of the entry", lambda: last.name not in registered(cluster), timeout=40
            )
            witness.await_writes()
        back = cluster.await_recovered(PATIENCE)
    await_condition("its entry", lambda: all_registered(cluster), timeout=30)
    print(f"frozen: its entry ended after {gone:.1f} s; thawed: {back:.1f} s to all Synced")


def test_two_wiped_volumes_and_a_missing_member_are_no_birth(cluster: Cluster) -> None:
    """All are stopped in order for it, the one that keeps its data last."""
    keeper, *others = cluster.members
    with witnessed(cluster, [keeper.endpoint]):
        with stopped(cluster, *others, keeper):
            await_condition("an empty register", lambda: registered(cluster) == {}, timeout=20)
            for member in others:
                cluster.wipe(member)
            cluster.start(*others)
            for member in others:
                refusal = functools.partial(says, cluster, member, "it has no data and nobody is Primary")
                await_condition(f"the refusal of {member.name}", refusal, timeout=120)
                assert not cluster.has_data(member)
        cluster.await_synced(PATIENCE)
    assert histories(cluster) == {cluster.uuid}


def test_without_etcd_members_join_and_none_bootstraps(cluster: Cluster) -> None:
    stores = "etcd-1={0} etcd-2={0} etcd-3={0}"
    with witnessed(cluster):
        on_manager(cluster, f"docker service scale --detach {stores.format(0)}")
        try:
            cluster.kill(cluster.members[2])
            cluster.await_fallen()
            cluster.await_synced(PATIENCE)  # a Primary is joined all the same
            cluster.kill(*cluster.members)
            cluster.await_fallen()
            for member in cluster.members:
                refusal = functools.partial(says, cluster, member, "etcd does not answer")
                await_condition(f"the refusal of {member.name}", refusal, timeout=120)
            assert not any(cluster.status(one).get("wsrep_cluster_status") for one in cluster.members)
        finally:
            on_manager(cluster, f"docker service scale --detach {stores.format(1)}")
        back = cluster.await_synced(PATIENCE)
    assert histories(cluster) == {cluster.uuid}
    print(f"etcd back: {back:.1f} s to all Synced")


def test_a_member_is_promoted_while_two_of_three_servers_are_frozen(stack: Stack, cluster: Cluster) -> None:
    took = promoted_while_two_are_frozen(stack, cluster)
    print(f"promoted in {took:.1f} s")


def test_a_replaced_server_carries_a_member_again(stack: Stack, cluster: Cluster) -> None:
    first, replaced, last = cluster.members
    before = [server["id"] for server in stack.outputs()["servers"]]
    stack.set("servers.overrides", {replaced.hostname: {"datacenter": "dal13"}})
    staying = Cluster(members=[first, last], password=cluster.password, uuid=cluster.uuid)
    with witnessed(staying) as witness:
        stack.up(timeout=1800)
    print(f"server replaced: {witness.longest_pause_seconds:.1f} s without a write")
    ids = [server["id"] for server in stack.outputs()["servers"]]
    assert [old != new for old, new in zip(before, ids, strict=True)] == [False, True, False]
    now = Cluster.of(stack.outputs())
    assert [one.name for one in now.members] == [one.name for one in cluster.members]
    assert synced(now.endpoints, now.password)
    assert histories(now) == {cluster.uuid}
    for member in now.members:
        assert witness.ledger.lost_on(member.endpoint) == set()
    await_condition("three Synced entries", lambda: all_registered(now), timeout=30)
    assert stack.changes() == {}


def test_three_members_become_five_with_two_more_servers(stack: Stack, cluster: Cluster) -> None:
    stack.set("servers.count", 5)
    with witnessed(cluster) as witness:
        sizes = sizes_seen_during_up(stack, cluster)
    assert sizes == {"3", "4", "5"}, "whoever joins takes nobody away"
    grown = Cluster.of(stack.outputs())
    assert synced(grown.endpoints, grown.password)
    assert histories(grown) == {cluster.uuid}
    for member in grown.members:
        assert witness.ledger.lost_on(member.endpoint) == set()
    assert stack.changes() == {}


def test_five_become_seven_by_a_second_service_while_a_change_rolls(stack: Stack, cluster: Cluster) -> None:
    stack.set("database.groups", [{"name": "scale", "servers": ["equal-2", "equal-3"], "port": 3307}])
    stack.set("database.myCnf", "[mariadb]\nslow_query_log_file = rolled.log\n")
    with witnessed(cluster) as witness:
        sizes = sizes_seen_during_up(stack, cluster)
    assert sizes <= {"4", "5", "6", "7"}, "one at a time is away"
    grown = Cluster.of(stack.outputs())
    assert [one.name for one in grown.members[:5]] == [f"galera-equal-{number}" for number in range(1, 6)]
    assert [(one.name, one.endpoint.port) for one in grown.members[5:]] == [
        ("galera-scale-equal-2", 3307),
        ("galera-scale-equal-3", 3307),
    ]
    assert synced(grown.endpoints, grown.password)
    assert histories(grown) == {cluster.uuid}
    for member in grown.members:
        assert grown.ask(member, "SELECT @@slow_query_log_file") == [("rolled.log",)]
        assert witness.ledger.lost_on(member.endpoint) == set()
    assert "galera-scale-data" in cluster.on(cluster.members[1], "docker volume ls -q").split()
    assert stack.changes() == {}


def test_members_and_servers_leave_one_by_one_from_the_top(stack: Stack, cluster: Cluster) -> None:
    stack.set("database.groups", [])
    stack.set("servers.count", 3)
    staying = Cluster(members=cluster.members[:3], password=cluster.password, uuid=cluster.uuid)
    with witnessed(staying):
        assert sizes_seen_during_up(stack, staying) == {"7", "6", "5", "4", "3"}
        staying.await_synced(PATIENCE)
    assert set(registered(staying)) == {one.name for one in staying.members}
    assert stack.changes() == {}


def test_one_service_grows_to_seven_members_and_back(stack: Stack, cluster: Cluster) -> None:
    stack.set("servers.count", 7)
    with witnessed(cluster):
        assert sizes_seen_during_up(stack, cluster) == {"3", "4", "5", "6", "7"}
        Cluster.of(stack.outputs()).await_synced(PATIENCE)
    with witnessed(cluster):
        for count, sizes in ((5, {"7", "6", "5"}), (3, {"5", "4", "3"})):
            stack.set("servers.count", count)
            assert sizes_seen_during_up(stack, cluster) == sizes
        cluster.await_synced(PATIENCE)
    assert stack.changes() == {}


def test_consul_names_equal_members_that_are_synced(stack: Stack, cluster: Cluster) -> None:
    """Its health check is asked on the server's own port, so the service is rolled once."""
    bring_images(Consul().image, timeout=2700)
    stack.set("consul.enabled", True)
    with witnessed(cluster):
        stack.up(timeout=1800)
        cluster.await_synced(PATIENCE)
    everyone = {one.endpoint.host for one in cluster.members}
    asked = sorted(everyone)[0]
    await_condition("every name", lambda: names(asked, DB) == everyone, timeout=120)
    *others, last = cluster.members
    with witnessed(cluster):
        with stopped(cluster, last):
            rest = {one.endpoint.host for one in others}
            await_condition("its leaving", lambda: names(asked, DB) == rest, timeout=120)
        cluster.await_synced(PATIENCE)
    await_condition("its return", lambda: names(asked, DB) == everyone, timeout=PATIENCE)
    assert stack.changes() == {}
    stack.set("consul.enabled", False)
    stack.up(timeout=1800)
    cluster.await_synced(PATIENCE)


def test_members_without_volumes(stack: Stack, cluster: Cluster) -> None:
    stack.set("database.storage", "ephemeral")
    with witnessed(cluster):
        stack.up(timeout=1200)
        cluster.await_synced(PATIENCE)
        cluster.kill(cluster.members[-1])
        cluster.await_fallen()
        cluster.await_synced(PATIENCE)
    mounts = "docker service inspect galera -f '{{.Spec.TaskTemplate.ContainerSpec.Mounts}}'"
    assert "volume" not in on_manager(cluster, mounts)


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
