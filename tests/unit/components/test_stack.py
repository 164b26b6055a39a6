"""The whole program: what has to be there before what, how it is named, what it gives out."""

from itertools import pairwise

import pytest

from components.galera import waves
from tests.unit.components.fake_engine import FakeEngine
from tests.unit.components.fake_world import World
from tests.unit.components.stacks import (
    BIRTH,
    COMMAND,
    CONFIG,
    COUNTS,
    DATABASE,
    GUARD,
    GUEST,
    IMAGE,
    INIT,
    NETWORK,
    NODE,
    PASSWORD,
    SECRET,
    SERVICE,
    SETTLED,
    SYNCED,
    USER,
    Stacks,
    numbered,
)


class TestOrder:
    """What has to be finished before what is touched."""

    @pytest.mark.parametrize("count", COUNTS)
    def test_nothing_outside_is_touched_before_the_guard_has_judged(self, stacks: Stacks, count: int) -> None:
        engine = stacks.first(count)
        guard = engine[GUARD, "topology"].urn
        free = {one.urn for one in engine.of_type(GUARD, PASSWORD)}
        outside = [one for one in engine.registered.values() if one.custom and one.urn not in free]
        assert len(engine.of_type(GUEST)) == count
        assert [one.name for one in outside if guard not in engine.before(one)] == []

    @pytest.mark.parametrize("count", COUNTS)
    def test_a_member_is_touched_only_after_the_proofs_of_all_earlier_waves(
        self, stacks: Stacks, count: int
    ) -> None:
        engine = stacks.first(count)
        services = numbered(engine, SERVICE, "galera-#")
        proofs = numbered(engine, SYNCED, "galera-#-synced")
        assert len(services) == len(proofs) == count
        for wave in waves(count):
            earlier = {proof.urn for proof in proofs[: wave.start]}
            for index in wave:
                # A restart of the engine takes the member with it: it waits its turn like a new spec.
                for restarting in (services[index], engine[COMMAND, f"db-{index + 1}-settings"]):
                    assert earlier <= engine.before(restarting), restarting.name

    @pytest.mark.parametrize("count", COUNTS)
    def test_a_proof_waits_for_everything_that_may_restart_its_member(
        self, stacks: Stacks, count: int
    ) -> None:
        engine = stacks.first(count)
        for number, proof in enumerate(numbered(engine, SYNCED, "galera-#-synced"), 1):
            service = engine[SERVICE, f"galera-{number}"]
            settings = engine[COMMAND, f"db-{number}-settings"]
            assert settings.urn in engine.before(service)
            assert {service.urn, settings.urn} <= engine.before(proof)
            assert {service.urn, settings.urn} <= proof.property_dependencies["triggers"]

    def test_members_of_one_wave_do_not_wait_for_each_other(self, stacks: Stacks) -> None:
        engine = stacks.first(5)
        third, fourth = engine[SERVICE, "galera-3"], engine[SERVICE, "galera-4"]
        theirs = {engine[SYNCED, "galera-3-synced"].urn, engine[SYNCED, "galera-4-synced"].urn}
        assert not theirs & engine.before(third)
        assert not theirs & engine.before(fourth)
        assert theirs <= engine.before(engine[SERVICE, "galera-5"])

    @pytest.mark.parametrize("count", COUNTS)
    def test_members_leave_one_at_a_time_from_the_top(self, stacks: Stacks, count: int) -> None:
        """What was made after another is deleted before it."""
        services = numbered(stacks.first(count), SERVICE, "galera-#")
        for lower, upper in pairwise(services):
            assert lower.urn in stacks.first(count).before(upper)

    @pytest.mark.parametrize("count", COUNTS)
    def test_birth_follows_the_first_member_and_no_other(self, stacks: Stacks, count: int) -> None:
        engine = stacks.first(count)
        birth = engine[BIRTH, "galera-birth"]
        services = [one.urn for one in numbered(engine, SERVICE, "galera-#")]
        assert [urn for urn in services if urn in engine.before(birth)] == services[:1]
        for urn in services[1:]:
            assert birth.urn in engine.before(engine.registered[urn])

    @pytest.mark.parametrize("count", COUNTS)
    def test_birth_looks_only_at_servers_whose_engine_runs(self, stacks: Stacks, count: int) -> None:
        engine = stacks.first(count)
        birth = engine[BIRTH, "galera-birth"]
        prepared = numbered(engine, COMMAND, "db-#-preparation")
        assert len(prepared) == len(birth.plain["ssh_of_members"]) == count
        assert [one.name for one in prepared if one.urn not in engine.before(birth)] == []

    @pytest.mark.parametrize("count", COUNTS)
    def test_what_leaves_leaves_from_the_top(self, stacks: Stacks, count: int) -> None:
        """Deletion walks the same edges backwards: service, then node, then server."""
        engine = stacks.first(count)
        for number in range(1, count + 1):
            service = engine[SERVICE, f"galera-{number}"]
            node = engine[NODE, f"swarm-db-{number}"]
            assert node.urn in engine.before(service)
            assert engine[GUEST, f"db-{number}"].urn in engine.before(node)
            assert engine[INIT, "swarm-init"].urn in engine.before(node)

    def test_every_docker_object_is_made_through_the_first_manager(self, stacks: Stacks) -> None:
        engine = stacks.first(3)
        provider = engine["pulumi:providers:docker", "docker"]
        objects = engine.of_type(SERVICE, CONFIG, SECRET, NETWORK)
        assert {one.provider for one in objects} == {provider.urn}
        assert engine[NODE, "swarm-db-1"].urn in engine.before(provider)
        assert provider.plain["host"] == "ssh://root@10.140.0.10"

    def test_a_gcache_of_another_size_reaches_the_members_and_else_they_are_as_before(
        self, stacks: Stacks
    ) -> None:
        def told(engine: FakeEngine) -> dict[str, str]:
            task = engine[SERVICE, "galera-1"].plain["taskSpec"]
            environment: dict[str, str] = task["containerSpec"]["env"]
            return environment

        before = told(stacks.first(3))
        assert "GALERA_GCACHE_MB" not in before
        after = stacks.deployed({"database.gcacheMb": 1024}, previous=stacks.first(3))
        assert told(after) == {**before, "GALERA_GCACHE_MB": "1024"}

    def test_servers_are_ordered_prepared_and_joined_beside_each_other(self, stacks: Stacks) -> None:
        engine = stacks.first(3)
        for names, type_ in (("db-#", GUEST), ("db-#-preparation", COMMAND), ("swarm-db-#", NODE)):
            ones = numbered(engine, type_, names)
            together = {one.urn for one in ones}
            assert len(together) == 3
            assert not any(together & engine.before(one) for one in ones)

    def test_no_server_waits_for_the_image_of_another(self, stacks: Stacks) -> None:
        engine = stacks.first(3)
        images = numbered(engine, COMMAND, "db-#-images")
        first = engine.before(engine[SERVICE, "galera-1"])
        assert [one.urn in first for one in images] == [True, False, False]

    def test_engines_without_a_member_are_settled_last_and_one_after_another(self, stacks: Stacks) -> None:
        engine = stacks.deployed({"servers.count": 5, "database.members": 3})
        fourth, fifth = engine[COMMAND, "db-4-settings"], engine[COMMAND, "db-5-settings"]
        assert engine[SYNCED, "galera-3-synced"].urn in engine.before(fourth)
        assert fourth.urn in engine.before(fifth)
        assert fifth.urn in engine.before(engine[SETTLED, "topology-settled"])

    def test_a_topology_is_settled_when_everything_with_a_quorum_is(self, stacks: Stacks) -> None:
        engine = stacks.first(3)
        last = engine.before(engine[SETTLED, "topology-settled"])
        assert {one.urn for one in engine.of_type(NODE, SERVICE, SYNCED, BIRTH, DATABASE, USER)} <= last


class TestPreview:
    """Before the first deployment nothing is known."""

    @pytest.mark.parametrize("count", COUNTS)
    def test_nothing_known_is_no_failure(self, stacks: Stacks, count: int) -> None:
        engine = stacks.deployed({"servers.count": count}, preview=True)
        assert set(engine.operations.values()) == {"create"}
        assert set(engine.registered) == set(stacks.first(count).registered)


class TestNames:
    """Logical names, parents and URNs are what the state is keyed by."""

    def test_names_hold_nothing_that_a_deployment_finds_out(self, stacks: Stacks) -> None:
        elsewhere = World(first_id=880_001, public_net="203.0.113", private_net="10.77.8")
        there = stacks.deployed(world=elsewhere)
        assert set(there.registered) == set(stacks.first(3).registered)

    def test_only_the_rooms_of_the_program_stand_at_the_top(self, stacks: Stacks) -> None:
        engine = stacks.first(3)
        top = {f"{one.type} {one.name}" for one in engine.registered.values() if one.parent == _stack(engine)}
        assert top == {
            f"{GUARD} topology",
            f"{SETTLED} topology-settled",
            f"{IMAGE} database-image",
            "pulumi-python:dynamic/softlayer:SshKey ssh-key",
            "pulumi:providers:docker docker",
            "galera-swarm:server:Server db-1",
            "galera-swarm:server:Server db-2",
            "galera-swarm:server:Server db-3",
            "galera-swarm:swarm:Swarm swarm",
            "galera-swarm:swarm:OverlayNetwork network",
            "galera-swarm:galera:Cluster galera",
            "galera-swarm:galera:SqlObjects sql",
        }

    def test_children_are_named_after_whom_they_belong_to(self, stacks: Stacks) -> None:
        engine = stacks.first(3)
        for one in engine.registered.values():
            parent = engine.registered.get(one.parent)
            if parent is not None and parent.type != "galera-swarm:galera:Cluster":
                assert one.name == parent.name or one.name.startswith(f"{parent.name}-"), one.urn

    def test_servers_and_members_may_have_the_same_names(self, stacks: Stacks) -> None:
        engine = stacks.deployed({"database.clusterName": "db"})
        assert engine[SERVICE, "db-1"].plain["name"] == "db-1"

    def test_protection_covers_the_servers_that_ask_for_it(self, stacks: Stacks) -> None:
        engine = stacks.deployed({"servers.overrides.db-2.protect": True})
        assert {one.name for one in engine.of_type(GUEST) if one.protect} == {"db-2"}
        assert not any(one.protect for one in engine.of_type(SERVICE, NODE, NETWORK))


class TestOutputs:
    """What a user, and the next deployment, gets from a stack (design section 1)."""

    def test_the_stack_gives_out_what_is_promised(self, stacks: Stacks) -> None:
        outputs = stacks.first(3).outputs
        assert set(outputs) == {
            "servers",
            "swarm",
            "database",
            "databaseRootPassword",
            "databaseUserPasswords",
            "access",
            "topology",
        }
        assert outputs["servers"] == [
            {
                "hostname": f"db-{number}",
                "id": 7001 + number,
                "publicIp": f"10.140.0.{9 + number}",
                "privateIp": f"10.141.0.{9 + number}",
                "datacenter": "tor01",
            }
            for number in (1, 2, 3)
        ]
        assert outputs["swarm"] == {"managers": ["db-1", "db-2", "db-3"], "workers": []}
        assert outputs["database"] == {
            "mode": "ordered",
            "version": "10.11.11-MariaDB",
            "clusterName": "galera",
            "clusterUuid": "5f0c3ad2-c6f2-11f0-9d6e-0242ac110002",
            "size": 3,
            "state": "Synced",
            "endpoints": [
                {"member": f"galera-{number}", "host": f"10.141.0.{9 + number}", "port": 3306}
                for number in (1, 2, 3)
            ],
        }

    def test_workers_are_the_servers_that_manage_nothing(self, stacks: Stacks) -> None:
        engine = stacks.deployed({"servers.count": 5, "swarm.managers": 3, "database.members": 3})
        assert engine.outputs["swarm"] == {"managers": ["db-1", "db-2", "db-3"], "workers": ["db-4", "db-5"]}
        roles = [engine[NODE, f"swarm-db-{number}"].plain["role"] for number in range(1, 6)]
        assert roles == ["manager"] * 3 + ["worker"] * 2
        assert [host.get("member") for host in engine.outputs["access"]["hosts"]] == [
            *(f"galera-{number}" for number in (1, 2, 3)),
            None,
            None,
        ]

    def test_the_next_deployment_is_told_which_topology_was_reached(self, stacks: Stacks) -> None:
        first = stacks.first(3)
        again = stacks.deployed(previous=first)
        assert again[GUARD, "topology"].plain["settled"] == first.outputs["topology"]


def _stack(engine: FakeEngine) -> str:
    return f"urn:pulumi:{engine.stack}::galera-swarm::pulumi:pulumi:Stack::galera-swarm-{engine.stack}"
