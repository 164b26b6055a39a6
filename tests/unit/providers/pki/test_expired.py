"""Who may be missing while certificates that have expired are renewed one by one."""

from datetime import UTC, datetime, timedelta

import pytest

from providers.pki import waits_for_renewal_only

NOW = datetime(2030, 1, 1, tzinfo=UTC)
SHOWN = {"+": NOW + timedelta(days=700), "-": NOW - timedelta(days=1), ".": None}


@pytest.mark.parametrize(
    ("shown", "missing", "may"),
    [
        # One character for each member, the first is asked for: + good, - expired, . shows none.
        ("+--", None, True),
        ("++-", None, False),
        ("+-.", None, False),
        ("+..", None, False),
        ("+++", None, False),
        ("---", None, False),
        (".--", None, False),
        ("+----", None, True),
        ("++---", None, True),
        ("+++--", None, False),
        ("++-", "3", True),
        ("++-", "2", False),
        ("++-", "23", False),
        ("+-.", "3", False),
        ("+-.", "23", False),
        ("+++", "3", False),
        ("+++--", "45", True),
        ("+++--", "345", False),
        ("--+", "2", False),
        ("++-", "another", False),
        ("++-", "", False),
    ],
)
def test_who_may_be_missing(shown: str, missing: str | None, may: bool) -> None:
    until = {str(number): SHOWN[sign] for number, sign in enumerate(shown, 1)}
    names = [missing] if missing == "another" else missing
    assert waits_for_renewal_only("1", until, missing=names, now=NOW) is may


def test_one_that_ends_this_moment_has_expired() -> None:
    until = {"1": NOW + timedelta(seconds=1), "2": NOW, "3": NOW}
    assert waits_for_renewal_only("1", until, missing=None, now=NOW)


def test_without_anybody_there_is_nothing_to_wait_for() -> None:
    assert not waits_for_renewal_only("1", {}, missing=None, now=NOW)
