"""Asking, answering and voting between members, over fake connections."""

import subprocess

import pytest
from hypothesis import settings

from tests.unit.services.galera.shell import FakePeers, Shell
from tests.unit.services.galera.tables import UUID_A, Answer

VIEW = "galera-1,galera-2,galera-3"
ASK = 'ask_all >"$run_dir/answers"; '
WIN = f'vote_attempt=$(new_id); {ASK} win_votes "$VOTERS" <"$run_dir/answers" && printf won'


def three(peers: FakePeers) -> list[Shell]:
    members = [peers.member(f"galera-{n}", f"10.0.0.{n}") for n in (1, 2, 3)]
    for member in members:
        member.rest(seqno=50, uuid=UUID_A, view=VIEW, view_seqno=10)
    return members


def asked(shell: Shell) -> dict[str, dict[str, str]]:
    answers: dict[str, dict[str, str]] = {}
    for line in shell.run("ask_all").splitlines():
        words = dict(word.split("=", 1) for word in line.split()[1:])
        answers[words["member"]] = words
    return answers


def test_everybody_is_heard(peers: FakePeers) -> None:
    one, _, three_ = three(peers)
    three_.rest(seqno=51, uuid=UUID_A)
    answers = asked(one)
    assert set(answers) == {"galera-2", "galera-3"}
    assert answers["galera-3"]["seqno"] == "51"
    assert answers["galera-3"]["address"] == "10.0.0.3"
    assert answers["galera-2"]["view"] == VIEW


def test_who_is_gone_is_silent(peers: FakePeers) -> None:
    one, *_ = three(peers)
    peers.cut("10.0.0.2")
    assert set(asked(one)) == {"galera-3"}


def test_who_is_slow_is_heard_by_who_waits(peers: FakePeers) -> None:
    """No answer on a busy machine takes less than the first limit: it grows until one is heard."""
    one, two, _ = three(peers)
    peers.cut("10.0.0.3")
    (two.run_dir / "phase").write_text("failed\n")
    # Who answers seals twice: what was asked, and what it says.
    with (peers.root / "peers" / two.address / "environment").open("a") as environment:
        environment.write("export busy=0.6\n")
    peers.program("sha256sum", 'sleep "${busy:-0}"; exec /usr/bin/sha256sum')
    assert one.run("ask_limit=1; ask_all") == ""
    assert " phase=failed " in one.run("set_ask_limit 600; ask_all")


@pytest.mark.parametrize(
    ("waited", "limit"), [(0, "2"), (4, "2"), (5, "3"), (39, "9"), (90, "20"), (4000, "20")]
)
def test_how_long_an_answer_may_take(shell: Shell, waited: int, limit: str) -> None:
    assert shell.run(f'set_ask_limit {waited}; printf "%s" "$ask_limit"') == limit


def test_without_the_token_nobody_learns_anything(peers: FakePeers) -> None:
    one, two, _ = three(peers)
    (two.run_dir / "exchange_token").write_text("another\n")
    assert set(asked(one)) == {"galera-3"}
    (one.run_dir / "exchange_token").write_text("")
    assert asked(one) == {}


@pytest.mark.parametrize(
    "request_",
    [
        "",
        "ask",
        "ask test galera-2 e - - nonce " + "0" * 64,
        "ask $(id) `id` e - - n s",
        "x" * 5000,
        "\x00\xff",
    ],
)
def test_an_unsealed_request_gets_silence(shell: Shell, request_: str) -> None:
    assert shell.run("serve_request", stdin=request_ + "\n") == ""


def test_a_request_of_another_cluster_gets_silence(shell: Shell) -> None:
    script = 'r="ask other galera-2 e - - n"; printf "%s %s\\n" "$r" "$(seal "request $r")" | serve_request'
    assert shell.run(script) == ""
    assert shell.run(script.replace("other", "test")).startswith("answer member=galera-1 ")


def test_an_old_reply_is_no_answer(peers: FakePeers) -> None:
    one, two, _ = three(peers)
    script = 'r="ask test galera-1 e - - old"; printf "%s %s\\n" "$r" "$(seal "request $r")" | serve_request'
    reply = two.run(script)
    peers.program("socat", f"cat <<'END'\n{reply}\nEND")
    assert asked(one) == {}


def test_votes_of_all_are_won_and_shown(peers: FakePeers) -> None:
    one, two, three_ = three(peers)
    assert one.run(WIN, VOTERS="galera-2,galera-3") == "won"
    for member in (one, two, three_):
        assert (member.keep / "vote").read_text().startswith("galera-1/")


def test_a_promised_vote_is_not_given_twice(peers: FakePeers) -> None:
    one, two, three_ = three(peers)
    assert one.run(WIN, VOTERS="galera-2,galera-3") == "won"
    assert two.run(WIN, VOTERS="galera-1,galera-3") == ""
    assert (three_.keep / "vote").read_text().startswith("galera-1/")
    assert (two.keep / "vote").read_text().startswith("galera-1/")


def test_who_does_not_win_all_keeps_none(peers: FakePeers) -> None:
    one, two, three_ = three(peers)
    (three_.keep / "vote").write_text("galera-9/aa/bb\n")
    assert one.run(WIN, VOTERS="galera-2,galera-3") == ""
    assert not (one.keep / "vote").exists()
    assert not (two.keep / "vote").exists()


@pytest.mark.parametrize("phase", ["recovering", "joining", "bootstrapping", "stopping"])
def test_a_member_that_moves_gives_no_vote(peers: FakePeers, phase: str) -> None:
    one, two, _ = three(peers)
    (two.run_dir / "phase").write_text(phase + "\n")
    assert one.run(WIN, VOTERS="galera-2,galera-3") == ""


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (
            'printf "galera-9/aa/bb\\n" >"$keep_dir/vote"',
            "galera-2 did not give its vote: it is promised to another",
        ),
        ("set_phase joining", "galera-2 did not give its vote: it does not stand still"),
        (': >"$run_dir/full"', "galera-2 did not give its vote: it cannot write"),
    ],
)
def test_a_refused_vote_tells_why(peers: FakePeers, make: str, reason: str) -> None:
    one, two, _ = three(peers)
    peers.program("sync", "[[ ! -e $run_dir/full ]]")
    two.run(make)
    assert reason in one.run(WIN + ' || printf "%s" "$vote_refused"', VOTERS="galera-2,galera-3")


def test_a_vote_is_for_the_start_that_was_heard(peers: FakePeers) -> None:
    one, two, _ = three(peers)
    script = WIN.replace("win_votes", f'printf "ffffffffffffffff\\n" >"{two.run_dir}/epoch"; win_votes')
    assert one.run(script, VOTERS="galera-2,galera-3") == ""


def test_candidates_at_the_same_moment_never_both_win(peers: FakePeers) -> None:
    members = three(peers)
    for _ in range(settings().max_examples // 10):
        running = []
        for member in members:
            others = ",".join(other.name for other in members if other is not member)
            environment = member.environment() | {"VOTERS": others}
            running.append(
                subprocess.Popen(member.command(WIN), env=environment, stdout=subprocess.PIPE, text=True)
            )
        outcomes = [process.communicate(timeout=30)[0] for process in running]
        assert outcomes.count("won") <= 1
        for member in members:
            (member.keep / "vote").unlink(missing_ok=True)


REVIEW = f'promise=$(promised); {ASK} review_promise "$promise" <"$run_dir/answers"; promised'


def test_a_promise_lasts_as_long_as_the_candidacy(peers: FakePeers) -> None:
    one, two, three_ = three(peers)
    assert one.run(WIN, VOTERS="galera-2,galera-3") == "won"
    assert two.run(REVIEW).startswith("galera-1/")
    peers.cut("10.0.0.1")
    assert two.run(REVIEW).startswith("galera-1/"), "silence ends no promise"
    assert two.run(REVIEW, GALERA_ABSENT="galera-1") == "-"
    assert three_.run(REVIEW).startswith("galera-1/")


@pytest.mark.parametrize(
    "end",
    [
        'printf "0000000000000001\\n" >"$run_dir/epoch"',
        'rm "$keep_dir/vote"',
        f'printf bootstrapping >"$run_dir/phase"; printf "synced yes {UUID_A}\\n" >"$run_dir/status"',
    ],
)
def test_a_promise_ends_with_the_candidacy(peers: FakePeers, end: str) -> None:
    one, two, _ = three(peers)
    assert one.run(WIN, VOTERS="galera-2,galera-3") == "won"
    one.run(end)
    assert two.run(REVIEW) == "-"


def test_a_promise_given_again_in_the_meantime_stays(peers: FakePeers) -> None:
    one, two, _ = three(peers)
    assert one.run(WIN, VOTERS="galera-2,galera-3") == "won"
    (one.keep / "vote").unlink()
    script = REVIEW.replace(
        "review_promise", 'printf "galera-1/%s/newer\\n" e >"$keep_dir/vote"; review_promise'
    )
    assert two.run(script) == "galera-1/e/newer"


def stepping_down(shell: Shell, answers: list[Answer], alone: int, absent: str = "") -> str:
    """What galera-1, without quorum since so many seconds, does about that."""
    me = Answer(
        member="galera-1", phase="nonprimary", data="unknown", view=tuple(VIEW.split(",")), view_seqno=10
    )
    lines = [one.line() for one in (me, *answers)]
    # A server that runs names the history it is in.
    lines = [line.replace("data=unknown uuid=-", f"data=unknown uuid={UUID_A}") for line in lines]
    table = "\n".join(["self galera-1", f"absent {absent}", *lines]) + "\n"
    return shell.run(f"stepping_down {alone}", stdin=table)


@pytest.mark.parametrize(
    ("others", "alone", "answer"),
    [
        ({}, 100, "no"),
        ({2: "parked"}, 100, "no"),
        ({2: "parked", 3: "parked"}, 3, "yes"),
        ({2: "parked", 3: "nonprimary"}, 3, "yes"),
        ({2: "nonprimary", 3: "nonprimary"}, 3, "no"),
        ({2: "nonprimary", 3: "nonprimary"}, 60, "yes"),
        ({2: "primary", 3: "primary"}, 3, "no"),
        ({2: "primary", 3: "primary"}, 60, "yes"),
        ({2: "parked", 3: "recovering"}, 100, "no"),
        ({2: "parked", 3: "failed"}, 100, "no"),
        ({2: "bootstrapping", 3: "parked"}, 100, "no"),
        ({2: "joining", 3: "parked"}, 100, "no"),
    ],
)
def test_when_a_member_without_quorum_gives_up_its_server(
    shell: Shell, others: dict[int, str], alone: int, answer: str
) -> None:
    runs = {"nonprimary", "primary", "recovering", "failed"}
    answers = [
        Answer(member=f"galera-{n}", phase=phase, data="unknown" if phase in runs else "position", seqno=5)
        for n, phase in others.items()
    ]
    assert stepping_down(shell, answers, alone).split()[0] == answer


def test_an_absent_member_is_not_waited_for(shell: Shell) -> None:
    parked = Answer(member="galera-2", seqno=5)
    assert stepping_down(shell, [parked], 3).startswith("no")
    assert stepping_down(shell, [parked], 3, absent="galera-3").startswith("yes")


def test_a_newer_view_decides_who_counts_for_one_without_quorum(shell: Shell) -> None:
    """The others went on without it, and without the third; then they stopped."""
    later = Answer(member="galera-2", seqno=90, view=("galera-2",), view_seqno=80)
    assert stepping_down(shell, [later], 3).startswith("yes")


def test_an_answer_never_mixes_two_starts(shell: Shell) -> None:
    shell.rest(seqno=50, uuid=UUID_A)
    assert " seqno=50 " in shell.run("own_answer")
    (shell.run_dir / "epoch").write_text("ffffffffffffffff\n")
    answer = shell.run("own_answer")
    assert " data=unknown " in answer
    assert "seqno=50" not in answer


def test_a_running_member_does_not_show_where_it_once_started(shell: Shell) -> None:
    shell.rest(seqno=50, uuid=UUID_A)
    (shell.run_dir / "phase").write_text("joining\n")
    (shell.run_dir / "status").write_text(f"synced yes {UUID_A}\n")
    assert f" phase=primary data=unknown uuid={UUID_A} seqno=- " in shell.run("own_answer")


def test_the_answering_side_waits_for_its_own_answer(peers: FakePeers) -> None:
    """A peer closes its side as soon as it has asked; socat on its own would end half a second later."""
    shell = peers.member("galera-1", "10.0.0.1")
    peers.program("socat", 'printf "%s\\n" "$@" >>"$run_dir/listened"; kill "$PPID"')
    shell.run("exec 2>/dev/null; (keep_listening 4569 answer) || true")
    words = (shell.run_dir / "listened").read_text().split()
    limits = {word[:2]: int(word[2:]) for word in words if word[:2] in {"-t", "-T"}}
    assert min(limits["-t"], limits["-T"]) > int(shell.run('set_ask_limit 9999; printf "%s" "$ask_limit"'))
