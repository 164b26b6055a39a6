"""Consul in the whole program: what has to be there before what, and what a change touches."""

import copy
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pytest

from tests.unit.components.fake_engine import FakeEngine
from tests.unit.components.fake_plan import RefusedError
from tests.unit.components.fake_world import World
from tests.unit.components.stacks import (
    COMMAND,
    GUARD,
    NODE,
    SERVICE,
    SETTLED,
    SYNCED,
    Stacks,
    numbered,
    touched,
)

SEAT = "pulumi-python:dynamic/consul:AgentSeat"
LEEWAY = "pulumi-python:dynamic/consul:ServerLeeway"
WORKING_AGENT = "pulumi-python:dynamic/consul:WorkingAgent"
ACL = "pulumi-python:dynamic/consul:AclSystem"
RESOLVER = "pulumi-python:dynamic/consul:ServerResolver"
WORKING = "pulumi-python:dynamic/consul:WorkingConsul"

ON = {"consul.enabled": True}


@dataclass(frozen=True, kw_only=True)
class OtherSeats(World):
    """A seat that is made now has another id than the one before."""

    def made(self, type_: str, name: str, inputs: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
        id_, found = super().made(type_, name, inputs)
        return (f"{id_}-anew" if type_ == SEAT else id_), found


def without(engine: FakeEngine, what: str) -> FakeEngine:
    """The same stack after a refresh that found this one gone."""
    left = copy.copy(engine)
    left.registered = {urn: one for urn, one in engine.registered.items() if f"{one.type} {one.name}" != what}
    assert len(left.registered) == len(engine.registered) - 1
    return left


@pytest.fixture(scope="module")
def three(stacks: Stacks) -> FakeEngine:
    return stacks.deployed(ON)


@pytest.fixture(scope="module")
def five(stacks: Stacks) -> FakeEngine:
    return stacks.deployed({**ON, "servers.count": 5})


def test_off_there_is_nothing_of_it_and_no_authority(stacks: Stacks) -> None:
    assert [one.name for one in stacks.first(3).registered.values() if "consul" in one.name] == []
    assert stacks.first(3).of_type("galera-swarm:pki:CertificateAuthority") == []


def test_switched_on_it_changes_of_the_rest_only_what_tells_the_health(
    stacks: Stacks, three: FakeEngine
) -> None:
    for service in stacks.first(3).of_type(SERVICE):
        before, after = service.plain, three[SERVICE, service.name].plain
        changed = {key for key in after if after[key] != before[key]}
        assert changed == {"endpointSpec"}
        ports = [port["publishedPort"] for port in after["endpointSpec"]["ports"]]
        assert ports == [3306, 9200]


def test_each_server_is_touched_only_after_the_proof_of_the_one_before(stacks: Stacks) -> None:
    engine = stacks.deployed({**ON, "servers.count": 5, "consul.servers": 5})
    services = numbered(engine, SERVICE, "consul-#")
    proofs = numbered(engine, WORKING_AGENT, "consul-#-working")
    assert len(services) == len(proofs) == 5
    for index, service in enumerate(services):
        assert {proof.urn for proof in proofs[:index]} <= engine.before(service)
        assert service.urn in engine.before(proofs[index])


def test_each_that_votes_is_looked_at_before_its_service_changes(five: FakeEngine) -> None:
    leeways = numbered(five, LEEWAY, "consul-#-leeway")
    assert len(leeways) == 3
    for number, leeway in enumerate(leeways, start=1):
        proof = five[WORKING_AGENT, f"consul-{number}-working"]
        assert leeway.urn in five.before(five[SERVICE, f"consul-{number}"])
        assert set(leeway.plain["triggers"]) <= set(proof.plain["triggers"])
        assert leeway.plain["servers"] == ["db-1", "db-2", "db-3"]
        previous = {five[WORKING_AGENT, f"consul-{before}-working"].urn for before in range(1, number)}
        assert previous <= five.before(leeway)


def test_clients_wait_for_the_acl_system_and_not_for_each_other(five: FakeEngine) -> None:
    acl = five[ACL, "consul-acl"].urn
    fourth, fifth = five[SERVICE, "consul-4"], five[SERVICE, "consul-5"]
    assert acl in five.before(fourth)
    assert acl not in five.before(five[SERVICE, "consul-3"])
    assert five[WORKING_AGENT, "consul-4-working"].urn not in five.before(fifth)


def test_the_acl_system_is_set_up_when_the_first_three_servers_are_there(five: FakeEngine) -> None:
    proofs = {five[WORKING_AGENT, f"consul-{number}-working"].urn for number in (1, 2, 3)}
    assert proofs <= five.before(five[ACL, "consul-acl"])


def test_an_agent_leaves_before_its_service_and_its_volume_goes_after_it(three: FakeEngine) -> None:
    """Deletion walks the same edges backwards."""
    for number in (1, 2, 3):
        seat, service = three[SEAT, f"consul-{number}-seat"], three[SERVICE, f"consul-{number}"]
        assert service.urn in three.before(three[WORKING_AGENT, f"consul-{number}-working"])
        assert seat.urn in three.before(service)
        assert three[NODE, f"swarm-db-{number}"].urn in three.before(seat)


def test_a_server_asks_its_agent_only_when_consul_and_all_members_are_seen(three: FakeEngine) -> None:
    working = three[WORKING, "consul-working"]
    assert {one.urn for one in three.of_type(SYNCED, WORKING_AGENT, ACL)} <= three.before(working)
    assert len(three.of_type(RESOLVER)) == 3
    for resolver in three.of_type(RESOLVER):
        assert working.urn in three.before(resolver)


def test_the_topology_is_settled_with_its_voters(three: FakeEngine) -> None:
    assert three[WORKING, "consul-working"].urn in three.before(three[SETTLED, "topology-settled"])
    assert three[GUARD, "topology"].plain["voters"] == {"consul": ["db-1", "db-2", "db-3"]}


def test_what_its_certificates_name_cannot_be_changed_while_it_runs(
    stacks: Stacks, three: FakeEngine
) -> None:
    other = {**ON, "consul.datacenter": "dc2", "consul.domain": "sd"}
    with pytest.raises(RefusedError, match=r"consul\.datacenter dc2 in place of dc1 and consul\.domain sd"):
        stacks.deployed(other, previous=three)
    off = stacks.deployed({}, previous=three)
    assert "consul" not in off[GUARD, "topology"].plain
    stacks.deployed(other, previous=off)


def test_two_servers_more_restart_no_agent(stacks: Stacks, three: FakeEngine) -> None:
    grown = stacks.deployed({**ON, "servers.count": 5, "consul.servers": 5}, previous=three)
    for number in (1, 2, 3):
        assert grown.operations[f"{SERVICE} consul-{number}"] == "same"
        assert grown.operations[f"{WORKING_AGENT} consul-{number}-working"] == "same"
        seat = grown[SEAT, f"consul-{number}-seat"].plain
        assert len(seat["peer_addresses"]) == 5


def test_a_server_that_becomes_a_client_leaves_before_its_service_is_changed(stacks: Stacks) -> None:
    before = stacks.deployed({**ON, "servers.count": 5, "consul.servers": 5})
    after = stacks.deployed({**ON, "servers.count": 5}, previous=before)
    assert after.operations[f"{SEAT} consul-5-seat"] == "update"
    assert after.operations[f"{SERVICE} consul-5"] == "update"
    assert after[SEAT, "consul-5-seat"].urn in after.before(after[SERVICE, "consul-5"])
    assert after.operations[f"{SERVICE} consul-1"] == "same"


def test_a_lost_seat_is_made_anew_and_all_that_rely_on_it_look_again(
    stacks: Stacks, three: FakeEngine
) -> None:
    """After a refresh that found no peers in the volume of db-2."""
    refreshed = without(three, f"{SEAT} consul-2-seat")
    after = stacks.deployed(ON, previous=refreshed, world=OtherSeats())
    assert {what: how for what, how in touched(after).items() if "consul" in what} == {
        f"{SEAT} consul-2-seat": "create",
        f"{WORKING_AGENT} consul-2-working": "update",
        f"{ACL} consul-acl": "update",
        f"{WORKING} consul-working": "update",
    }


def test_an_acl_system_that_was_lost_is_set_up_anew(stacks: Stacks, three: FakeEngine) -> None:
    after = stacks.deployed(ON, previous=without(three, f"{ACL} consul-acl"))
    assert touched(after) == {f"{ACL} consul-acl": "create"}


def test_nothing_changes_the_second_time(stacks: Stacks, three: FakeEngine) -> None:
    assert touched(stacks.deployed(ON, previous=three, preview=True)) == {}


def test_outputs_name_the_doors_and_hide_the_token(three: FakeEngine) -> None:
    shown = three.outputs["consul"]
    assert shown["servers"] == ["db-1", "db-2", "db-3"]
    assert shown["leader"] == "db-1"
    assert shown["endpoints"][2] == {"server": "db-3", "host": "10.141.0.12", "port": 8501}
    assert shown["dns"][0] == {"host": "10.141.0.10", "port": 53}
    assert type(three.outputs["consulToken"]).__name__ == "Secret"


def test_no_secret_of_it_travels_in_clear(three: FakeEngine) -> None:
    token = three.outputs["consulToken"].value
    for one in three.registered.values():
        open_parts = json.dumps(dict(one.inputs), default=lambda _: "hidden")
        assert token not in open_parts, one.name
        assert "hush-" not in open_parts, one.name


def test_without_the_resolver_no_server_is_touched(stacks: Stacks) -> None:
    engine = stacks.deployed({**ON, "consul.resolver": False})
    assert engine.of_type(RESOLVER) == []
    assert len(engine.of_type(COMMAND)) == len(stacks.first(3).of_type(COMMAND))
