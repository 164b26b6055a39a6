"""decide.sh, rule 1: a Primary answers, so join it, unless that throws data away."""

import pytest

from tests.unit.services.galera.cases import ALL, Case, blank, check, crashed, null, primary
from tests.unit.services.galera.tables import UUID_A, UUID_B, Answer, Decider

CASES = [
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
        name="beyond the Primary's part there are only views",
        answers=(crashed("g1", 20, quiet="16"), primary("g2", lineage="15/ab")),
        verdict="join",
        discard="views",
    ),
    Case(
        name="beyond the Primary's part there is a transaction before the views",
        answers=(crashed("g1", 20, quiet="17"), primary("g2", lineage="15/ab")),
        verdict="park",
    ),
    Case(
        name="only views, and all of them the Primary's too",
        answers=(crashed("g1", 15, quiet="14"), primary("g2", lineage="15/ab")),
        verdict="join",
    ),
    Case(
        name="only views do not outweigh another history",
        answers=(Answer(member="g1", uuid=UUID_B, seqno=7, quiet="1"), primary("g2")),
        verdict="park",
    ),
    Case(
        name="a component that a promotion left behind is still Primary",
        answers=(
            crashed("g1", 12),
            primary("g2", view=("g2",), lineage="15/ab"),
            primary("g3", view=("g3",)),
        ),
        verdict="wait",
        says=("g3 is Primary too", "g2 went on without from seqno 15"),
    ),
    Case(
        name="two components are Primary, and both were promoted",
        answers=(
            crashed("g1", 12),
            primary("g2", view=("g2",), lineage="15/ab"),
            primary("g3", view=("g3",), lineage="14/cd"),
        ),
        verdict="park",
        says=("two components of one history", "g2", "g3"),
    ),
    Case(
        name="one Primary whose members have not all seen its newest view",
        answers=(crashed("g1", 12), primary("g2", view=("g2", "g3")), primary("g3", view=("g3",))),
        verdict="join",
    ),
    Case(
        name="a Primary member that lost its notes does not make us forget",
        answers=(crashed("g1", 20), primary("g2"), primary("g3", lineage="15/ab")),
        verdict="park",
    ),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name.replace(" ", "-"))
def test_case(decider: Decider, case: Case) -> None:
    check(decider, case)
