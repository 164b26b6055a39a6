"""What promotion runs inside a member: a point is noted before, and taken back when nothing comes of it."""

import subprocess
from pathlib import Path

import pytest

from operations.galera.evidence import SCRIPTS, Seat, read_answer
from providers.ssh import Target
from tests.unit.services.galera.shell import FakePeers, Shell
from tests.unit.services.galera.tables import UUID_A

#: A client whose server becomes Primary by the statement that makes it so, unless it is told to hold out.
CLIENT = """
echo "$@" >>"$run_dir/statements"
grep -qxF "password=\\"${TAKES-secret}\\"" "$run_dir/promote.cnf" 2>/dev/null || [[ $* != *promote.cnf* ]] ||
    { echo "ERROR 1045 (28000): Access denied"; exit 1; }
case "$*" in
*pc.bootstrap=true*) [[ -n ${HOLDS_OUT-} ]] && echo "ERROR 1210: not now" || touch "$run_dir/bootstrapped" ;;
*wsrep_last_committed\\'*) printf 'wsrep_last_committed\\t41\\n' ;;
*wsrep_cluster_status*)
    [[ -e $run_dir/bootstrapped ]] && is=Primary || is=non-Primary
    printf 'wsrep_cluster_status\\t%s\\n' "$is"
    [[ $* == *LIKE* ]] || printf 'wsrep_last_committed\\t41\\n' ;;
esac
"""


@pytest.fixture
def lonely(tmp_path: Path) -> Shell:
    """A member that runs and has lost its quorum; its history was bootstrapped again before, at 7."""
    peers = FakePeers(tmp_path)
    peers.program("mariadb", CLIENT)
    shell = peers.member("galera-1", "10.0.0.1")
    (tmp_path / "secrets" / "galera_root_password").write_text("secret\n")
    (shell.run_dir / "phase").write_text("joining\n")
    (shell.run_dir / "status").write_text(f"disconnected no {UUID_A}\n")
    (shell.run_dir / "was_primary").write_text("yes\n")
    (shell.keep / "view").write_text(f"{UUID_A} 9 galera-1,galera-2,galera-3\n")
    (shell.keep / "lineage").write_text("7/aa\n")
    return shell


#: Each pause lets ten seconds go by.
FAST = "\npause() { SECONDS=$((SECONDS + 10)); }\n"


def run(shell: Shell, script: str, *, before: str = "", **more: str) -> subprocess.CompletedProcess[str]:
    patience = "readonly patience=20"
    return subprocess.run(
        ["bash", "-s"],
        input=before + (SCRIPTS / script).read_text().replace(patience, patience + FAST),
        capture_output=True,
        text=True,
        env=shell.environment() | {"member_log": str(shell.run_dir / "said")} | more,
        timeout=30,
        check=False,
    )


def lineage(shell: Shell) -> str:
    file = shell.keep / "lineage"
    return file.read_text() if file.exists() else ""


def test_the_point_is_noted_and_the_password_is_in_no_argument(lonely: Shell) -> None:
    done = run(lonely, "promote.sh")
    assert done.returncode == 0, done.stderr
    assert f"promoted by the operator at {UUID_A}:41" in (lonely.run_dir / "said").read_text()
    first, second = lineage(lonely).splitlines()
    assert first.startswith("7/aa,41/")
    assert second == "7/aa"
    assert "secret" not in (lonely.run_dir / "statements").read_text()
    assert not list(lonely.run_dir.glob("promote.[co]*"))


def test_while_the_password_rolls_it_takes_the_operators(lonely: Shell) -> None:
    denied = run(lonely, "promote.sh", TAKES="it's new")
    assert denied.returncode == 1
    assert "does not answer root: ERROR 1045" in denied.stderr
    assert lineage(lonely) == "7/aa\n"
    done = run(lonely, "promote.sh", before="""root_password='it'"'"'s new'\n""", TAKES="it's new")
    assert done.returncode == 0, done.stderr
    assert "it's new" not in (lonely.run_dir / "statements").read_text()
    assert not list(lonely.run_dir.glob("promote.[co]*"))


@pytest.mark.parametrize("before", ["7/aa\n", "7/aa,9/bb\n7/aa\n", ""], ids=["one", "two lines", "none"])
def test_nothing_is_noted_when_it_does_not_become_primary(lonely: Shell, before: str) -> None:
    (lonely.keep / "lineage").write_text(before)
    if not before:
        (lonely.keep / "lineage").unlink()
    done = run(lonely, "promote.sh", HOLDS_OUT="yes")
    assert done.returncode == 1
    assert "did not become Primary within 20 s: ERROR 1210: not now" in done.stderr
    assert lineage(lonely) == before


@pytest.mark.parametrize(
    ("phase", "status", "words"),
    [
        ("joining", f"synced yes {UUID_A}", "it is primary, and only"),
        ("parked", "- - -", "it is parked, and only"),
        ("joining", "disconnected no -", "does not tell its position"),
    ],
)
def test_only_a_member_that_lost_its_quorum(lonely: Shell, phase: str, status: str, words: str) -> None:
    (lonely.run_dir / "phase").write_text(f"{phase}\n")
    (lonely.run_dir / "status").write_text(f"{status}\n")
    done = run(lonely, "promote.sh")
    assert done.returncode == 1
    assert words in done.stderr
    assert lineage(lonely) == "7/aa\n"


def test_its_evidence(lonely: Shell) -> None:
    seat = Seat(
        member="galera-1",
        service="galera-1",
        server="db-1",
        target=Target(host="10.140.0.10", host_key=None, private_key="key"),
    )
    seen = read_answer(seat, run(lonely, "ask.sh").stdout)
    assert (seen.phase, seen.position, seen.view_seqno) == ("nonprimary", f"{UUID_A}:41", 9)
    assert seen.view == ("galera-1", "galera-2", "galera-3")
    lonely.peers.program("mariadb", "echo 'ERROR 2002 (HY000)' >&2; exit 1")
    assert "does not answer" in read_answer(seat, run(lonely, "ask.sh").stdout).why
