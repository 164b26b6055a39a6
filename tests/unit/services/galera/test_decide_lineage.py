"""decide.sh where two members' lineages of one history part: it is looked up from both sides, whatever points
either has left out."""

import pytest

from tests.unit.services.galera.cases import ALL, Case, check, crashed, null, primary
from tests.unit.services.galera.tables import Decider


def points(*numbers: int) -> str:
    return ",".join(f"{number}/{number:x}a" for number in numbers)


#: Sixty bootstraps, as a member that was there at all of them remembers them.
LONG = ",".join([points(*range(1, 25)), "25/0", points(*range(37, 61))])

JOIN = [
    Case(
        name="our branch was left, and the Primary's lineage has nothing of it",
        answers=(crashed("g1", 20, lineage="12/ab"), primary("g2", lineage="15/cd")),
        verdict="park",
        says=("12", "went on without them"),
    ),
    Case(
        name="our branch was left, and the Primary never was bootstrapped again",
        answers=(crashed("g1", 20, lineage="12/ab"), primary("g2")),
        verdict="park",
        says=("12",),
    ),
    Case(
        name="our branch was left where it began: we hold nothing of it",
        answers=(crashed("g1", 12, lineage="12/ab"), primary("g2", lineage="15/cd")),
        verdict="join",
    ),
    Case(
        name="one point in common, and then another way",
        answers=(crashed("g1", 14, lineage="9/aa,12/ab"), primary("g2", lineage="9/aa,30/cd")),
        verdict="park",
        says=("12",),
    ),
    Case(
        name="the Primary has left out points that we were at",
        answers=(crashed("g1", 70, lineage=points(*range(1, 61))), primary("g2", lineage=LONG)),
        verdict="join",
    ),
    Case(
        name="we have left out points that the Primary remembers",
        answers=(crashed("g1", 70, lineage=LONG), primary("g2", lineage=points(*range(1, 62)))),
        verdict="park",
        says=("61",),
    ),
    Case(
        name="away since before the points that were left out",
        answers=(crashed("g1", 25, lineage=points(*range(1, 25))), primary("g2", lineage=LONG)),
        verdict="join",
    ),
    Case(
        name="where we left lies among the points left out: nobody knows any more",
        answers=(crashed("g1", 31, lineage=points(*range(1, 31))), primary("g2", lineage=LONG)),
        verdict="park",
        says=("25",),
    ),
    Case(
        name="points left out are not in common, however alike they look",
        answers=(crashed("g1", 70, lineage="5/ab,25/0,61/aa"), primary("g2", lineage="5/ab,25/0,62/aa")),
        verdict="park",
        says=("25",),
    ),
    Case(
        name="of two Primary members one has missed the last bootstrap",
        answers=(
            crashed("g1", 40, lineage="9/aa,30/bb"),
            primary("g2", lineage="9/aa"),
            primary("g3", lineage="9/aa,30/bb"),
        ),
        verdict="join",
    ),
]

VOTE = [
    Case(
        name="twenty bootstraps that one of the view has not seen do not part them",
        answers=(
            crashed("g1", 60, lineage=points(*range(1, 61))),
            crashed("g2", 59, lineage=LONG.rpartition(",")[0]),
            crashed("g3", 58, lineage=points(*range(1, 58))),
        ),
        verdict="bootstrap",
        winner="g1",
    ),
    Case(
        name="the longer branch is an outsider's, and began without the end of ours",
        answers=(
            crashed("g1", 40, lineage="12/ab", view=("g1", "g3"), view_seqno=5),
            crashed("g2", 20, view=("g2",), view_seqno=15),
        ),
        me="g2",
        verdict="bootstrap",
        winner="g2",
    ),
    Case(
        name="and the outsider does not",
        answers=(
            crashed("g1", 40, lineage="12/ab", view=("g1", "g3"), view_seqno=5),
            crashed("g2", 20, view=("g2",), view_seqno=15),
        ),
        verdict="park",
        winner="g2",
        says=("went on without",),
    ),
    Case(
        name="two of the view in two branches, each with data of its own",
        answers=(crashed("g1", 40, lineage="12/ab"), crashed("g2", 20), crashed("g3", 10)),
        verdict="park",
        says=("g1", "g2", "different ways"),
    ),
    Case(
        name="one has bootstrapped, and the others have not followed yet",
        answers=(crashed("g1", 40, lineage="12/ab"), crashed("g2", 12), crashed("g3", 10)),
        verdict="bootstrap",
        winner="g1",
    ),
    Case(
        name="who was to join, and did not, has the point but not the data",
        answers=(crashed("g1", 40, lineage="12/ab"), crashed("g2", 10, lineage="12/ab"), null("g3")),
        verdict="bootstrap",
        winner="g1",
    ),
]


@pytest.mark.parametrize("case", JOIN + VOTE, ids=lambda case: case.name.replace(" ", "-"))
def test_case(decider: Decider, case: Case) -> None:
    check(decider, case)


def test_who_decides_does_not_matter(decider: Decider) -> None:
    """Two of the view that parted park both, whichever of them lists the point."""
    for table in (
        (crashed("g1", 40, lineage="12/ab"), crashed("g2", 20), crashed("g3", 10)),
        (crashed("g1", 20), crashed("g2", 40, lineage="12/ab"), crashed("g3", 10)),
        (crashed("g1", 40, lineage="12/ab"), crashed("g2", 20, lineage="15/cd"), crashed("g3", 10)),
    ):
        assert {decider.decide(name, table).verdict for name in ALL} == {"park"}
