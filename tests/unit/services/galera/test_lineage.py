"""What a member remembers of where its history was bootstrapped again."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.unit.services.galera.shell import FakePeers, Shell
from tests.unit.services.galera.tables import UUID_A, UUID_B

KEPT = 24


def bootstraps(shell: Shell, *seqnos: int) -> list[str]:
    """The lineage after bootstraps at these positions, each with a first view behind it."""
    script = f"""
        for seqno in {" ".join(map(str, seqnos))}; do
            extend_lineage {UUID_A} $seqno
            note "$keep_dir/view" "{UUID_A} $((seqno + 1)) galera-1"
        done
        noted "$keep_dir/lineage" -
    """
    return shell.run(script).split(",")


def test_bootstraps_are_remembered_in_order(shell: Shell) -> None:
    assert [point.partition("/")[0] for point in bootstraps(shell, 5, 9, 9, 30)] == ["5", "9", "9", "30"]


def test_the_oldest_and_the_newest_are_kept(shell: Shell) -> None:
    script = "lineage=-; for ((n = 100; n < LAST; n++)); do lineage=$(lineage_with $lineage $n aa); done; "
    lineage = shell.run(script + 'printf "%s" "$lineage"', LAST=str(100 + 2 * KEPT + 12)).split(",")
    numbers = [int(point.partition("/")[0]) for point in lineage]
    assert numbers[:KEPT] == list(range(100, 100 + KEPT))
    assert lineage[KEPT] == f"{100 + KEPT}/0"
    assert numbers[KEPT + 1 :] == list(range(100 + KEPT + 12, 100 + 2 * KEPT + 12))


def test_a_point_that_the_data_never_reached_is_forgotten(shell: Shell) -> None:
    """It was to join a Primary that had been bootstrapped at 12, and did not."""
    (shell.keep / "lineage").write_text("7/aa,12/bb\n")
    assert [point.partition("/")[0] for point in bootstraps(shell, 10)] == ["7", "10"]


def own(shell: Shell, phase: str, seqno: int) -> str:
    return shell.run(f"read_view; own_lineage {phase} position {UUID_A} {seqno}")


def test_bootstraps_that_never_got_a_view_leave_nothing(shell: Shell) -> None:
    """A server that does not start is tried again and again, and must not push out what others remember."""
    (shell.keep / "lineage").write_text("7/aa,9/bb\n")
    (shell.keep / "view").write_text(f"{UUID_A} 11 galera-1,galera-2\n")
    lineage = shell.run(f"for n in 1 2 3 4 5; do extend_lineage {UUID_A} 12; done; noted $keep_dir/lineage")
    assert lineage.startswith("7/aa,9/bb,12/")
    assert lineage.count(",") == 2
    assert own(shell, "parked", 12) == "7/aa,9/bb"
    assert own(shell, "primary", 12) == lineage


@pytest.mark.parametrize(
    ("view", "seqno"),
    [
        (f"{UUID_A} 13 galera-1", 12),
        (f"{UUID_A} 13 galera-1", 13),
        (f"{UUID_A} 11 galera-1,galera-2", 13),
        (f"{UUID_A} -1 galera-1", 12),
        (f"{UUID_B} 11 galera-1", 12),
        ("", 12),
    ],
)
def test_whatever_may_have_been_seen_is_kept(shell: Shell, view: str, seqno: int) -> None:
    (shell.keep / "view").write_text(f"{UUID_A} 11 galera-1,galera-2\n")
    shell.run(f"extend_lineage {UUID_A} 12")
    (shell.keep / "view").write_text(view)
    assert own(shell, "parked", seqno).startswith("12/")


def test_peers_are_told_the_lineage_that_counts(shell: Shell) -> None:
    shell.rest(seqno=12, uuid=UUID_A, view="galera-1,galera-2", view_seqno=11)
    shell.run(f"extend_lineage {UUID_A} 12")
    assert " lineage=- " in shell.run("own_answer")
    (shell.keep / "view").write_text(f"{UUID_A} 13 galera-1\n")
    assert " lineage=12/" in shell.run("own_answer")


PRIMARY = f"answer member=galera-2 phase=primary uuid={UUID_A} lineage="


@pytest.mark.parametrize(
    ("own_lineage", "heard", "learnt"),
    [
        ("5/aa", ["5/aa,12/bb"], "5/aa,12/bb"),
        ("-", ["12/bb"], "12/bb"),
        ("5/aa", ["5/aa", "5/aa,12/bb"], "5/aa,12/bb"),
        ("5/aa,12/bb", ["5/aa"], "5/aa,12/bb"),
        ("5/aa,12/bb", ["-"], "5/aa,12/bb"),
        ("5/aa,11/cc", ["5/aa,12/bb"], "5/aa,11/cc"),
        ("5/aa", [], "5/aa"),
    ],
)
def test_a_joiner_learns_the_last_point_it_missed(
    shell: Shell, own_lineage: str, heard: list[str], learnt: str
) -> None:
    (shell.keep / "lineage").write_text(own_lineage + "\n")
    answers = "".join(f"{PRIMARY}{lineage} view=-\n" for lineage in heard)
    shell.run(f"learn_lineage {UUID_A}", stdin=answers)
    assert shell.run('noted "$keep_dir/lineage"') == learnt


def test_only_a_primary_of_this_history_teaches(shell: Shell) -> None:
    (shell.keep / "lineage").write_text("5/aa\n")
    answers = f"{PRIMARY}5/aa,12/bb\n".replace("primary", "parked") + f"{PRIMARY}5/aa,12/bb\n"
    shell.run(f"learn_lineage {UUID_B}", stdin=answers)
    assert shell.run('noted "$keep_dir/lineage"') == "5/aa"


def test_who_gave_a_vote_meanwhile_does_not_join(peers: FakePeers) -> None:
    """Its answers are older than the vote; who got it may bootstrap by now."""
    shell = peers.member("galera-1", "10.0.0.1")
    grant = "grant_vote galera-2 ee aa $(noted $run_dir/epoch); "
    refused = shell.run(f"seen=$(promised); {grant} vote_to_join $seen || printf ' stays'; phase")
    assert refused == "granted staysparked"
    assert shell.run("seen=$(promised); vote_to_join $seen || printf 'stays '; phase") == "joining"
    assert shell.run(grant).startswith("not-now"), "and who joins gives no vote"


lives = st.lists(st.integers(0, 3), min_size=1, max_size=130)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=lives, away=st.integers(0, 129))
def test_who_was_away_is_never_taken_to_be_beyond_what_it_left(
    shell: Shell, steps: list[int], away: int
) -> None:
    """A member leaves after some bootstraps, at their last position. Its data is a part of what goes on:
    nobody may say that it holds more, unless the points that would tell are left out.
    """
    script = "lineage=- seqno=0 left=- at=0 n=0\n"
    for number, step in enumerate(steps):
        script += f"seqno=$((seqno + {step})); lineage=$(lineage_with $lineage $seqno {number + 1:x}a)\n"
        if number == min(away, len(steps) - 1):
            script += "left=$lineage at=$seqno\n"
    script += (
        "lineage_parting $left $lineage && ((at > parting)) && printf '%s' $parting; printf ' %s' $lineage"
    )
    beyond, _, lineage = shell.run(script).partition(" ")
    if beyond:
        assert "/0," in lineage
        assert lineage.split(",")[KEPT] == f"{beyond}/0"


def primary(
    peers: FakePeers,
    number: int,
    lineage: str,
    *,
    view_seqno: int = 13,
    view: str = "galera-1,galera-2",
) -> Shell:
    """One of the members that run in a Primary view, by default of two."""
    shell = peers.member(f"galera-{number}", f"10.0.0.{number}")
    (shell.run_dir / "phase").write_text("joining\n")
    (shell.run_dir / "was_primary").write_text("yes\n")
    (shell.run_dir / "status").write_text(f"synced yes {UUID_A}\n")
    (shell.run_dir / "view_now").write_text(f"{UUID_A} {view_seqno}\n")
    (shell.keep / "view").write_text(f"{UUID_A} {view_seqno} {view}\n")
    (shell.keep / "lineage").write_text(lineage + "\n")
    return shell


@pytest.mark.parametrize(
    ("theirs", "their_view", "learnt"),
    [("5/aa,12/bb", 13, "5/aa,12/bb"), ("5/aa,12/bb", 14, "5/aa"), ("5/aa", 13, "5/aa")],
    ids=["promoted", "in another component", "nothing new"],
)
def test_a_component_learns_the_point_of_its_promotion(
    peers: FakePeers, theirs: str, their_view: int, learnt: str
) -> None:
    own = primary(peers, 1, "5/aa")
    primary(peers, 2, theirs, view_seqno=their_view)
    left = own.run(
        'learnt_in="" lessons=0 taught=-1 tick=1; learn_from_component primary; printf "%s" "$lessons"'
    )
    assert own.run('noted "$keep_dir/lineage"') == learnt
    assert left == ("0" if their_view == 13 else "4")


@pytest.mark.parametrize(
    ("view", "learnt"),
    [("galera-1,galera-2", "5/aa,12/bb"), ("galera-2,galera-3", "5/aa"), ("galera-2", "5/aa")],
    ids=["its Primary", "another component", "promoted alone"],
)
def test_who_becomes_primary_learns_of_its_own_component_only(
    peers: FakePeers, view: str, learnt: str
) -> None:
    """Two thawed members that are Primary once more hear the promoted one: its point is not theirs."""
    own = primary(peers, 1, "5/aa")
    primary(peers, 2, "5/aa,12/bb", view=view)
    own.run("action=join taught=-1; watch_change primary")
    assert own.run('noted "$keep_dir/lineage"') == learnt


def test_who_is_too_slow_to_teach_is_asked_again_now_and_then(peers: FakePeers) -> None:
    own = primary(peers, 1, "5/aa")
    primary(peers, 2, "5/aa,12/bb")
    asked = own.run("""
        learnt_in="" lessons=0 taught=-1 asked=""
        eval "really_$(declare -f ask_all)"
        ask_all() { echo "$tick" >>"$run_dir/asked"; ((tick < 90)) || really_ask_all; }
        for ((tick = 1; tick <= 180; tick++)); do learn_from_component primary; done
        paste -sd' ' "$run_dir/asked"
    """)
    assert asked == "1 2 3 4 30 60 90"
    assert own.run('noted "$keep_dir/lineage"') == "5/aa,12/bb"


#: In a view with galera-3; then without quorum; then found by galera-1, which was promoted meanwhile.
MERGED = """
leave_to_vote() { echo left; }
learnt_in="" lessons=0 taught=-1 tick=1 action=join
learn_from_component primary
LOST
note "$keep_dir/view" "UUID 20 galera-1,galera-2"
note "$run_dir/view_now" "UUID 20"
watch_change primary >/dev/null
learn_from_component primary
"""
BEYOND = "5/aa,12/bb"


@pytest.mark.parametrize(
    ("theirs", "lost", "mate", "stops"),
    [
        (BEYOND, 'note "$run_dir/lost" 13', "5/aa", True),
        (BEYOND, "", "5/aa", False),  # it was galera-1 that had lost the quorum
        (BEYOND, 'note "$run_dir/lost" 11', "5/aa", False),  # long ago
        ("5/aa,13/bb", 'note "$run_dir/lost" 13', "5/aa", False),  # from where this member stands
        ("5/aa,12/bb", 'note "$run_dir/lost" 13', "5/aa,12/bb", False),  # which it had learnt from its mate
        (BEYOND, 'note "$run_dir/lost" 13', None, False),  # it may have been there, and not have learnt of it
    ],
)
def test_who_was_left_behind_and_merges_again_settles(
    peers: FakePeers, theirs: str, lost: str, mate: str | None, stops: bool
) -> None:
    own = primary(peers, 2, "5/aa", view="galera-2,galera-3")
    primary(peers, 1, theirs, view_seqno=20)
    if mate is not None:
        primary(peers, 3, mate, view="galera-2,galera-3")
    said = own.run(MERGED.replace("LOST", lost).replace("UUID", UUID_A))
    assert ("left" in said.splitlines()) == stops
    assert own.run('noted "$keep_dir/lineage"') == ("5/aa" if stops else theirs)
