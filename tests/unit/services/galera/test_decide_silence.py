"""decide.sh, rules 3 and 5: who counts and is silent, and who is absent by the operator's word."""

import pytest

from tests.unit.services.galera.cases import Case, blank, check, crashed, null
from tests.unit.services.galera.tables import UUID_A, Answer, Decider

SILENT = [
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

ABSENT = [
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


@pytest.mark.parametrize("case", SILENT + ABSENT, ids=lambda case: case.name.replace(" ", "-"))
def test_case(decider: Decider, case: Case) -> None:
    check(decider, case)
