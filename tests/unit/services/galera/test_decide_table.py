"""decide.sh on what it reads: its own answer, malformed ones, later versions' ones."""

import pytest

from tests.unit.services.galera.cases import Case, check, crashed, primary
from tests.unit.services.galera.tables import UUID_A, Decider

CASES = [
    Case(name="our own answer is missing", answers=(crashed("g2", 50),), verdict="wait"),
    Case(
        name="our own position is not final",
        answers=(crashed("g1", 50, phase="recovering"), primary("g2")),
        verdict="wait",
    ),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name.replace(" ", "-"))
def test_case(decider: Decider, case: Case) -> None:
    check(decider, case)


HEAD = "answer member=g3 epoch=0123456789abcdef phase=parked"


@pytest.mark.parametrize(
    "line",
    [
        "answer",
        "answer member=g3",
        "answer member=g3 epoch=xyz phase=parked data=none",
        f"answer member=g3 epoch={'0' * 7} phase=parked data=none",
        f"answer member=g3 epoch={'0' * 65} phase=parked data=none",
        "answer member=g3 epoch=0123456789abcdef phase=dead data=none",
        "answer member=g3 epoch=0123456789abcdef phase=primary data=unknown uuid=-",
        "answer member=a[$(id)] epoch=0123456789abcdef phase=parked data=none",
        f"{HEAD} data=position uuid={UUID_A} seqno=-1",
        f"{HEAD} data=position uuid={UUID_A} seqno=08",
        f"{HEAD} data=position uuid={UUID_A} seqno=9999999999999999999",
        f"{HEAD} data=position uuid=- seqno=5",
        f"{HEAD} data=position uuid={UUID_A} seqno=5 seqno=5",
        f"{HEAD} data=none view_uuid={UUID_A} view_seqno=x view=g3",
        f"{HEAD} data=none view_uuid={UUID_A} view_seqno=5 view=g3,{'g' * 64}",
        f"{HEAD} data=none view_uuid={UUID_A} view_seqno=5 view=g3,,g1",
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
