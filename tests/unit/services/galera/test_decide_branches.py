"""Random lives of a cluster whose operator declares members absent, rightly or not: one history may then go
on in several branches. Whoever joins holds nothing that the Primary does not, whatever has happened.

The model: data is a list of what was done, in order. A member's data is always the beginning of a branch.
A view is a negative number.
"""

import itertools
from dataclasses import dataclass, field

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.unit.services.galera.tables import UUID_A, Answer, Decider

NAMES = ("g1", "g2", "g3")


@dataclass
class Member:
    data: list[int] = field(default_factory=lambda: [0])
    lineage: tuple[str, ...] = ()
    view: tuple[str, ...] = NAMES
    view_seqno: int = 0


def quiet(data: list[int]) -> str:
    """The place of the first of the views that the data ends with."""
    views = list(itertools.takewhile(lambda event: event < 0, reversed(data)))
    return str(len(data) - len(views) + 1) if views else "-"


def in_common(data: list[int], other: list[int]) -> list[int]:
    pairs = zip(data, other, strict=False)
    return [one for one, _ in itertools.takewhile(lambda pair: pair[0] == pair[1], pairs)]


@dataclass
class Cluster:
    decider: Decider
    members: dict[str, Member] = field(default_factory=lambda: {name: Member() for name in NAMES})
    running: list[str] = field(default_factory=list)
    branch: list[int] = field(default_factory=list)
    serial: "itertools.count[int]" = field(default_factory=lambda: itertools.count(1))

    def answer(self, name: str) -> Answer:
        member, running = self.members[name], name in self.running
        return Answer(
            member=name,
            phase="primary" if running else "parked",
            data="unknown" if running else "position",
            seqno=len(member.data),
            view=member.view,
            view_seqno=member.view_seqno,
            lineage=",".join(member.lineage) or "-",
            quiet="-" if running else quiet(member.data),
        )

    def new_view(self) -> None:
        self.branch.append(-next(self.serial))
        for name in self.running:
            member = self.members[name]
            member.data = list(self.branch)
            member.view, member.view_seqno = tuple(sorted(self.running)), len(self.branch)

    def bootstrap(self, name: str, heard: frozenset[str], absent: frozenset[str]) -> None:
        table = [self.answer(one) for one in sorted(heard | {name})]
        if self.running or self.decider.decide(name, table, absent).verdict != "bootstrap":
            return
        member = self.members[name]
        reached = tuple(point for point in member.lineage if int(point.partition("/")[0]) <= len(member.data))
        member.lineage = (*reached, f"{len(member.data)}/{next(self.serial):x}a")
        self.running, self.branch = [name], list(member.data)
        self.new_view()

    def join(self, name: str, killed: bool) -> None:
        if name in self.running or not self.running:
            return
        table = [self.answer(one) for one in (name, *self.running)]
        verdict = self.decider.decide(name, table, waited="long")
        if verdict.verdict != "join":
            return
        member = self.members[name]
        if verdict.words.get("discard"):
            own = member.data[len(in_common(member.data, self.branch)) :]
            assert all(event < 0 for event in own), f"{name} would throw a transaction away: {own}"
            member.data = [0]  # until its SST has come
        else:
            assert member.data == self.branch[: len(member.data)], (
                f"{name} would join with what nobody else holds"
            )
        member.lineage = self.members[self.running[0]].lineage
        if not killed:
            self.running.append(name)
            self.new_view()

    def write(self, name: str, appliers: frozenset[str]) -> None:
        if name in self.running:
            self.branch.append(next(self.serial))
            for one in (appliers | {name}) & frozenset(self.running):
                self.members[one].data = list(self.branch)

    def crash(self, names: frozenset[str]) -> None:
        rest = [name for name in self.running if name not in names]
        if len(rest) == len(self.running):
            return
        goes_on = len(rest) * 2 > len(self.running)
        self.running = rest if goes_on else []
        if goes_on:
            self.new_view()


one, some = st.sampled_from(NAMES), st.frozensets(st.sampled_from(NAMES))
events: st.SearchStrategy[tuple[object, ...]] = st.one_of(
    st.tuples(st.just("bootstrap"), one, some, some),
    st.tuples(st.just("bootstrap"), one, st.just(frozenset(NAMES)), st.just(frozenset())),
    st.tuples(st.just("join"), one, st.booleans()),
    st.tuples(st.just("write"), one, some),
    st.tuples(st.just("crash"), some),
)


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(events, max_size=40))
def test_who_joins_holds_nothing_of_its_own(decider: Decider, steps: list[tuple[object, ...]]) -> None:
    cluster = Cluster(decider)
    for kind, *rest in steps:
        getattr(cluster, str(kind))(*rest)
    assert all(member.data[0] == 0 for member in cluster.members.values()), UUID_A


def test_what_the_operator_promoted_is_not_undone_while_it_is_away(decider: Decider) -> None:
    """A member that parked beside it has written down who was in it: `ahead`."""
    promoted = Answer(
        member="g1", phase="primary", data="unknown", view=("g1", "g-4"), view_seqno=13, lineage="12/aa"
    )
    left = Answer(member="g3", seqno=17, view=("g3",), view_seqno=17)
    parked = decider.decide("g3", [promoted, left])
    assert parked.verdict == "park"
    assert parked.words["ahead"] == "g1,g-4"
    left = left.but(view=("g3", *parked.words["ahead"].split(",")), ahead=parked.words["ahead"])
    gone = decider.decide("g3", [left])
    assert gone.verdict == "park"
    assert "g-4, g1 did not answer" in gone.reason
    back = promoted.but(phase="parked", data="position", seqno=20)
    mate = back.but(member="g-4")
    for both in ([left, back, mate], [left, back, mate, left.but(member="g2", seqno=99, view_seqno=99)]):
        assert decider.decide("g-4", both).verdict == "bootstrap"
        said = decider.decide("g3", both)
        assert (said.verdict, said.words["winner"]) == ("park", "g-4")
        assert "went on without" in said.reason
    alone = decider.decide("g1", [left, back])
    assert alone.verdict == "park"
    assert "g-4 did not answer" in alone.reason
    for wiped in ({"data": "none"}, {"discard": UUID_A}):
        given_up = [left, back.but(**wiped), mate.but(**wiped)]
        assert decider.decide("g3", given_up).verdict == "bootstrap", (
            "nothing of that branch is left, or wanted"
        )
    blind = decider.decide("g3", [promoted.but(view=()), left.but(view=("g3",))])
    assert blind.words["ahead"] == "g1"
    discarding = left.but(discard=UUID_A)
    assert decider.decide("g1", [discarding, back, mate]).words["winner"] == "g-4"
    assert decider.decide("g3", [left], absent=["g1", "g-4"]).verdict == "bootstrap"
