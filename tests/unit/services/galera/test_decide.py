"""decide.sh by a table of cases: every rule of the design's section 6, with silent, null, positioned and
two-UUID members and stale views."""

from dataclasses import dataclass

import pytest

from tests.unit.services.galera.tables import UUID_A, UUID_B, Answer, Decider

ALL = ("g1", "g2", "g3")


@dataclass(frozen=True, kw_only=True)
class Case:
    name: str
    answers: tuple[Answer | str, ...]
    verdict: str
    me: str = "g1"
    absent: tuple[str, ...] = ()
    waited: str = ""
    says: tuple[str, ...] = ()
    winner: str = ""
    voters: frozenset[str] = frozenset()


def crashed(member: str, seqno: int, **more: object) -> Answer:
    """A member of the view of all three at seqno 10, dead since."""
    return Answer(member=member, seqno=seqno, view=ALL, view_seqno=10).but(**more)


def blank(member: str, **more: object) -> Answer:
    return Answer(member=member, data="none").but(**more)


def null(member: str, **more: object) -> Answer:
    return crashed(member, 0, data="null").but(**more)


def primary(member: str, **more: object) -> Answer:
    return Answer(member=member, phase="primary", data="unknown", view=("g2", "g3"), view_seqno=10).but(
        **more
    )


RULE_1 = [
    Case(name="no data joins a Primary", answers=(blank("g1"), primary("g2")), verdict="join"),
    Case(name="null data joins a Primary", answers=(null("g1"), primary("g2")), verdict="join"),
    Case(name="data of that history joins", answers=(crashed("g1", 12), primary("g2")), verdict="join"),
    Case(
        name="a Primary comes before a birth permit",
        answers=(blank("g1", permit=True), primary("g2")),
        verdict="join",
    ),
    Case(
        name="a Primary comes before the vote",
        answers=(crashed("g1", 99), crashed("g2", 5), primary("g3")),
        verdict="join",
    ),
    Case(
        name="data of another history is not thrown away",
        answers=(Answer(member="g1", uuid=UUID_B, seqno=7), primary("g2")),
        verdict="park",
        says=(f"{UUID_B}:7", UUID_A, "throw the data away"),
    ),
    Case(
        name="data of another history that may be discarded",
        answers=(Answer(member="g1", uuid=UUID_B, seqno=7, discard=UUID_B), primary("g2")),
        verdict="join",
    ),
    Case(
        name="leave to discard another history is no leave to discard this one",
        answers=(Answer(member="g1", uuid=UUID_B, seqno=7, discard=UUID_A), primary("g2")),
        verdict="park",
    ),
    Case(
        name="data that never was in a cluster is not thrown away",
        answers=(Answer(member="g1", data="foreign"), primary("g2")),
        verdict="park",
        says=("never was in a cluster",),
    ),
    Case(
        name="data that never was in a cluster and may be discarded",
        answers=(Answer(member="g1", data="foreign", discard="foreign"), primary("g2")),
        verdict="join",
    ),
    Case(
        name="two Primaries of two histories",
        answers=(blank("g1"), primary("g2"), primary("g3", uuid=UUID_B)),
        verdict="park",
        says=(UUID_A, UUID_B, "g2", "g3"),
    ),
    Case(
        name="the Primary went on without our last transactions",
        answers=(crashed("g1", 20), primary("g2", lineage="15/ab")),
        verdict="park",
        says=("15", f"{UUID_A}:20"),
    ),
    Case(
        name="the same, and they may be discarded",
        answers=(crashed("g1", 20, discard=UUID_A), primary("g2", lineage="15/ab")),
        verdict="join",
    ),
    Case(
        name="the Primary was bootstrapped again behind our position",
        answers=(crashed("g1", 15), primary("g2", lineage="15/ab,30/cd")),
        verdict="join",
    ),
    Case(
        name="we were there when it was bootstrapped again",
        answers=(crashed("g1", 20, lineage="15/ab"), primary("g2", lineage="15/ab,30/cd")),
        verdict="join",
    ),
    Case(
        name="the Primary has not noticed that we were gone",
        answers=(crashed("g1", 20), primary("g2", view=ALL), primary("g3")),
        verdict="wait",
        says=("g2 has not noticed",),
    ),
    Case(
        name="the Primary does not notice, and we have waited long",
        answers=(crashed("g1", 20), primary("g2", view=ALL)),
        waited="long",
        verdict="join",
    ),
    Case(
        name="a Primary member that lost its notes does not make us forget",
        answers=(crashed("g1", 20), primary("g2"), primary("g3", lineage="15/ab")),
        verdict="park",
    ),
]

RULE_2 = [
    Case(name="no data and alone", answers=(blank("g1"),), verdict="park", says=("no data",)),
    Case(name="nobody has data", answers=tuple(map(blank, ALL)), verdict="park", says=("no data",)),
    Case(name="two wiped, the third away", answers=(blank("g1"), blank("g2")), verdict="park"),
    Case(name="no data beside crashed ones", answers=(blank("g1"), crashed("g2", 5)), verdict="park"),
    Case(name="aborted SST and alone", answers=(null("g1"),), verdict="park"),
    Case(name="aborted SST, marked safe", answers=(null("g1", safe=1), crashed("g2", 5)), verdict="park"),
    Case(
        name="data that never was in a cluster",
        answers=(Answer(member="g1", data="foreign"),),
        verdict="park",
    ),
]

BIRTH = [
    Case(name="birth by a permit", answers=(blank("g1", permit=True),), verdict="birth"),
    Case(
        name="birth beside members without data",
        answers=(blank("g1", permit=True), blank("g2"), blank("g3")),
        verdict="birth",
    ),
    Case(
        name="birth goes on with the data it made",
        answers=(Answer(member="g1", seqno=0, permit=True), blank("g2")),
        verdict="birth",
    ),
    Case(
        name="no birth beside somebody's data",
        answers=(blank("g1", permit=True), crashed("g2", 5)),
        verdict="park",
        says=("g2",),
    ),
    Case(
        name="no birth beside somebody who remembers a view",
        answers=(blank("g1", permit=True), blank("g2", view=ALL, view_seqno=3)),
        verdict="park",
        says=("g2",),
    ),
    Case(
        name="no birth beside foreign data",
        answers=(blank("g1", permit=True), Answer(member="g2", data="foreign")),
        verdict="park",
        says=("g2",),
    ),
    Case(
        name="no birth while a position is not known",
        answers=(blank("g1", permit=True), Answer(member="g2", data="unknown", phase="recovering")),
        verdict="wait",
    ),
    Case(
        name="two permits",
        answers=(blank("g1", permit=True), blank("g2", permit=True)),
        verdict="park",
        says=("g2",),
    ),
    Case(
        name="a birth under way elsewhere",
        answers=(blank("g1"), blank("g2", phase="birth", permit=True)),
        verdict="wait",
        winner="g2",
    ),
    Case(
        name="once in a view, the permit says nothing any more",
        answers=(Answer(member="g1", seqno=9, permit=True, view=("g1", "g2"), view_seqno=2),),
        verdict="park",
        says=("g2",),
    ),
]

RULE_3 = [
    Case(
        name="one of the view is silent",
        answers=(crashed("g1", 50), crashed("g2", 50)),
        verdict="park",
        says=("g3", "silence is not death"),
    ),
    Case(name="two of the view are silent", answers=(crashed("g1", 50),), verdict="park", says=("g2", "g3")),
    Case(
        name="safe_to_bootstrap is no proof of anything",
        answers=(crashed("g1", 50, safe=1), crashed("g2", 50)),
        verdict="park",
        says=("g3",),
    ),
    Case(
        name="a silent one that only an older view names does not count",
        answers=(crashed("g1", 50, view=("g1", "g2"), view_seqno=12), crashed("g2", 50)),
        verdict="bootstrap",
    ),
    Case(
        name="a stale view of our own does not free us from the newer one",
        answers=(crashed("g1", 50, view=("g1",), view_seqno=3), crashed("g2", 49)),
        verdict="park",
        says=("g3",),
    ),
    Case(
        name="the newest view is known to a member without data alone",
        answers=(crashed("g1", 50, view=("g1",), view_seqno=3), null("g2")),
        verdict="park",
        says=("g3",),
    ),
    Case(
        name="a view whose place is unknown counts on top",
        answers=(crashed("g1", 50, view=("g1",), view_seqno=30), crashed("g2", 49, view_seqno=-1)),
        verdict="park",
        says=("g3",),
    ),
    Case(
        name="two views at one place count together",
        answers=(
            crashed("g1", 50, view=("g1",), view_seqno=30),
            crashed("g2", 49, view=("g2", "g3"), view_seqno=30),
        ),
        verdict="park",
        says=("g3",),
    ),
    Case(
        name="nobody knows any view",
        answers=(Answer(member="g1", seqno=50), Answer(member="g2", seqno=50)),
        verdict="park",
        says=("nobody that answers knows the last Primary view",),
    ),
    Case(
        name="nobody knows any view, and the operator consents to this very position",
        answers=(Answer(member="g1", seqno=50, consent=f"{UUID_A}:50"), Answer(member="g2", seqno=50)),
        verdict="bootstrap",
        voters=frozenset({"g2"}),
    ),
    Case(
        name="the operator's consent to another position",
        answers=(Answer(member="g1", seqno=50, consent=f"{UUID_A}:49"),),
        verdict="park",
    ),
    Case(
        name="consent does not make up for a silent member of a known view",
        answers=(crashed("g1", 50, consent=f"{UUID_A}:50"), crashed("g2", 50)),
        verdict="park",
        says=("g3",),
    ),
    Case(
        name="who answers from two places is not heard",
        answers=(
            crashed("g1", 50),
            crashed("g2", 50),
            crashed("g3", 50),
            crashed("g3", 60, epoch="fedcba98"),
        ),
        verdict="park",
        says=("g3", "two places"),
    ),
    Case(
        name="one start heard at two addresses is one member",
        answers=(crashed("g1", 50), crashed("g2", 50), crashed("g3", 50), crashed("g3", 50)),
        verdict="bootstrap",
    ),
    Case(
        name="somebody else answers in our name",
        answers=(
            crashed("g1", 50),
            crashed("g1", 50, epoch="fedcba98"),
            crashed("g2", 50),
            crashed("g3", 50),
        ),
        verdict="wait",
        says=("somebody else",),
    ),
    Case(
        name="an answer that makes no sense is silence",
        answers=(
            crashed("g1", 50),
            crashed("g2", 50),
            "answer member=g3 epoch=0123456789abcdef phase=parked",
        ),
        verdict="park",
        says=("g3",),
    ),
]

RULE_4 = [
    Case(
        name="all answer, we are the highest",
        answers=(crashed("g1", 51), crashed("g2", 50), crashed("g3", 49)),
        verdict="bootstrap",
        winner="g1",
        voters=frozenset({"g2", "g3"}),
    ),
    Case(
        name="all answer, another is the highest",
        answers=(crashed("g1", 50), crashed("g2", 51), crashed("g3", 49)),
        verdict="wait",
        winner="g2",
    ),
    Case(
        name="numbers are compared as numbers",
        answers=(crashed("g1", 100), crashed("g2", 99), crashed("g3", 9)),
        verdict="bootstrap",
        winner="g1",
    ),
    Case(
        name="ties: first by name",
        answers=tuple(crashed(m, 50) for m in ALL),
        verdict="bootstrap",
        winner="g1",
    ),
    Case(
        name="ties: not the second by name",
        answers=tuple(crashed(m, 50) for m in ALL),
        me="g2",
        verdict="wait",
        winner="g1",
    ),
    Case(
        name="safe_to_bootstrap does not break a tie",
        answers=(crashed("g1", 50), crashed("g2", 50, safe=1), crashed("g3", 50)),
        verdict="bootstrap",
        winner="g1",
    ),
    Case(
        name="null data marked safe beside two with data",
        answers=(null("g1", safe=1), crashed("g2", 50), crashed("g3", 51)),
        me="g3",
        verdict="bootstrap",
        winner="g3",
    ),
    Case(
        name="wiped member of the view beside two with data",
        answers=(blank("g1"), crashed("g2", 50), crashed("g3", 50)),
        me="g2",
        verdict="bootstrap",
        winner="g2",
        voters=frozenset({"g1", "g3"}),
    ),
    Case(
        name="two histories are both shown",
        answers=(crashed("g1", 50), crashed("g2", 50, uuid=UUID_B), crashed("g3", 50)),
        verdict="park",
        says=(UUID_A, UUID_B, "g2 at 50"),
    ),
    Case(
        name="two histories, one may be discarded",
        answers=(crashed("g1", 50), crashed("g2", 90, uuid=UUID_B, discard=UUID_B), crashed("g3", 49)),
        verdict="bootstrap",
        winner="g1",
    ),
    Case(
        name="who may discard its data waits for a Primary",
        answers=(
            crashed("g1", 50),
            crashed("g2", 90, uuid=UUID_B, discard=UUID_B, view=()),
            crashed("g3", 49),
        ),
        me="g2",
        verdict="park",
        says=("throw its data away",),
    ),
    Case(
        name="a view of another history is a second history",
        answers=(crashed("g1", 50), crashed("g2", 50), null("g3", view_uuid=UUID_B)),
        verdict="park",
        says=(UUID_B, "the last view of g3"),
    ),
    Case(
        name="a member of the view still recovers",
        answers=(crashed("g1", 50), crashed("g2", 50), crashed("g3", 0, phase="recovering", data="unknown")),
        verdict="wait",
        says=("g3",),
    ),
    Case(
        name="a member of the view cannot find its position",
        answers=(crashed("g1", 50), crashed("g2", 50), crashed("g3", 0, phase="failed", data="unknown")),
        verdict="park",
        says=("g3",),
    ),
    Case(
        name="an outsider that cannot find its position does not count",
        answers=(
            crashed("g1", 50, view=("g1", "g2"), view_seqno=12),
            crashed("g2", 50, view=("g1", "g2"), view_seqno=12),
            crashed("g3", 0, phase="failed", data="unknown"),
        ),
        verdict="bootstrap",
        voters=frozenset({"g2", "g3"}),
    ),
    Case(
        name="somebody bootstraps already",
        answers=(crashed("g1", 51), crashed("g2", 50, phase="bootstrapping"), crashed("g3", 50)),
        verdict="wait",
        winner="g2",
    ),
    Case(
        name="somebody joins: there is a Primary that we do not hear",
        answers=(crashed("g1", 51), crashed("g2", 50, phase="joining"), crashed("g3", 50)),
        verdict="wait",
        says=("g2",),
    ),
    Case(
        name="somebody runs without quorum",
        answers=(crashed("g1", 51), crashed("g2", 50, phase="nonprimary"), crashed("g3", 50)),
        verdict="wait",
        says=("g2",),
    ),
    Case(
        name="somebody stops",
        answers=(crashed("g1", 51), crashed("g2", 50, phase="stopping"), crashed("g3", 50)),
        verdict="wait",
        says=("g2",),
    ),
    Case(
        name="the last one out has the newest view",
        answers=(
            crashed("g1", 50),
            crashed("g2", 55, view=("g2", "g3"), view_seqno=51),
            crashed("g3", 60, view=("g3",), view_seqno=56),
        ),
        me="g3",
        verdict="bootstrap",
        winner="g3",
    ),
    Case(
        name="the last one out needs nobody",
        answers=(crashed("g3", 60, view=("g3",), view_seqno=56),),
        me="g3",
        verdict="bootstrap",
        winner="g3",
    ),
    Case(
        name="the others wait for the last one out",
        answers=(crashed("g1", 50), crashed("g2", 55, view=("g2", "g3"), view_seqno=51)),
        verdict="park",
        says=("g3",),
    ),
    Case(
        name="nobody of the newest view has data any more",
        answers=(crashed("g1", 50), null("g2", view=("g2",), view_seqno=51)),
        verdict="park",
        says=("no member of the last Primary view has data",),
    ),
    Case(
        name="an outsider that holds more of the same history bootstraps",
        answers=(crashed("g1", 70), crashed("g2", 60, view=("g2",), view_seqno=56)),
        verdict="bootstrap",
        voters=frozenset({"g2"}),
    ),
    Case(
        name="an outsider of a branch that was left is no candidate",
        answers=(crashed("g1", 70), crashed("g2", 60, view=("g2",), view_seqno=56, lineage="50/ab")),
        verdict="park",
        winner="g2",
        says=("went on without",),
    ),
    Case(
        name="and does not hinder the others",
        answers=(crashed("g1", 70), crashed("g2", 60, view=("g2",), view_seqno=56, lineage="50/ab")),
        me="g2",
        verdict="bootstrap",
        winner="g2",
        voters=frozenset({"g1"}),
    ),
    Case(
        name="two members of the view in two branches",
        answers=(
            crashed("g1", 70, view=("g1", "g2"), view_seqno=12),
            crashed("g2", 60, view=("g1", "g2"), view_seqno=12, lineage="50/ab"),
        ),
        me="g2",
        verdict="park",
        says=("different ways",),
    ),
]

RULE_5 = [
    Case(
        name="the silent one is declared absent",
        answers=(crashed("g1", 51), crashed("g2", 50)),
        absent=("g3",),
        verdict="bootstrap",
        voters=frozenset({"g2"}),
    ),
    Case(
        name="both silent ones are declared absent",
        answers=(crashed("g1", 51),),
        absent=("g2", "g3"),
        verdict="bootstrap",
    ),
    Case(
        name="another one is declared absent",
        answers=(crashed("g1", 51), crashed("g2", 50)),
        absent=("g4",),
        verdict="park",
        says=("g3",),
    ),
    Case(
        name="declared absent, but it answers and has more",
        answers=(crashed("g1", 51), crashed("g2", 50), crashed("g3", 52)),
        absent=("g3",),
        verdict="wait",
        winner="g3",
    ),
    Case(
        name="declared absent, but it answers and recovers",
        answers=(crashed("g1", 51), crashed("g2", 50), crashed("g3", 0, data="unknown", phase="recovering")),
        absent=("g3",),
        verdict="wait",
    ),
    Case(
        name="the whole newest view is declared absent: the view before it counts",
        answers=(
            crashed("g1", 51),
            crashed("g2", 50, view=("g1", "g2"), view_seqno=12),
            null("g4", view=("g3",), view_seqno=20),
        ),
        absent=("g3",),
        verdict="bootstrap",
        winner="g1",
    ),
    Case(
        name="everybody in every view is declared absent",
        answers=(crashed("g4", 51, view=("g3",)),),
        me="g4",
        absent=("g3",),
        verdict="park",
        says=("declared absent",),
    ),
    Case(
        name="without data, absence of the others is no birth permit",
        answers=(blank("g1"),),
        absent=("g2", "g3"),
        verdict="park",
    ),
]

SELF = [
    Case(name="our own answer is missing", answers=(crashed("g2", 50),), verdict="wait"),
    Case(
        name="our own position is not final",
        answers=(crashed("g1", 50, phase="recovering"), primary("g2")),
        verdict="wait",
    ),
]


@pytest.mark.parametrize(
    "case",
    RULE_1 + RULE_2 + BIRTH + RULE_3 + RULE_4 + RULE_5 + SELF,
    ids=lambda case: case.name.replace(" ", "-"),
)
def test_case(decider: Decider, case: Case) -> None:
    verdict = decider.decide(case.me, case.answers, case.absent, case.waited)
    assert verdict.verdict == case.verdict, verdict
    for text in case.says:
        assert text in verdict.reason, verdict
    if case.winner:
        assert verdict.words["winner"] == case.winner
    if case.voters:
        assert verdict.voters == case.voters
    if case.verdict in {"park", "wait"}:
        assert verdict.words["until"], "a member that waits says what it waits for"


HEAD = "answer member=g3 epoch=0123456789abcdef phase=parked"


@pytest.mark.parametrize(
    "line",
    [
        "answer",
        "answer member=g3",
        "answer member=g3 epoch=xyz phase=parked data=none",
        "answer member=g3 epoch=0123456789abcdef phase=dead data=none",
        "answer member=g3 epoch=0123456789abcdef phase=primary data=unknown uuid=-",
        "answer member=a[$(id)] epoch=0123456789abcdef phase=parked data=none",
        f"{HEAD} data=position uuid={UUID_A} seqno=-1",
        f"{HEAD} data=position uuid={UUID_A} seqno=08",
        f"{HEAD} data=position uuid={UUID_A} seqno=9999999999999999999",
        f"{HEAD} data=position uuid=- seqno=5",
        f"{HEAD} data=position uuid={UUID_A} seqno=5 seqno=5",
        f"{HEAD} data=none view_uuid={UUID_A} view_seqno=x view=g3",
        f"{HEAD} data=none lineage=5",
    ],
)
def test_a_malformed_answer_is_silence(decider: Decider, line: str) -> None:
    verdict = decider.decide("g1", (crashed("g1", 50), crashed("g2", 50), line))
    assert verdict.verdict == "park"
    assert "g3 did not answer" in verdict.reason


def test_words_of_a_later_version_are_passed_over(decider: Decider) -> None:
    newer = crashed("g2", 40).line() + " mood=good"
    assert decider.decide("g1", (crashed("g1", 50), newer, crashed("g3", 50))).verdict == "bootstrap"


def test_a_line_that_is_no_answer_is_refused(decider: Decider) -> None:
    assert decider.raw("self g1\nnonsense").words == {"verdict": "broken"}
