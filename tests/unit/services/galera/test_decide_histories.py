"""Random lives of a cluster, then its restart by decide.sh: who may bootstrap holds every acknowledged write.

The model is Galera as far as it matters here: a write takes the next seqno and is acknowledged once it is
durable where it was made; other members of the view have received it, and apply it later. A view takes a
seqno too, and a member records it after it has applied all that came before.
"""

from dataclasses import dataclass, field

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.unit.services.galera.tables import Answer, Decider

NAMES = ("g1", "g2", "g3", "g4")


@dataclass
class Member:
    applied: int = 0
    running: bool = False
    has_data: bool = False
    view: tuple[str, ...] = ()
    view_seqno: int = 0


@dataclass
class Cluster:
    """One history, from birth on. Only members of the Primary component run."""

    members: dict[str, Member] = field(default_factory=lambda: {name: Member() for name in NAMES})
    seqno: int = 0
    acknowledged: int = 0

    def running(self) -> list[str]:
        return [name for name, member in self.members.items() if member.running]

    def new_view(self, names: list[str]) -> None:
        self.seqno += 1
        for name in names:
            member = self.members[name]
            member.applied = self.seqno
            member.view, member.view_seqno = tuple(names), self.seqno

    def join(self, name: str) -> None:
        member, running = self.members[name], self.running()
        if member.running or (not running and self.seqno):
            return
        member.running = True
        self.new_view([*running, name])
        member.has_data = True

    def write(self, name: str, appliers: frozenset[str]) -> None:
        if not self.members[name].running:
            return
        self.seqno += 1
        self.members[name].applied = self.acknowledged = self.seqno
        for other in appliers & frozenset(self.running()):
            self.members[other].applied = self.seqno

    def leave(self, name: str) -> None:
        member = self.members[name]
        if member.running:
            member.applied = max(member.applied, self.seqno)
            member.running = False
            if rest := self.running():
                self.new_view(rest)

    def crash(self, names: frozenset[str]) -> None:
        """Some die at once; the rest forms a new view if it has the quorum, else it is dead too."""
        before = self.running()
        dead = names & frozenset(before)
        for name in dead:
            self.members[name].running = False
        rest = self.running()
        if not dead:
            return
        if len(rest) * 2 > len(before):
            self.new_view(rest)
        else:
            for name in rest:
                self.members[name].running = False

    def answer(self, name: str) -> Answer:
        member = self.members[name]
        return Answer(
            member=name,
            data="position" if member.has_data else "none",
            seqno=member.applied,
            view=member.view,
            view_seqno=member.view_seqno,
        )


subsets = st.frozensets(st.sampled_from(NAMES), max_size=4)
events = st.lists(
    st.one_of(
        st.tuples(st.just("join"), st.sampled_from(NAMES)),
        st.tuples(st.just("write"), st.sampled_from(NAMES), subsets),
        st.tuples(st.just("leave"), st.sampled_from(NAMES)),
        st.tuples(st.just("crash"), subsets),
    ),
    max_size=25,
)


def live(steps: list[tuple[object, ...]]) -> Cluster:
    cluster = Cluster()
    cluster.join("g1")
    for kind, *rest in steps:
        getattr(cluster, str(kind))(*rest)
    return cluster


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=events, heard=st.frozensets(st.sampled_from(NAMES), min_size=1))
def test_no_acknowledged_write_is_lost(
    decider: Decider, steps: list[tuple[object, ...]], heard: frozenset[str]
) -> None:
    cluster = live(steps)
    for name in cluster.running():  # the power fails
        cluster.members[name].running = False
    answers = [cluster.answer(name) for name in sorted(heard)]
    for name in heard:
        if decider.decide(name, answers).verdict == "bootstrap":
            assert cluster.members[name].applied >= cluster.acknowledged


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=events)
def test_a_cluster_whose_members_all_come_back_always_starts(
    decider: Decider, steps: list[tuple[object, ...]]
) -> None:
    cluster = live(steps)
    answers = [cluster.answer(name) for name in NAMES]
    verdicts = [decider.decide(name, answers).verdict for name in NAMES]
    assert verdicts.count("bootstrap") == 1, verdicts


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    steps=events, first=st.frozensets(st.sampled_from(NAMES)), second=st.frozensets(st.sampled_from(NAMES))
)
def test_two_members_that_heard_different_ones_share_a_voter(
    decider: Decider, steps: list[tuple[object, ...]], first: frozenset[str], second: frozenset[str]
) -> None:
    """What makes the vote exclusive: two that may bootstrap each need the vote of one and the same member."""
    cluster = live(steps)
    needed: dict[str, set[str]] = {}
    for heard in (first, second):
        answers = [cluster.answer(name) for name in sorted(heard)]
        for name in heard:
            verdict = decider.decide(name, answers)
            if verdict.verdict == "bootstrap":
                needed[name] = verdict.voters | {name}
    if len(needed) == 2:
        one, other = needed.values()
        assert one & other
