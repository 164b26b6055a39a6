"""The form of decide.sh's table cases, and the members that most of them begin with."""

from dataclasses import dataclass

from tests.unit.services.galera.tables import Answer, Decider

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
    discard: str = ""


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


def check(decider: Decider, case: Case) -> None:
    """The verdict is the case's, and says what it has to."""
    verdict = decider.decide(case.me, case.answers, case.absent, case.waited)
    assert verdict.verdict == case.verdict, verdict
    for text in case.says:
        assert text in verdict.reason, verdict
    if case.winner:
        assert verdict.words["winner"] == case.winner
    if case.voters:
        assert verdict.voters == case.voters
    if case.discard:
        assert verdict.words["discard"] == case.discard
    if case.verdict in {"park", "wait"}:
        assert verdict.words["until"], "a member that waits says what it waits for"
