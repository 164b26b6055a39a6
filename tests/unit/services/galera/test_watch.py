"""What is done about a server that runs and answers nothing over SQL."""

from pathlib import Path

import pytest

from tests.unit.services.galera.shell import FakePeers, Shell

ANSWERS = [
    "echo 'mysqld is alive'",
    "printf 'connect to server failed\\nerror: Access denied for user' >&2; exit 1",
    "echo 'error: Too many connections' >&2; exit 1",
    "echo 'error: Your password has expired' >&2; exit 1",
    "echo 'fork: Resource temporarily unavailable' >&2; exit 254",
]
SILENCES = [
    "printf \"connect to server failed\\nerror: 'Can't connect to local server through socket'\" >&2; exit 1",
    "echo \"error: Lost connection to server at 'reading initial communication packet'\" >&2; exit 1",
    "exit 124",
]

#: The clock is the test's own, and no answer comes too late.
LOOKS = """
patience_mute=60 mute_since=0 stopped=""
leave_to_vote() { stopped=yes; }
unset SECONDS
SECONDS=100
timeout() { shift; "$@"; }
ask_all() { echo '{peers}'; }
for phase in {phases}; do
    consider_mute "$phase"
    ((SECONDS += 20))
done
echo "stopped=$stopped"
"""
WITHOUT_US = "member=galera-2 phase=primary view=galera-2,galera-3 address=10.0.0.2"
WITH_US = "member=galera-2 phase=primary view=galera-1,galera-2,galera-3 address=10.0.0.2"
PARKED = "member=galera-2 phase=parked view=galera-2,galera-3 address=10.0.0.2"


@pytest.fixture
def was_primary(shell: Shell) -> Shell:
    (shell.run_dir / "was_primary").write_text("yes\n")
    return shell


def looks(shell: Shell, *phases: str, peers: str = WITHOUT_US, before: str = "") -> str:
    """What a look every twenty seconds, in these phases, comes to, while the peers say this."""
    return shell.run(before + LOOKS.replace("{phases}", " ".join(phases)).replace("{peers}", peers))


@pytest.mark.parametrize("program", ["mariadb-admin", "mysqladmin"])
@pytest.mark.parametrize("answer", ANSWERS)
def test_whatever_the_server_says_is_an_answer(
    was_primary: Shell, peers: FakePeers, answer: str, program: str
) -> None:
    peers.program(program, answer)
    assert looks(was_primary, *["primary"] * 40) == "stopped="


@pytest.mark.parametrize("silence", SILENCES)
def test_a_minute_without_an_answer_ends_one_that_was_put_out(
    was_primary: Shell, peers: FakePeers, silence: str
) -> None:
    peers.program("mariadb-admin", silence)
    assert looks(was_primary, *["primary"] * 3) == "stopped="
    said = looks(was_primary, "primary", "nonprimary", "primary", "primary")
    assert said.splitlines()[-1] == "stopped=yes"
    assert "has not answered SQL for 60 s (" in said


@pytest.mark.parametrize("said", [WITH_US, PARKED, ""])
def test_one_that_nobody_has_put_out_has_ten_minutes(was_primary: Shell, peers: FakePeers, said: str) -> None:
    peers.program("mariadb-admin", SILENCES[0])
    assert looks(was_primary, *["primary"] * 30, peers=said) == "stopped="
    assert looks(was_primary, *["primary"] * 31, peers=said).splitlines()[-1] == "stopped=yes"


def test_without_a_client_nothing_is_known_of_the_server(was_primary: Shell) -> None:
    assert looks(was_primary, *["primary"] * 40, before="program() { return 1; }\n") == "stopped="


@pytest.mark.parametrize(
    "phases", [["stopping"] * 6, ["primary", "primary", "stopping", "primary", "primary"]]
)
def test_one_that_stops_has_its_time(was_primary: Shell, peers: FakePeers, phases: list[str]) -> None:
    peers.program("mariadb-admin", SILENCES[0])
    assert looks(was_primary, *phases) == "stopped="


def test_an_answer_in_between_begins_the_minute_anew(
    was_primary: Shell, peers: FakePeers, tmp_path: Path
) -> None:
    turn = tmp_path / "turn"
    peers.program("mariadb-admin", f"echo >>{turn}; [[ $(wc -l <{turn}) == 3 ]] || exit 124")
    assert looks(was_primary, *["primary"] * 6) == "stopped="


def test_who_never_was_primary_may_still_receive_its_data(shell: Shell, peers: FakePeers) -> None:
    peers.program("mariadb-admin", SILENCES[0])
    assert looks(shell, *["joining"] * 40) == "stopped="


@pytest.mark.parametrize(
    ("wants", "notes", "well"),
    [
        ("", [], False),
        ("", ["phase"], True),
        ("synced", ["phase"], False),
        ("synced", ["phase", "once_synced"], True),
    ],
)
def test_a_container_is_well_from_its_start_or_once_synced(
    shell: Shell, wants: str, notes: list[str], well: bool
) -> None:
    (shell.run_dir / "phase").unlink()
    for name in notes:
        (shell.run_dir / name).write_text("joining\n")
    assert shell.run('"$program_dir/health" >/dev/null; echo "$?"', GALERA_WELL_WHEN=wants) == str(
        int(not well)
    )


#: `consider_giving_up` as often as told, a tick every four seconds.
TICKS = """
server_pid=0 doubts=0 doubtful_since=0
unset SECONDS
SECONDS=100
ask_all() {{ echo '{told}'; }}
kill() {{ echo "killed after $((SECONDS - 100)) s"; exit; }}
for _ in {{1..40}}; do
    consider_giving_up
    ((SECONDS += 4))
done
"""
MET = "WSREP: Shifting OPEN -> PRIMARY (TO: 3)\nWSREP: Shifting PRIMARY -> JOINER (TO: 3)\n"
LOST = MET + "WSREP: Shifting JOINER -> OPEN (TO: 3)\n"


@pytest.mark.parametrize(
    ("log", "told", "ends"),
    [
        ("nothing yet\n", PARKED, "killed after 8 s"),
        ("nothing yet\n", WITHOUT_US, ""),
        (MET, PARKED, ""),
        (LOST, WITHOUT_US, ""),
        (LOST, PARKED, "killed after 60 s"),
        (LOST, "", "killed after 60 s"),
        (LOST + MET, PARKED, ""),
    ],
)
def test_a_joiner_gives_up_on_a_primary_that_is_gone(shell: Shell, log: str, told: str, ends: str) -> None:
    shell.log.write_text(log)
    assert shell.run(TICKS.format(told=told)).splitlines()[-1:] == ([ends] if ends else [])


@pytest.mark.parametrize(("log", "given"), [("nothing", "10"), ("mariadbd: Normal shutdown", "60")])
def test_who_shuts_a_server_down_over_sql_has_its_pages_written(shell: Shell, log: str, given: str) -> None:
    shell.log.write_text(f"WSREP: Shifting OPEN -> CLOSED (TO: 3)\n{log}\n")
    said = shell.run('leave_to_vote() { echo "given $1 s"; }; consider_restarting')
    assert said.splitlines()[-1] == f"given {given} s"
