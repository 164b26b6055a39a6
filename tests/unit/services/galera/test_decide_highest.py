"""decide.sh, rule 4: all that count answer, and the highest position bootstraps."""

import pytest

from tests.unit.services.galera.cases import ALL, Case, blank, check, crashed, null
from tests.unit.services.galera.tables import UUID_A, UUID_B, Decider

CASES = [
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


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name.replace(" ", "-"))
def test_case(decider: Decider, case: Case) -> None:
    check(decider, case)
