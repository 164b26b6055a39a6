"""When the members of a stack are one whole cluster, and what is said when they are not."""

import pytest

from status.cluster import faults, is_whole
from status.live import MemberNow

UUID, OTHER, NONE = (f"{digit * 8}-0000-0000-0000-{digit * 12}" for digit in "120")
RECORDED = {"clusterUuid": UUID}


def member(number: int, **facts: str) -> MemberNow:
    """One of three members that are well, but for what is said here."""
    well = {"state": "Synced", "status": "Primary", "size": "3", "uuid": UUID}
    return MemberNow(member=f"galera-{number}", server=f"db-{number}", **{**well, **facts})


def three(*facts: dict[str, str]) -> list[MemberNow]:
    """Three members; the last ones are as said here."""
    return [member(n, **one) for n, one in enumerate(({}, {}, {})[len(facts) :] + facts, 1)]


@pytest.mark.parametrize(
    ("members", "recorded"),
    [
        (three(), RECORDED),
        (three(*[{"size": "4"}] * 3), RECORDED),
        (three(*[{"uuid": OTHER}] * 3), {}),
        ([member(1, size="1")], RECORDED),
    ],
    ids=["as recorded", "one more than is known", "nothing recorded yet", "a single one"],
)
def test_whole(members: list[MemberNow], recorded: dict[str, str]) -> None:
    assert is_whole(recorded, members)
    assert list(faults(recorded, members)) == []


@pytest.mark.parametrize(
    ("members", "said"),
    [
        ([], ["no member is known"]),
        (three({"state": "Donor/Desynced"}), []),
        (three({"state": "silent", "status": "", "size": "", "uuid": ""}), []),
        (three({"status": "non-Primary"}), ["galera-3 is non-Primary"]),
        (three({"status": ""}), ["galera-3 is not Primary"]),
        (three({"uuid": OTHER, "size": "1"}), ["in 2 clusters"]),
        (three({"uuid": OTHER, "state": "Joined"}), ["in 2 clusters"]),
        (three({"uuid": NONE}), ["galera-3 tells no cluster UUID"]),
        (three({"uuid": ""}), ["galera-3 tells no cluster UUID"]),
        (three({"size": "1"}), ["galera-3 is in a component of 1"]),
        (three({"size": ""}), ["galera-3 is in a component of 0"]),
        (three(*[{"uuid": OTHER}] * 3), [f"in cluster {OTHER}, while the stack recorded {UUID}"]),
    ],
)
def test_not_whole(members: list[MemberNow], said: list[str]) -> None:
    assert not is_whole(RECORDED, members)
    assert list(faults(RECORDED, members)) == said


def test_two_that_hold_together_without_the_third_are_no_fault_of_theirs() -> None:
    gone = {"state": "parked", "status": "", "size": "", "uuid": ""}
    members = three({"size": "2"}, {"size": "2"}, gone)
    assert not is_whole(RECORDED, members)
    assert list(faults(RECORDED, members)) == []
