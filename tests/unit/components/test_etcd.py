"""etcd in the whole program: one member after another, with TLS, and nothing of it where it is off."""

import json
from typing import Any

import pytest

from tests.unit.components.fake_engine import FakeEngine, RefusedError
from tests.unit.components.stacks import GUARD, GUEST, NODE, SECRET, SERVICE, SETTLED, Stacks, numbered

SEAT = "pulumi-python:dynamic/etcd:EtcdSeat"
MEMBER = "pulumi-python:dynamic/etcd:EtcdMember"
LEEWAY = "pulumi-python:dynamic/etcd:EtcdLeeway"
AUTHORITY = "pulumi-python:dynamic/pki:Authority"
CERTIFICATE = "pulumi-python:dynamic/pki:Certificate"
ON: dict[str, Any] = {"etcd.enabled": True, "servers.count": 5, "database.members": 3}


@pytest.fixture(scope="module")
def on(stacks: Stacks) -> FakeEngine:
    return stacks.deployed(ON)


def test_off_it_leaves_no_trace(stacks: Stacks) -> None:
    engine = stacks.first(3)
    assert not [
        one.name for one in engine.registered.values() if "etcd" in one.name or "authority" in one.name
    ]
    assert not [key for key in engine.outputs if "etcd" in key]


def test_one_member_after_another_each_seat_before_its_service_before_its_proof(on: FakeEngine) -> None:
    seats = numbered(on, SEAT, "etcd-#-seat")
    services = numbered(on, SERVICE, "etcd-#")
    proofs = numbered(on, MEMBER, "etcd-#-member")
    assert len(seats) == len(services) == len(proofs) == 3
    for index in range(3):
        assert seats[index].urn in on.before(services[index])
        assert services[index].urn in on.before(proofs[index])
        assert {services[index].urn, seats[index].urn} <= proofs[index].property_dependencies["triggers"]
        assert {proof.urn for proof in proofs[:index]} <= on.before(seats[index])
        placement = services[index].plain["taskSpec"]["placement"]["constraints"]
        assert placement == [f"node.labels.galera-swarm.server==db-{index + 1}"]


def test_each_is_looked_at_before_its_service_changes_and_by_what_changes_it(on: FakeEngine) -> None:
    for number, leeway in enumerate(numbered(on, LEEWAY, "etcd-#-leeway"), start=1):
        service, proof = on[SERVICE, f"etcd-{number}"], on[MEMBER, f"etcd-{number}-member"]
        assert leeway.urn in on.before(service)
        assert {on[MEMBER, f"etcd-{before}-member"].urn for before in range(1, number)} <= on.before(leeway)
        assert set(leeway.plain["triggers"]) <= set(proof.plain["triggers"])


def test_what_leaves_leaves_the_cluster_before_its_container_and_its_server(on: FakeEngine) -> None:
    """Deletion walks the same edges backwards."""
    for number in (1, 2, 3):
        before = on.before(on[MEMBER, f"etcd-{number}-member"])
        assert on[SERVICE, f"etcd-{number}"].urn in before
        assert {on[NODE, f"swarm-db-{number}"].urn, on[GUEST, f"db-{number}"].urn} <= before


def test_the_first_looks_at_every_server_before_it_begins(on: FakeEngine) -> None:
    before = on.before(on[SEAT, "etcd-1-seat"])
    assert {on[NODE, f"swarm-db-{number}"].urn for number in (1, 2, 3)} <= before


def test_ports_are_host_ports_at_fixed_addresses(on: FakeEngine) -> None:
    service, seat = on[SERVICE, "etcd-2"].plain, on[SEAT, "etcd-2-seat"].plain
    ports = service["endpointSpec"]["ports"]
    assert [(port["targetPort"], port["publishedPort"], port["publishMode"]) for port in ports] == [
        (2379, 2379, "host"),
        (2380, 2380, "host"),
    ]
    assert seat["peer_url"] == "https://10.141.0.11:2380"
    assert json.loads(seat["settings"])["advertise-client-urls"] == "https://10.141.0.11:2379"


def test_both_sides_show_a_certificate_for_their_own_addresses(on: FakeEngine) -> None:
    settings = json.loads(on[SEAT, "etcd-3-seat"].plain["settings"])
    for side in ("client-transport-security", "peer-transport-security"):
        assert settings[side]["client-cert-auth"] is True
    issued = numbered(on, CERTIFICATE, "etcd-#-certificate")
    assert [one.plain["addresses"] for one in issued] == [
        [f"10.141.0.{number}", "127.0.0.1"] for number in (10, 11, 12)
    ]
    assert {one.plain["authority_id"] for one in issued} == {
        on[AUTHORITY, "authority"].outputs["authority_id"]
    }


def test_keys_travel_as_secrets_only(on: FakeEngine) -> None:
    names = {one.name for one in on.of_type(SECRET)}
    assert {f"etcd-{number}-key" for number in (1, 2, 3)} <= names
    for one in on.of_type(SERVICE, SEAT, MEMBER):
        private = {key: value for key, value in one.plain.items() if key not in ("ssh", "peers")}
        assert "hush" not in json.dumps(private, default=str), one.name


def test_the_guard_counts_members_as_voters(stacks: Stacks, on: FakeEngine) -> None:
    assert on[GUARD, "topology"].plain["voters"] == {"etcd": ["db-1", "db-2", "db-3"]}
    assert {one.urn for one in on.of_type(MEMBER)} <= on.before(on[SETTLED, "topology-settled"])
    moved = {f"servers.overrides.db-{number}.datacenter": "dal13" for number in (1, 2)}
    with pytest.raises(RefusedError, match=r"2 of 3 etcd voters"):
        stacks.deployed(
            {**ON, "database.members": 1, **moved}, previous=stacks.deployed({**ON, "database.members": 1})
        )


def test_growth_adds_two_and_touches_no_service_that_runs(stacks: Stacks, on: FakeEngine) -> None:
    grown = stacks.deployed({**ON, "etcd.members": 5}, previous=on)
    assert len(numbered(grown, SERVICE, "etcd-#")) == 5
    for one in (*numbered(on, SERVICE, "etcd-#"), *numbered(on, SEAT, "etcd-#-seat")):
        assert grown.registered[one.urn].operation == "same", one.name


def test_a_setting_rolls_through_file_and_service(stacks: Stacks, on: FakeEngine) -> None:
    changed = stacks.deployed({**ON, "etcd.quotaMb": 512}, previous=on)
    for number in (1, 2, 3):
        for type_, name in ((SEAT, f"etcd-{number}-seat"), (SERVICE, f"etcd-{number}")):
            assert changed[type_, name].operation == "update", name


def test_a_second_deployment_changes_nothing(stacks: Stacks, on: FakeEngine) -> None:
    again = stacks.deployed(ON, previous=on)
    assert {what: how for what, how in again.operations.items() if how != "same"} == {}


def test_outputs(on: FakeEngine) -> None:
    etcd = on.outputs["etcd"]
    assert etcd["endpoints"] == [f"https://10.141.0.{number}:2379" for number in (10, 11, 12)]
    assert [member["server"] for member in etcd["members"]] == ["db-1", "db-2", "db-3"]
    assert etcd["health"] == "3 of 3 members vote"
    assert etcd["members"][0]["peerUrl"] == "https://10.141.0.10:2380"
    assert list(etcd["clientCertificates"]) == ["etcd-client"]
