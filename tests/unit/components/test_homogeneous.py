"""A homogeneous cluster: who is seated after whom, what the one service is given, and what goes first."""

from typing import Any

from tests.unit.components.fake_engine import FakeEngine
from tests.unit.components.stacks import (
    BIRTH,
    COMMAND,
    CONFIG,
    GUARD,
    SECRET,
    SERVICE,
    SYNCED,
    Stacks,
    touched,
)

SEAT = "pulumi-python:dynamic/galera:MemberSeat"
ETCD = "pulumi-python:dynamic/etcd:EtcdMember"

TASKS = "pulumi-python:dynamic/swarm:TaskCount"
EQUAL: dict[str, Any] = {"database.mode": "homogeneous", "etcd.enabled": True}
GROUP = {"name": "scale", "servers": ["db-2", "db-3"], "port": 3307}


def environment(engine: FakeEngine, service: str) -> dict[str, str]:
    return dict(engine[SERVICE, service].plain["taskSpec"]["containerSpec"]["env"])


class TestOneService:
    """The spec, which nothing tells how many members there are."""

    def test_one_service_with_a_seat_and_a_proof_for_each_member(self, stacks: Stacks) -> None:
        engine = stacks.deployed(EQUAL)
        names = [one.name for one in engine.of_type(SERVICE) if one.name.startswith("galera")]
        assert names == ["galera"]
        assert [one.name for one in engine.of_type(SEAT)] == [f"galera-db-{n}-seat" for n in (1, 2, 3)]
        proofs = [one.name for one in engine.of_type(SYNCED) if one.name.endswith("-synced")]
        assert proofs == [f"galera-db-{number}-synced" for number in (1, 2, 3)]

    def test_members_are_named_by_the_swarm(self, stacks: Stacks) -> None:
        engine = stacks.deployed(EQUAL)
        env = environment(engine, "galera")
        assert env["GALERA_MEMBER"] == "{{.Service.Name}}-{{.Node.Hostname}}"
        assert env["GALERA_ETCD"] == "etcd-1:2379,etcd-2:2379,etcd-3:2379"
        placement = engine[SERVICE, "galera"].plain["taskSpec"]["placement"]
        assert placement["constraints"] == ["node.labels.galera-swarm.seat.galera==yes"]
        assert placement["maxReplicas"] == 1

    def test_growth_and_shrinking_leave_the_service_and_who_stays_as_they_are(self, stacks: Stacks) -> None:
        def members(count: int) -> dict[str, Any]:
            return {**EQUAL, "database.members": count, "servers.count": 7}

        def seats(engine: FakeEngine) -> dict[str, str]:
            assert f"{SERVICE} galera" not in touched(engine)
            return {what.split(" ")[1]: how for what, how in touched(engine).items() if SEAT in what}

        three = stacks.deployed(members(3))
        seven = stacks.deployed(members(7), previous=three)
        assert seats(seven) == {f"galera-db-{number}-seat": "create" for number in (4, 5, 6, 7)}
        back = stacks.deployed(members(3), previous=seven)
        assert seats(back) == {f"galera-db-{number}-seat": "delete" for number in (4, 5, 6, 7)}
        for number in (5, 6, 7):
            ahead = seven[SEAT, f"galera-db-{number - 1}-seat"]
            assert ahead.urn in seven.before(seven[SEAT, f"galera-db-{number}-seat"]), "leaves before it"

    def test_the_key_to_etcd_is_a_secret_and_its_authority_is_not(self, stacks: Stacks) -> None:
        engine = stacks.deployed(EQUAL)
        assert engine[SECRET, "galera-etcd-key"]
        assert engine[CONFIG, "galera-etcd-authority"]

    def test_alone_it_knows_nothing_of_etcd(self, stacks: Stacks) -> None:
        engine = stacks.deployed({"database.mode": "homogeneous", "database.members": 1})
        assert "GALERA_ETCD" not in environment(engine, "galera")
        assert not engine.of_type(ETCD)

    def test_alone_it_grows_when_etcd_is_turned_on(self, stacks: Stacks) -> None:
        """Its service is told of etcd, once that is there; its birth, seat and volume stay what they were."""
        alone = {"database.mode": "homogeneous", "database.members": 1}
        before = stacks.deployed(alone)
        grown = stacks.deployed({**EQUAL, "database.members": 3}, previous=before)
        what = touched(grown)
        assert what[f"{SERVICE} galera"] == "update"
        assert {one.urn for one in grown.of_type(ETCD)} <= grown.before(grown[SERVICE, "galera"])
        assert {name: how for name, how in what.items() if SEAT in name} == {
            f"{SEAT} galera-db-{number}-seat": "create" for number in (2, 3)
        }
        assert f"{BIRTH} galera-birth" not in what
        then, now = (one[SERVICE, "galera"].plain["taskSpec"]["containerSpec"] for one in (before, grown))
        assert then["mounts"] == now["mounts"]

    def test_ephemeral_members_have_no_volume(self, stacks: Stacks) -> None:
        engine = stacks.deployed({**EQUAL, "database.storage": "ephemeral"})
        assert not engine[SERVICE, "galera"].plain["taskSpec"]["containerSpec"].get("mounts")
        members = engine[BIRTH, "galera-birth"].plain["ssh_of_members"]
        assert [(one["volume"], one["service"]) for one in members] == [("", "galera")] * 3


class TestOrder:
    """What waits for what."""

    def test_etcd_is_there_before_the_members(self, stacks: Stacks) -> None:
        engine = stacks.deployed(EQUAL)
        before = engine.before(engine[SERVICE, "galera"])
        assert {one.urn for one in engine.of_type(ETCD)} <= before

    def test_etcd_may_be_on_a_server_that_carries_no_member(self, stacks: Stacks) -> None:
        """Its engine's settings come after the members, which come after etcd."""
        engine = stacks.deployed({**EQUAL, "database.members": 2})
        assert {one.urn for one in engine.of_type(ETCD)} <= engine.before(engine[SERVICE, "galera"])
        rest = engine.before(engine[COMMAND, "db-3-settings"])
        assert engine[SYNCED, "galera-db-2-synced"].urn in rest

    def test_a_seat_waits_for_the_proofs_of_earlier_waves_and_the_seat_before(self, stacks: Stacks) -> None:
        engine = stacks.deployed({**EQUAL, "servers.count": 5})
        seats = [engine[SEAT, f"galera-db-{number}-seat"] for number in range(1, 6)]
        proofs = [engine[SYNCED, f"galera-db-{number}-synced"].urn for number in range(1, 6)]
        for number, earlier in ((1, 1), (2, 2), (3, 2), (4, 4)):
            before = engine.before(seats[number])
            assert seats[number - 1].urn in before
            assert [urn for urn in proofs if urn in before] == proofs[:earlier]

    def test_birth_follows_the_first_seat_alone(self, stacks: Stacks) -> None:
        engine = stacks.deployed(EQUAL)
        before = engine.before(engine[BIRTH, "galera-birth"])
        assert [one.name for one in engine.of_type(SEAT) if one.urn in before] == ["galera-db-1-seat"]

    def test_engines_change_one_after_another_each_seen_steady(self, stacks: Stacks) -> None:
        engine = stacks.deployed(EQUAL)
        for number in (2, 3):
            before = engine.before(engine[COMMAND, f"db-{number}-settings"])
            assert engine[SYNCED, f"galera-db-{number - 1}-steady"].urn in before
        assert engine[SYNCED, "galera-db-3-steady"].urn in engine.before(engine[SERVICE, "galera"])

    def test_a_changed_spec_is_waited_for_on_every_seat(self, stacks: Stacks) -> None:
        before = stacks.deployed(EQUAL)
        changed = {**EQUAL, "database.myCnf": "[mariadb]\nlong_query_time = 5\n"}
        what = touched(stacks.deployed(changed, previous=before))
        assert what[f"{SERVICE} galera"] == "update"
        for number in (1, 2, 3):
            assert what[f"{SYNCED} galera-db-{number}-synced"] == "update"
        assert not [one for one in what if SEAT in one]

    def test_a_change_of_the_service_is_given_the_number_of_tasks_there_are(self, stacks: Stacks) -> None:
        """Seats change it past the engine, which remembers the number of the first start."""
        before = stacks.deployed(EQUAL)
        counted = before[TASKS, "galera-tasks"]
        service = before[SERVICE, "galera"]
        assert counted.urn in service.property_dependencies["mode"]
        assert not [key for key in service.ignore_changes if "mode" in key]
        changed = {**EQUAL, "database.myCnf": "[mariadb]\nlong_query_time = 5\n"}
        assert touched(stacks.deployed(changed, previous=before))[f"{TASKS} galera-tasks"] == "update"
        grown = stacks.deployed({**EQUAL, "servers.count": 5}, previous=before)
        assert grown.operations[f"{TASKS} galera-tasks"] == "same"


class TestGroups:
    """A second service of the same cluster."""

    def test_it_comes_last_with_its_own_port_and_volume(self, stacks: Stacks) -> None:
        engine = stacks.deployed({**EQUAL, "database.groups": [GROUP]})
        service = engine[SERVICE, "galera-scale"]
        assert service.plain["endpointSpec"]["ports"][0]["publishedPort"] == 3307
        (mount,) = service.plain["taskSpec"]["containerSpec"]["mounts"]
        assert mount["source"] == "galera-scale-data"
        assert environment(engine, "galera-scale")["GALERA_CLUSTER_NAME"] == "galera"
        assert engine[SYNCED, "galera-db-2-synced"].urn in engine.before(service)
        members = engine[GUARD, "topology"].plain["members"]
        assert members == ["db-1", "db-2", "db-3", "db-2", "db-3"]
