"""What a member believes about its own volume."""

import pytest

from tests.unit.services.galera.shell import Shell
from tests.unit.services.galera.tables import UUID_A, UUID_B

NULL = "00000000-0000-0000-0000-000000000000"
FIND = 'find_state; printf "%s %s %s %s" "$data" "$uuid" "$seqno" "$safe"'


def grastate(uuid: str, seqno: int | str, safe: int = 0) -> str:
    head = "# GALERA saved state\nversion: 2.1\n"
    return f"{head}uuid:    {uuid}\nseqno:   {seqno}\nsafe_to_bootstrap: {safe}\n"


def with_data(shell: Shell, saved: str | None = None) -> None:
    (shell.data / "ibdata1").touch()
    (shell.data / "mysql").mkdir(exist_ok=True)
    if saved is not None:
        (shell.data / "grastate.dat").write_text(saved)


def recovers(shell: Shell, *lines: str, status: int = 0) -> None:
    text = "\\n".join(lines)
    shell.peers.program(
        "mariadbd", f"touch '{shell.run_dir}/recovered'\nprintf '{text}\\n' >&2\nexit {status}"
    )


def position(uuid: str, seqno: int | str) -> str:
    return f"2026-11-21  3:38:45 0 [Note] WSREP: Recovered position: {uuid}:{seqno}"


def test_an_empty_volume(shell: Shell) -> None:
    (shell.data / "lost+found").mkdir()
    assert shell.run(FIND) == "none - - -"


def test_a_clean_stop_needs_no_recovery(shell: Shell) -> None:
    with_data(shell, grastate(UUID_A, 42, 1))
    recovers(shell, position(UUID_A, 1))
    assert shell.run(FIND) == f"position {UUID_A} 42 1"
    assert not (shell.run_dir / "recovered").exists()


@pytest.mark.parametrize(
    "saved", [grastate(UUID_A, -1), "", "garbage", grastate(UUID_A, "x"), grastate("nonsense", 5), None]
)
def test_after_a_crash_the_data_tells(shell: Shell, saved: str | None) -> None:
    with_data(shell, saved)
    recovers(shell, "noise", position(UUID_A, 41), position(UUID_A, "42,0-1-2"))
    assert shell.run(FIND).split()[:3] == ["position", UUID_A, "42"]


def test_null_data_claims_to_be_safe(shell: Shell) -> None:
    with_data(shell, grastate(NULL, -1, 1))
    recovers(shell, position(UUID_A, 42))
    assert shell.run(FIND) == "null - - 1"


def test_an_aborted_sst_is_null_whatever_else_lies_there(shell: Shell) -> None:
    with_data(shell, grastate(UUID_A, 42))
    (shell.data / "sst_in_progress").touch()
    assert shell.run(FIND).startswith("null - -")


def test_crashed_data_without_a_position(shell: Shell) -> None:
    with_data(shell, grastate(UUID_A, -1))
    recovers(shell, position(NULL, -1))
    assert shell.run(FIND).startswith("null - -")


def test_data_that_never_was_in_a_cluster(shell: Shell) -> None:
    with_data(shell)
    recovers(shell, position(NULL, -1))
    assert shell.run(FIND).startswith("foreign - -")


def test_files_that_are_no_database_are_not_overlooked(shell: Shell) -> None:
    (shell.data / "important.tar").touch()
    assert shell.run(FIND).startswith("foreign - -")


def test_newborn_data_that_was_never_bootstrapped(shell: Shell) -> None:
    with_data(shell)
    (shell.data / "galera-swarm-birth").write_text("permit-1\n")
    recovers(shell, position(NULL, -1))
    assert shell.run(FIND).startswith("none - -")


def test_newborn_data_that_crashed_before_its_first_write(shell: Shell) -> None:
    with_data(shell, grastate(UUID_A, -1))
    (shell.data / "galera-swarm-birth").write_text("permit-1\n")
    recovers(shell, position(NULL, -1))
    assert shell.run(FIND).split()[:3] == ["position", UUID_A, "0"]


def test_two_histories_in_one_volume(shell: Shell) -> None:
    with_data(shell, grastate(UUID_A, -1))
    recovers(shell, position(UUID_B, 42))
    assert shell.run(FIND + '; printf "|%s" "$why"').startswith("unknown - - 0|")


def test_a_failed_recovery_is_not_a_null_position(shell: Shell) -> None:
    with_data(shell, grastate(UUID_A, -1))
    recovers(shell, "[ERROR] unknown variable", status=7)
    assert shell.run(FIND).startswith("unknown - -")


def test_a_written_state_is_read_back(shell: Shell) -> None:
    (shell.data / "mysql").mkdir()
    shell.run(f"write_grastate {UUID_A} 42 1")
    assert shell.run(FIND) == f"position {UUID_A} 42 1"
