"""What decide.sh promises whatever the table says."""

from collections.abc import Sequence

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.unit.services.galera.tables import UUID_A, UUID_B, Answer, Decider

NAMES = ("g1", "g2", "g3", "g4")
many = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])

names = st.sampled_from(NAMES)
views = st.lists(names, max_size=4, unique=True).map(tuple)
aheads = st.sampled_from(["-", "-", "-", "g1", "g2,g3"])
lineages = st.sampled_from(["-", "-", "-", "3/a", "3/a,6/b", "6/c"])


@st.composite
def answers(draw: st.DrawFn, *, phases: Sequence[str], uuids: Sequence[str] = (UUID_A,)) -> list[Answer]:
    """Answers of some of the members, in any state that the protocol can express."""
    chosen = draw(st.lists(names, min_size=1, max_size=4, unique=True))
    return [
        Answer(
            member=member,
            phase=draw(st.sampled_from(phases)),
            data=draw(
                st.sampled_from(["position", "position", "position", "null", "none", "foreign", "unknown"])
            ),
            uuid=draw(st.sampled_from(uuids)),
            seqno=draw(st.integers(0, 9)),
            view=draw(views),
            view_seqno=draw(st.integers(-1, 5)),
            view_uuid=draw(st.sampled_from(uuids)),
            lineage=draw(lineages),
            quiet=draw(st.sampled_from(["-", "-", "4"])),
            ahead=draw(aheads),
            permit=draw(st.sampled_from([False, False, False, True])),
            safe=draw(st.integers(0, 1)),
        )
        for member in chosen
    ]


resting = answers(phases=["parked"])
anything = answers(
    phases=["parked"] * 8 + ["failed", "recovering", "joining", "bootstrapping", "primary", "nonprimary"],
    uuids=[UUID_A, UUID_A, UUID_A, UUID_B],
)
absents = st.lists(names, max_size=2, unique=True)


def left_behind(one: Answer, table: Sequence[Answer]) -> bool:
    """Somebody of the Primary that it parked beside is here, with its data."""
    return any(
        other.data == "position" and other.uuid == one.uuid
        for other in table
        if other.member in one.ahead.split(",")
    )


def forked(one: Answer, other: Answer) -> bool:
    """The other's lineage has a point, unknown to this one, that this one's data is beyond."""
    entries = {entry for entry in other.lineage.split(",") if entry != "-"} - set(one.lineage.split(","))
    return any(int(entry.partition("/")[0]) < one.seqno for entry in entries)


@many
@given(table=anything, absent=absents)
def test_one_table_has_at_most_one_winner(decider: Decider, table: list[Answer], absent: list[str]) -> None:
    verdicts = {one.member: decider.decide(one.member, table, absent) for one in table}
    starters = [name for name, verdict in verdicts.items() if verdict.verdict in {"bootstrap", "birth"}]
    assert len(starters) <= 1, verdicts
    for name in starters:
        for other, verdict in verdicts.items():
            assert verdict.verdict != "join", (name, other)


@many
@given(table=anything, absent=absents, data=st.data())
def test_the_order_of_the_answers_does_not_matter(
    decider: Decider, table: list[Answer], absent: list[str], data: st.DataObject
) -> None:
    shuffled = data.draw(st.permutations(table))
    me = data.draw(st.sampled_from(table)).member
    assert decider.decide(me, table, absent) == decider.decide(me, shuffled, list(reversed(absent)))


@many
@given(table=anything, absent=absents)
def test_who_bootstraps_has_heard_all_that_count_and_holds_the_most(
    decider: Decider, table: list[Answer], absent: list[str]
) -> None:
    heard = {one.member: one for one in table}
    for one in table:
        verdict = decider.decide(one.member, table, absent)
        if verdict.verdict != "bootstrap":
            continue
        assert one.phase == "parked"
        assert one.data == "position"
        assert verdict.voters == set(heard) - {one.member}
        assert {other.phase for other in table} <= {"parked", "failed"}
        assert not left_behind(one, table)
        positioned = [other for other in table if other.data == "position"]
        assert {other.uuid for other in positioned} == {one.uuid}
        views = [other for other in table if other.view]
        assert {other.view_uuid for other in views} == {one.uuid}
        deciding = [other for other in views if not left_behind(other, table)]
        counting = [other for other in deciding if set(other.view) - set(absent)]
        newest = max(other.view_seqno for other in counting)
        for other in counting:
            if other.view_seqno in {newest, -1}:
                assert set(other.view) - set(absent) <= set(heard), "somebody that counts was not heard"
        for other in positioned:
            if other in deciding and other.seqno > one.seqno:
                assert any(forked(other, third) for third in positioned), "a higher position was passed over"


@many
@given(table=resting, data=st.data())
def test_silence_never_helps(decider: Decider, table: list[Answer], data: st.DataObject) -> None:
    """Without the answer of a member of its own newest view, nobody bootstraps."""
    one = data.draw(st.sampled_from(table))
    top = one.but(view=tuple({*one.view, "g9"}), view_seqno=8, ahead="-")
    without = [top, *(other for other in table if other is not one)]
    for other in without:
        assert decider.decide(other.member, without).verdict != "bootstrap"


@many
@given(table=resting)
def test_no_data_never_starts_a_cluster(decider: Decider, table: list[Answer]) -> None:
    for one in table:
        bare = one.but(data="null" if one.data == "null" else "none", permit=False)
        others = [other for other in table if other is not one]
        assert decider.decide(bare.member, [bare, *others], NAMES).verdict not in {"bootstrap", "birth"}


@many
@given(table=anything, safe=st.lists(st.integers(0, 1), min_size=4, max_size=4))
def test_safe_to_bootstrap_changes_nothing(decider: Decider, table: list[Answer], safe: list[int]) -> None:
    marked = [one.but(safe=safe[index]) for index, one in enumerate(table)]
    for one in table:
        assert decider.decide(one.member, table) == decider.decide(one.member, marked)


@many
@given(table=answers(phases=["parked", "primary"], uuids=[UUID_A, UUID_B]))
def test_data_of_another_history_is_never_joined_away(decider: Decider, table: list[Answer]) -> None:
    primaries = {one.uuid for one in table if one.phase == "primary"}
    for one in table:
        if one.phase == "parked" and decider.decide(one.member, table).verdict == "join":
            assert len(primaries) == 1
            assert one.data in {"none", "null"} or (one.data == "position" and one.uuid in primaries)
