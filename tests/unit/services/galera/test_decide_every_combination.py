"""Every combination of what three members may be, with nobody Primary: who bootstraps, if anybody does.

Which of them is which does not matter (tests of the order are beside this file).
"""

import itertools

from tests.unit.services.galera.tables import UUID_A, UUID_B, Answer, Decider

NAMES = ("g1", "g2", "g3")
#: What a member may be. `stale`: its last Primary view is an older one than the others'.
STATES = ("silent", "none", "null", "A3", "A5", "A5 stale", "B4")
EVERY = tuple(itertools.combinations_with_replacement(STATES, len(NAMES)))


def answer(member: str, state: str) -> Answer | None:
    if state == "silent":
        return None
    if state == "none":
        return Answer(member=member, data="none")
    view = Answer(member=member, view=NAMES, view_seqno=7)
    if state == "null":
        return view.but(data="null")
    uuid = UUID_B if state.startswith("B") else UUID_A
    return view.but(
        uuid=uuid, view_uuid=uuid, seqno=int(state[1]), view_seqno=5 if state.endswith("stale") else 7
    )


def bootstrapping(decider: Decider, states: tuple[str, ...], absent: tuple[str, ...] = ()) -> set[str]:
    """Who would bootstrap, each by its own decision."""
    answers = [one for one in map(answer, NAMES, states) if one is not None]
    verdicts = {one.member: decider.decide(one.member, answers, absent).verdict for one in answers}
    assert "birth" not in verdicts.values(), "nobody has a permit"
    assert "join" not in verdicts.values(), "nobody is Primary"
    return {member for member, verdict in verdicts.items() if verdict == "bootstrap"}


def test_whoever_bootstraps_has_heard_everybody_and_holds_the_most(decider: Decider) -> None:
    started = 0
    for states in EVERY:
        winners = bootstrapping(decider, states)
        assert len(winners) <= 1, states
        if not winners:
            continue
        (winner,) = winners
        own = states[NAMES.index(winner)]
        assert own[0] in "AB", "without a position nobody begins"
        assert "silent" not in states, "all three are in the view of whoever has one"
        assert {state[0] for state in states if state[0] in "AB"} == {own[0]}, "two histories"
        assert own[1] == max(state[1] for state in states if state[0] in "AB"), "a higher position"
        started += 1
    assert started > 15, "the rules let a cluster come back"


def test_three_that_are_heard_with_one_history_always_come_back(decider: Decider) -> None:
    for states in itertools.product(("A3", "A5", "A5 stale"), repeat=len(NAMES)):
        assert len(bootstrapping(decider, states)) == 1, states


def test_two_histories_never_come_back_by_themselves(decider: Decider) -> None:
    for states in EVERY:
        if {state[0] for state in states if state[0] in "AB"} == {"A", "B"}:
            assert bootstrapping(decider, states) == set(), states


def test_one_that_is_silent_holds_everybody_up_until_it_is_declared_absent(decider: Decider) -> None:
    for states in itertools.product(("A3", "A5", "A5 stale"), repeat=2):
        assert bootstrapping(decider, (*states, "silent")) == set(), states
        assert len(bootstrapping(decider, (*states, "silent"), absent=("g3",))) == 1, states
