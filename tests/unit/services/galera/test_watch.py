"""What is done about a server that runs and answers nothing over SQL."""

from pathlib import Path

import pytest

from tests.unit.services.galera.shell import FakePeers, Shell

ANSWERS = [
    "echo 'mysqld is alive'",
    "printf 'connect to server failed\\nerror: Access denied for user' >&2; exit 1",
    "echo 'error: Too many connections' >&2; exit 1",
]
SILENCE = "printf 'connect to server failed\\nerror: no such socket' >&2; exit 1"

#: The clock is the test's own, and no answer comes too late.
LOOKS = """
patience_mute=60 mute_since=0 stopped=""
leave_to_vote() { stopped=yes; }
unset SECONDS
SECONDS=100
timeout() { shift; "$@"; }
for phase in {phases}; do
    consider_mute "$phase"
    ((SECONDS += 20))
done
echo "stopped=$stopped"
"""


@pytest.fixture
def was_primary(shell: Shell) -> Shell:
    (shell.run_dir / "was_primary").write_text("yes\n")
    return shell


def looks(shell: Shell, *phases: str) -> str:
    """The last line of what a look every twenty seconds, in these phases, comes to."""
    return shell.run(LOOKS.replace("{phases}", " ".join(phases))).splitlines()[-1]


@pytest.mark.parametrize("program", ["mariadb-admin", "mysqladmin"])
@pytest.mark.parametrize("answer", ANSWERS)
def test_whatever_the_server_says_is_an_answer(
    was_primary: Shell, peers: FakePeers, answer: str, program: str
) -> None:
    peers.program(program, answer)
    assert looks(was_primary, *["primary"] * 6) == "stopped="


def test_a_minute_without_an_answer_ends_it(was_primary: Shell, peers: FakePeers) -> None:
    peers.program("mariadb-admin", SILENCE)
    assert looks(was_primary, *["primary"] * 3) == "stopped="
    said = was_primary.run(LOOKS.replace("{phases}", "primary nonprimary primary primary"))
    assert said.splitlines()[-1] == "stopped=yes"
    assert "has not answered SQL for 60 s (connect to server failed error: no such socket)" in said


@pytest.mark.parametrize(
    "phases", [["stopping"] * 6, ["primary", "primary", "stopping", "primary", "primary"]]
)
def test_one_that_stops_has_its_time(was_primary: Shell, peers: FakePeers, phases: list[str]) -> None:
    peers.program("mariadb-admin", SILENCE)
    assert looks(was_primary, *phases) == "stopped="


def test_an_answer_in_between_begins_the_minute_anew(
    was_primary: Shell, peers: FakePeers, tmp_path: Path
) -> None:
    turn = tmp_path / "turn"
    peers.program("mariadb-admin", f"echo >>{turn}; [[ $(wc -l <{turn}) != 3 ]] || echo alive")
    assert looks(was_primary, *["primary"] * 6) == "stopped="


def test_who_never_was_primary_may_still_receive_its_data(shell: Shell, peers: FakePeers) -> None:
    peers.program("mariadb-admin", SILENCE)
    assert looks(shell, *["joining"] * 6) == "stopped="


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
