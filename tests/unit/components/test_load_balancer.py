"""The load balancer: one on each server, changed one after another, and nothing of it where it is off."""

import pytest

from components.load_balancer_config import BalancerPlan, configuration, places, statistics_page
from components.server_plan import host_plan
from tests.unit.components.fake_engine import FakeEngine
from tests.unit.components.stacks import CONFIG, GUEST, NODE, SECRET, SERVICE, SYNCED, Stacks, numbered

PROOF = "pulumi-python:dynamic/load-balancer:ServingBalancer"
ON = {"loadBalancer": {"enabled": True}}


@pytest.fixture(scope="module")
def on(stacks: Stacks) -> FakeEngine:
    return stacks.deployed(ON)


def test_off_it_leaves_no_trace(stacks: Stacks) -> None:
    engine = stacks.first(3)
    assert not any("balancer" in one.name.lower() for one in engine.registered.values())
    assert not any("oadBalancer" in key for key in engine.outputs)


def test_one_is_pinned_to_each_server_behind_all_members(on: FakeEngine) -> None:
    services = numbered(on, SERVICE, "load-balancer-#")
    assert len(services) == 3
    proofs = {one.urn for one in on.of_type(SYNCED)}
    for number, service in enumerate(services, 1):
        placement = service.plain["taskSpec"]["placement"]["constraints"]
        assert placement == [f"node.labels.galera-swarm.server==db-{number}"]
        assert proofs <= on.before(service)
        ports = service.plain["endpointSpec"]["ports"]
        assert [(port["targetPort"], port["publishedPort"], port["publishMode"]) for port in ports] == [
            (6446, 6446, "host"),
            (6447, 6447, "host"),
            (8404, 8404, "host"),
        ]


def test_a_change_walks_from_server_to_server(on: FakeEngine) -> None:
    services, proofs = (
        numbered(on, SERVICE, "load-balancer-#"),
        numbered(on, PROOF, "load-balancer-#-serving"),
    )
    for index in (1, 2):
        assert proofs[index - 1].urn in on.before(services[index])
    for service, proof in zip(services, proofs, strict=True):
        assert service.urn in proof.property_dependencies["triggers"]


def test_members_are_the_same_with_and_without_it(stacks: Stacks, on: FakeEngine) -> None:
    for before in stacks.first(3).of_type(SERVICE, CONFIG, SECRET):
        assert on.registered[before.urn].plain == before.plain, before.name


def test_growth_of_the_cluster_touches_no_load_balancer(stacks: Stacks, on: FakeEngine) -> None:
    grown = stacks.deployed({**ON, "servers.count": 7, "database.members": 7}, previous=on)
    for service in numbered(on, SERVICE, "load-balancer-#"):
        assert grown.registered[service.urn].operation == "same", service.name
    assert grown[SERVICE, "load-balancer-7"].operation == "create"


@pytest.mark.parametrize(("count", "room"), [(1, 24), (3, 24), (5, 24), (7, 24), (8, 24), (9, 48), (50, 168)])
def test_places_come_in_steps_with_three_for_each(count: int, room: int) -> None:
    assert places(count) == room >= 3 * count


def test_another_setting_touches_load_balancers_only(stacks: Stacks, on: FakeEngine) -> None:
    after = stacks.deployed({"loadBalancer": {"enabled": True, "maxConnections": 99}}, previous=on)
    touched = {what.split(" ")[1] for what, how in after.operations.items() if how != "same"}
    assert touched == {
        "load-balancer-config",
        *(f"load-balancer-{number}" for number in (1, 2, 3)),
        *(f"load-balancer-{number}-serving" for number in (1, 2, 3)),
    }


def test_a_server_without_a_member_has_one_too(stacks: Stacks) -> None:
    engine = stacks.deployed({**ON, "servers.count": 4, "database.members": 3})
    fourth = engine[SERVICE, "load-balancer-4"]
    assert {engine[NODE, "swarm-db-4"].urn, engine[GUEST, "db-4"].urn} <= engine.before(fourth)


def test_outputs_name_every_door_and_hide_the_password(on: FakeEngine) -> None:
    balancer = on.outputs["loadBalancer"]
    assert balancer["writer"] == [
        {"server": f"db-{number}", "host": f"10.141.0.{9 + number}", "port": 6446} for number in (1, 2, 3)
    ]
    assert set(balancer) == {"writer", "reader", "stats", "statsUser"}
    assert type(on.outputs["loadBalancerStatsPassword"]).__name__ == "Secret"


@pytest.mark.parametrize(
    ("public", "ports"), [([], ()), (["reader"], (6447,)), (["stats", "writer"], (6446, 8404))]
)
def test_only_the_doors_that_were_asked_for_are_open_to_the_world(
    stacks: Stacks, public: list[str], ports: tuple[int, ...]
) -> None:
    plan = host_plan(stacks.settings({"loadBalancer": {"enabled": True, "public": public}}))
    assert plan.firewall.public_ports == ports


def test_the_configuration_has_more_places_than_members() -> None:
    text = configuration(BalancerPlan(members_name="galera-members", members=5))
    assert text.count("server-template member 1-24 galera-members:3306") == 2
    assert "password" not in text


def test_the_statistics_page_is_shut_by_the_password() -> None:
    assert "stats auth admin:hush\n" in statistics_page("hush")
