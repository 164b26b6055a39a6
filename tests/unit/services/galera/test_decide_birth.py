"""decide.sh, rule 2 and birth: who has no data starts nothing, except by a permit."""

import pytest

from tests.unit.services.galera.cases import ALL, Case, blank, check, crashed, null
from tests.unit.services.galera.tables import Answer, Decider

NO_DATA = [
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


@pytest.mark.parametrize("case", NO_DATA + BIRTH, ids=lambda case: case.name.replace(" ", "-"))
def test_case(decider: Decider, case: Case) -> None:
    check(decider, case)
