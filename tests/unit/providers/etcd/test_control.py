"""What etcdctl prints, read back, and what it may print instead."""

import contextlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from providers.etcd.control import Listed, parse_members, parse_status, worst_line
from providers.etcd.errors import EtcdError
from providers.etcd.health import Health, parse_health

IDS = st.integers(1, 2**64 - 1)


@given(
    st.lists(st.tuples(IDS, st.text(max_size=9), st.lists(st.text(max_size=9)), st.booleans()), max_size=5)
)
def test_members_are_read_as_listed(members: list[tuple[int, str, list[str], bool]]) -> None:
    listed = []
    for number, name, urls, is_learner in members:
        entry: dict[str, object] = {"ID": number, "peerURLs": urls}
        # etcd leaves out what is empty.
        entry |= {"name": name} if name else {}
        entry |= {"isLearner": True} if is_learner else {}
        listed.append(entry)
    view = parse_members(json.dumps({"header": {"cluster_id": 2**64 - 1}, "members": listed}))
    assert view.cluster_id == "f" * 16
    assert view.members == tuple(
        Listed(member_id=f"{number:x}", name=name, peer_urls=tuple(urls), is_learner=is_learner)
        for number, name, urls, is_learner in members
    )


def test_a_status_with_an_alarm_and_no_leader() -> None:
    status = {
        "header": {"member_id": 10},
        "version": "3.6.6",
        "dbSize": 7,
        "errors": ["etcdserver: no leader"],
    }
    seen = parse_status(json.dumps([{"Endpoint": "e", "Status": status}]))
    assert (seen.member_id, seen.leader, seen.errors) == ("a", "", ("etcdserver: no leader",))


@given(st.text(max_size=40))
def test_anything_else_is_an_error_of_ours(text: str) -> None:
    for parse in (parse_members, parse_status, parse_health):
        with contextlib.suppress(EtcdError):
            parse(text)


@pytest.mark.parametrize("text", ["", "[]", "null", '"x"', "3", "[3]"])
def test_wrong_shapes(text: str) -> None:
    for parse in (parse_status, parse_health):
        with pytest.raises(EtcdError):
            parse(text)


@pytest.mark.parametrize(
    ("error", "health"),
    [
        ("", Health()),
        ("context deadline exceeded", Health(sick={"e": "context deadline exceeded"})),
        ("Active Alarm(s): NOSPACE ", Health(is_full=True)),
        ("Active Alarm(s): NOSPACE NOSPACE ", Health(is_full=True)),
        ("Active Alarm(s): CORRUPT ", Health(sick={"e": "Active Alarm(s): CORRUPT "})),
        ("Active Alarm(s): NOSPACE CORRUPT ", Health(sick={"e": "Active Alarm(s): NOSPACE CORRUPT "})),
        ("Unable to fetch the alarm list", Health(sick={"e": "Unable to fetch the alarm list"})),
    ],
)
def test_the_alarm_of_a_full_database_is_told_from_sickness(error: str, health: Health) -> None:
    entry: dict[str, object] = {"endpoint": "e", "health": not error, "took": "1ms"}
    assert parse_health(json.dumps([{**entry, **({"error": error} if error else {})}])) == health


@pytest.mark.parametrize(
    ("log", "worst"),
    [
        ("", ""),
        ("plain text\n", "plain text"),
        ('{"level":"info","msg":"a"}\n', "a"),
        ('{"level":"error","msg":"a","error":"b"}\n{"level":"info","msg":"c"}\n', "a b"),
        ('"text"\n3\n', ""),
    ],
)
def test_the_worst_line_of_a_log(log: str, worst: str) -> None:
    assert worst_line(log) == worst
