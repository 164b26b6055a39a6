"""The decision table of the guard, and properties that hold for every change."""

import itertools
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from providers.topology.verdict import MEMBERS, ServerFacts, Topology, judge, steps


def topology(
    count: int, managers: int = 3, moved: str = "", members: str | None = None, **voters: str
) -> Topology:
    """Servers db1, db2, ...; `moved` lists the numbers of those that became other servers."""
    names = [f"db{number}" for number in range(1, count + 1)]

    def listed(numbers: str) -> list[str]:
        return [f"db{number}" for number in numbers]

    props: dict[str, Any] = {
        "servers": [
            {"name": name, "datacenter": "ams01", "identity": "new" if name[2:] in moved else "old"}
            for name in names
        ],
        "managers": float(managers),
        "members": names if members is None else listed(members),
        "voters": {service: listed(numbers) for service, numbers in voters.items()},
    }
    return Topology.from_props(props)


def kept(count: int, nodes: str, copies: int, moved: str = "") -> Topology:
    """One Galera member and one manager on db9, and nodes that keep each record several times."""
    names = [f"db{number}" for number in ["9", *map(str, range(1, count + 1))]]
    servers = [
        {"name": name, "datacenter": "ams01", "identity": "new" if name[2:] in moved else "old"}
        for name in names
    ]
    where = {"servers": [f"db{number}" for number in nodes], "copies": float(copies)}
    props = {"servers": servers, "managers": 1.0, "members": ["db9"]}
    return Topology.from_props({**props, **({"copies": {"aerospike": where}} if nodes else {})})


def refusal(old: Topology, new: Topology) -> str | None:
    return judge(began=old, settled=None, in_flux=frozenset(), new=new).refusal


PASSES = {
    "nothing changes": (topology(3), topology(3)),
    "one of three is replaced": (topology(3), topology(3, moved="2")),
    "two of five are replaced": (topology(5), topology(5, moved="14")),
    "grows 3 to 5": (topology(3), topology(5)),
    "grows 1 to 3": (topology(1, 1), topology(3, 3)),
    "shrinks 5 to 3": (topology(5), topology(3)),
    "shrinks 3 to 2": (topology(3), topology(2, 1)),
    "shrinks 2 to 1": (topology(2, 1), topology(1, 1)),
    "grows and replaces one": (topology(3), topology(5, moved="1")),
    "managers are demoted, servers stay": (topology(5, 5), topology(5, 1)),
    "managers are promoted": (topology(5, 3), topology(5, 5)),
    "a service with voters is turned off": (topology(3, etcd="123"), topology(3)),
    "a service with voters is turned on": (topology(3), topology(3, consul="123")),
    "a server that carries nothing is replaced": (
        topology(4, 1, members="123"),
        topology(4, 1, moved="4", members="123"),
    ),
}

PASSES |= {
    "one of two nodes with two copies is replaced": (kept(2, "12", 2), kept(2, "12", 2, moved="1")),
    "two of five nodes with three copies are replaced": (
        kept(5, "12345", 3),
        kept(5, "12345", 3, moved="24"),
    ),
    "four nodes become two": (kept(4, "1234", 2), kept(4, "12", 2)),
    "four nodes become two with their servers": (kept(4, "1234", 2), kept(2, "12", 2)),
    "nodes are turned off": (kept(4, "1234", 1), kept(4, "", 1)),
    "a server without a node is replaced": (kept(3, "12", 2), kept(3, "12", 2, moved="3")),
}

REFUSED = {
    "two of four nodes with two copies": (
        kept(4, "1234", 2),
        kept(4, "1234", 2, moved="14"),
        "2 of 4 aerospike nodes away at once, and records with 2 copies can lose 1; go in steps",
    ),
    "a node with the only copy": (
        kept(2, "12", 1),
        kept(2, "12", 1, moved="1"),
        "records with one copy can lose 0; give them two copies first",
    ),
    "two of three are replaced": (topology(3), topology(3, moved="12"), "first db1, then db2"),
    "all three are replaced": (topology(3), topology(3, moved="123"), "first db1, then db2, then db3"),
    "three of five are replaced": (topology(5), topology(5, moved="135"), "first db1 and db3, then db5"),
    "shrinks 3 to 1": (topology(3), topology(1, 1), "3 → 2 → 1"),
    "shrinks 5 to 1": (topology(5), topology(1, 1), "5 → 3 → 2 → 1"),
    "replaces one and removes one of three": (topology(3), topology(2, 1, moved="1"), "first db1"),
    "the only one is replaced": (topology(1, 1), topology(1, 1, moved="1"), "grow to three first"),
    "one of two is replaced": (topology(2, 1), topology(2, 1, moved="2"), "grow to three first"),
    "the members go altogether": (topology(3, members="123"), topology(3, members=""), "destroy the stack"),
    "one is replaced while managers are demoted": (
        topology(3, 3),
        topology(3, 1, moved="1"),
        "demoting db2 and db3",
    ),
    "two voters of etcd": (
        topology(5, 1, members="5", etcd="123"),
        topology(5, 1, moved="12", members="5", etcd="123"),
        "etcd voters",
    ),
    "two voters of consul are taken away": (
        topology(5, consul="123"),
        topology(5, consul="1"),
        "consul voters",
    ),
}


@pytest.mark.parametrize("case", PASSES)
def test_passes(case: str) -> None:
    assert refusal(*PASSES[case]) is None


@pytest.mark.parametrize("case", REFUSED)
def test_refused_with_the_way_out(case: str) -> None:
    old, new, way = REFUSED[case]
    said = refusal(old, new)
    assert said is not None
    assert way in said
    assert "\n" not in said


def test_a_refusal_names_every_quorum_and_every_member() -> None:
    said = refusal(topology(3, etcd="123"), topology(3, moved="13", etcd="123"))
    assert said is not None
    assert said.startswith("replacing db1 and db3 would take 2 of 3 Galera members and 2 of 3 swarm managers")
    assert "2 of 3 etcd voters" in said


def test_the_first_deployment_passes() -> None:
    assert judge(began=None, settled=None, in_flux=frozenset(), new=topology(3)).refusal is None


def test_a_changed_datacenter_is_another_server() -> None:
    old, new = topology(3), topology(3)
    servers = {
        name: ServerFacts(identity=("fra02", facts.identity[1]), shape=facts.shape)
        for name, facts in new.servers.items()
    }
    assert refusal(old, Topology(servers=servers, groups=new.groups)) is not None


SHAPE: dict[str, Any] = {"domain": "a.test", "cpus": 2.0, "memory_mb": 4096.0, "disks": [25.0, 25.0]}


def shaped(*shapes: dict[str, Any]) -> Topology:
    """Servers that differ by their shapes only."""
    names = [f"db{number}" for number in range(1, len(shapes) + 1)]
    servers = [
        {"name": name, "datacenter": "ams01", "identity": "same", "shape": {**SHAPE, **shape}}
        for name, shape in zip(names, shapes, strict=True)
    ]
    return Topology.from_props({"servers": servers, "managers": 3.0, "members": names})


@pytest.mark.parametrize(
    ("shape", "verb"),
    [
        ({"cpus": 4.0}, "restarting"),
        ({"memory_mb": 8192.0}, "restarting"),
        ({"disks": [25.0, 100.0]}, "restarting"),
        ({"disks": [25.0]}, "replacing"),
        ({"cpus": None, "memory_mb": None, "flavor": "B1_2X8X25"}, "replacing"),
        ({"domain": "b.test"}, "renaming"),
        ({"domain": "b.test", "cpus": 4.0}, "restarting"),
    ],
    ids=str,
)
def test_the_sentence_says_what_happens_to_the_servers(shape: dict[str, Any], verb: str) -> None:
    said = refusal(shaped({}, {}, {}), shaped(shape, shape, {}))
    assert said is not None
    assert said.startswith(f"{verb} db1 and db2 would take 2 of 3 Galera members")
    assert refusal(shaped({}, {}, {}), shaped(shape, {}, {})) is None


def test_a_larger_flavor_of_the_family_restarts_and_another_family_replaces() -> None:
    def flavor(*names: str) -> Topology:
        return shaped(*({"cpus": None, "memory_mb": None, "flavor": name} for name in names))

    before = flavor("B1_2X8X25", "B1_2X8X25", "B1_2X8X25")
    said = refusal(before, flavor("B1_4X16X25", "C1_4X4X25", "B1_2X8X25"))
    assert said is not None
    assert said.startswith("replacing db2 and restarting db1 would take 2 of 3")


def test_the_same_shape_in_other_words_is_no_change() -> None:
    assert refusal(shaped({}, {}, {}), shaped(*[{"cpus": 2, "domain": "A.test "}] * 3)) is None


class TestUnfinished:
    """What an interrupted update leaves behind: the settled topology, one that began, servers in flux."""

    SETTLED = topology(3)

    def judged(self, began: Topology, in_flux: str, new: Topology) -> str | None:
        flux = frozenset(f"db{number}" for number in in_flux)
        return judge(began=began, settled=self.SETTLED, in_flux=flux, new=new).refusal

    def test_it_may_be_finished(self) -> None:
        assert self.judged(topology(3, moved="1"), "1", topology(3, moved="1")) is None

    def test_it_may_be_taken_back(self) -> None:
        assert self.judged(topology(3, moved="1"), "1", topology(3)) is None

    def test_nothing_else_may_move_meanwhile(self) -> None:
        said = self.judged(topology(3, moved="1"), "1", topology(3, moved="12"))
        assert said is not None
        assert said.startswith("replacing db1 and db2 would take")
        assert "db1 may still be away" in said

    def test_nothing_else_may_move_after_it_was_taken_back(self) -> None:
        said = self.judged(topology(3), "1", topology(3, moved="2"))
        assert said is not None
        assert said.startswith("replacing db2 and finishing the change of db1 would take 2 of 3")

    def test_growth_that_did_not_finish_may_be_taken_back(self) -> None:
        assert self.judged(topology(5), "", topology(3)) is None


COUNTS = st.integers(1, 9)


@given(COUNTS, st.data())
def test_whatever_passes_leaves_every_group_its_majority(count: int, data: st.DataObject) -> None:
    moved = "".join(data.draw(st.sets(st.sampled_from("123456789"[:count]))))
    target = data.draw(st.integers(1, 9))
    old, new = topology(count, managers=1), topology(target, managers=1, moved=moved)
    if refusal(old, new) is None:
        lost = [name for name in old.servers if new.servers.get(name) != old.servers[name]]
        single_removal = len(lost) == 1 and lost[0] not in new.servers
        assert len(lost) <= (count - 1) // 2 or single_removal


@given(COUNTS, COUNTS)
def test_every_step_of_the_way_down_passes(size: int, target: int) -> None:
    way = steps(size, min(size, target))
    assert way[-1] == min(size, target)
    for before, after in itertools.pairwise(way):
        assert refusal(topology(before, managers=1), topology(after, managers=1)) is None


@pytest.mark.parametrize(
    ("before", "after", "passes"),
    [("1234567", "123", True), ("12345", "1", True), ("123", "", False)],
)
def test_members_that_leave_stepwise_leave_in_any_number(before: str, after: str, passes: bool) -> None:
    def stepwise(members: str) -> Topology:
        return replace(topology(7, members=members), stepwise=frozenset({MEMBERS}))

    assert (refusal(stepwise(before), stepwise(after)) is None) == passes
    assert refusal(topology(7, members="1234567"), topology(7, members="123"))


@pytest.mark.parametrize(("managers", "passes"), [(3, True), (7, False)])
def test_servers_go_with_their_stepwise_members_as_far_as_the_managers_can(
    managers: int, passes: bool
) -> None:
    old, new = topology(7, managers), topology(3, 3)
    said = refusal(replace(old, stepwise=frozenset({MEMBERS})), replace(new, stepwise=frozenset({MEMBERS})))
    assert (said is None) == passes, said
    assert passes or "swarm managers" in str(said)


def test_members_that_leave_stepwise_are_still_not_replaced_beyond_the_quorum() -> None:
    new = replace(topology(3, moved="23"), stepwise=frozenset({MEMBERS}))
    assert refusal(replace(topology(3), stepwise=frozenset({MEMBERS})), new)
