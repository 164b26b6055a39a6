"""Who takes the writes, what load balancers are answered, and how a member hands its clients over."""

import subprocess
import time

import pytest

from tests.unit.services.galera.shell import Shell
from tests.unit.services.galera.tables import SERVICE

# Ids of version 1 as Galera makes them: the third was made first, and its first characters are the highest.
FIRST = "fffffff0-e5b0-11f1-8e0a-3f2f5b1c7d10/m3/172.16.100.9:3306"
SECOND = "0000000a-e5b1-11f1-8e0a-3f2f5b1c7d11/m1/172.16.100.4:3306"
THIRD = "6a8eae43-e5b1-11f1-a31f-ba66fdf77324/m2/172.16.100.7:3306"


@pytest.mark.parametrize("members", [f"{FIRST},{SECOND},{THIRD}", f"{THIRD},{SECOND},{FIRST}"])
def test_who_joined_first_comes_first_in_whatever_order_the_view_names_them(
    shell: Shell, members: str
) -> None:
    assert shell.run(f"by_seniority {members}").splitlines() == [
        "m3 172.16.100.9",
        "m1 172.16.100.4",
        "m2 172.16.100.7",
    ]


def test_what_is_no_member_is_left_out(shell: Shell) -> None:
    assert shell.run(f"by_seniority '-,nonsense,{SECOND}'") == "m1 172.16.100.4"


@pytest.mark.parametrize(
    ("member", "seniors", "others"),
    [
        ("m3", [], ["m1 172.16.100.4", "m2 172.16.100.7"]),
        ("m1", ["m3 172.16.100.9"], ["m3 172.16.100.9", "m2 172.16.100.7"]),
        (
            "m2",
            ["m3 172.16.100.9", "m1 172.16.100.4"],
            ["m3 172.16.100.9", "m1 172.16.100.4"],
        ),
    ],
)
def test_seniors_and_others_of_a_member(
    shell: Shell, member: str, seniors: list[str], others: list[str]
) -> None:
    (shell.run_dir / "view_now").write_text(f"uuid-of-history {THIRD},{SECOND},{FIRST}\n")
    assert shell.run("seniors", GALERA_MEMBER=member).splitlines() == seniors
    assert shell.run("others", GALERA_MEMBER=member).splitlines() == others


def answer(shell: Shell, path: str, **notes: str) -> str:
    """What the health answer says where SQL has just been asked."""
    for name, text in ({"phase": "joining", "status": "synced yes u", "was_primary": "yes"} | notes).items():
        (shell.run_dir / name).write_text(f"{text}\n")
    serves = notes.get("serves", "yes Synced")
    (shell.run_dir / "serves").write_text(f"{time.time_ns() // 1000} {serves}\n")
    (shell.run_dir / "asked").mkdir(exist_ok=True)
    done = subprocess.run(
        ["bash", str(SERVICE / "lb-health")],
        input=f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n",
        capture_output=True,
        text=True,
        env=shell.environment() | {"SOCAT_PEERADDR": "172.16.100.20"},
        timeout=10,
        check=False,
    )
    return done.stdout.split(" ")[1] + " " + done.stdout.splitlines()[-1]


@pytest.mark.parametrize(
    ("path", "notes", "said"),
    [
        ("/", {}, "200 Synced"),
        ("/anything", {}, "200 Synced"),
        ("/writer", {}, "404 Synced, but an older member takes the writes"),
        ("/writer", {"writer": ""}, "200 Synced"),
        ("/", {"serves": "no read only"}, "503 read only"),
        ("/writer", {"serves": "no read only", "writer": ""}, "503 read only"),
        ("/", {"draining": "handing-over"}, "404 hands its clients over"),
        ("/writer", {"draining": "handing-over", "writer": ""}, "200 Synced"),
        ("/writer", {"draining": "handing-over"}, "404 Synced, but an older member takes the writes"),
        ("/writer", {"draining": "leaving", "writer": ""}, "404 hands its clients over"),
        ("/writer", {"phase": "parked", "writer": ""}, "503 parked"),
        ("/", {"status": "synced no u"}, "503 nonprimary"),
    ],
)
def test_what_a_load_balancer_is_answered(shell: Shell, path: str, notes: dict[str, str], said: str) -> None:
    assert answer(shell, path, **notes) == said


def test_who_asked_is_known_and_whether_it_was_told(shell: Shell) -> None:
    (shell.run_dir / "asked").mkdir()
    assert shell.run("is_asked_for_writes && echo asked || echo not") == "not"
    answer(shell, "/writer", writer="")
    assert shell.run("askers").split()[-1] == "200"
    assert shell.run("all_told && echo told || echo not") == "not"
    answer(shell, "/writer", writer="", draining="leaving")
    assert shell.run("all_told && echo told || echo not") == "told"
    for note in (shell.run_dir / "asked").iterdir():
        note.write_text("1 404\n")
    assert shell.run("is_asked_for_writes && echo asked || echo not") == "not"


def test_nobody_asks_nobody_is_waited_for(shell: Shell) -> None:
    (shell.run_dir / "asked").mkdir()
    assert shell.run("drain; echo done") == "done"


def contends(shell: Shell, *answers: str, claims: bool = False) -> list[str]:
    """Whether one older member counts as serving, after each of these answers of its port."""
    told = " ".join(f"'{answer}'" for answer in answers)
    return shell.run(
        f"{': >$claim_file; ' if claims else ''}"
        'older=10.0.0.9; declare -A silent_since=() refusals=(); status_of() { printf %s "$said"; }; '
        f"for said in {told}; do an_older_one_serves && echo serves || echo not; done"
    ).splitlines()


@pytest.mark.parametrize(
    ("answers", "serves"),
    [
        (["200"], ["serves"]),
        (["503"], ["not"]),
        (["404"], ["not"]),
        (["000"], ["serves"]),
        (["000", "000"], ["serves", "not"]),
        (["000", "200", "000"], ["serves", "serves", "serves"]),
        ([""], ["serves"]),
        (["", "200", "503", "200"], ["serves", "serves", "not", "serves"]),
    ],
)
def test_an_older_member_serves_until_it_says_no_or_is_not_reached_twice(
    shell: Shell, answers: list[str], serves: list[str]
) -> None:
    assert contends(shell, *answers) == serves


@pytest.mark.parametrize(
    ("answer", "serves"), [("200", "serves"), ("", "not"), ("000", "not"), ("404", "not"), ("503", "not")]
)
def test_who_has_the_claim_gives_it_back_only_on_the_word_of_an_older_one(
    shell: Shell, answer: str, serves: str
) -> None:
    assert contends(shell, answer, claims=True) == [serves]


def test_an_older_member_that_is_silent_for_long_does_not_serve(shell: Shell) -> None:
    asked = "older=10.0.0.9; declare -A silent_since=() refusals=(); status_of() { :; }; SECONDS=10; "
    asked += "an_older_one_serves && echo serves || echo not; SECONDS=13; "
    asked += "an_older_one_serves && echo serves || echo not"
    assert shell.run(asked).splitlines() == ["serves", "not"]


def test_a_load_balancer_that_leaves_has_its_own_clients_sent_away(shell: Shell) -> None:
    for name in ("leavers", "asked"):
        (shell.run_dir / name).mkdir()
    answer(shell, "/writer", writer="")
    assert answer(shell, "/leaving") == "202 its clients are asked to find another one"
    done = shell.run(
        'end_sessions() { echo "ended $1"; }; see_off_leavers; wait; see_off_leavers; wait; askers'
    )
    assert done == "ended 172.16.100.20:%"


@pytest.mark.parametrize(
    ("before", "looks", "words"),
    [
        (None, ["late"], ["no"]),
        ("yes Synced", ["late"], ["yes"]),
        ("yes Synced", ["late", "late"], ["yes", "no"]),
        ("yes Synced", ["late", "synced", "late"], ["yes", "yes", "yes"]),
        ("no read only", ["late", "late"], ["no", "no"]),
        ("yes Synced", ["refused"], ["no"]),
        ("yes Synced", ["full", "full", "full"], ["yes", "yes", "yes"]),
        ("yes full of clients", ["late", "late"], ["yes", "no"]),
        ("no read only", ["full"], ["no"]),
        (None, ["full"], ["yes"]),
    ],
)
def test_one_late_look_is_no_evidence_and_a_full_member_is_well(
    shell: Shell, before: str | None, looks: list[str], words: list[str]
) -> None:
    if before:
        (shell.run_dir / "serves").write_text(f"{time.time_ns() // 1000} {before}\n")
    said = {
        "late": "",
        "refused": "ERROR 2002 (HY000): Can't connect\n",
        "full": "ERROR 1040 (08004): Too many connections\n",
        "synced": "wsrep_cluster_status\tPrimary\nwsrep_ready\tON\nwsrep_local_state\t4\n",
    }
    shell.peers.program("mariadb", 'cat "$run_dir/said"')
    found = []
    for look in looks:
        (shell.run_dir / "said").write_text(said[look])
        shell.run("note_service")
        found.append((shell.run_dir / "serves").read_text().split()[1])
    assert found == words


def test_who_gives_the_writes_back_sends_their_clients_away(shell: Shell) -> None:
    for name in ("leavers", "asked"):
        (shell.run_dir / name).mkdir()
    for path in ("/", "/writer"):
        answer(shell, path, writer="")
    (shell.run_dir / "writer").unlink()
    done = shell.run(
        "an_older_one_serves() { [[ -e $run_dir/older ]]; }; "
        'end_sessions() { echo "$1" >>"$run_dir/ended"; }; '
        "contend 10.0.0.9 >/dev/null & contender=$!; until [[ -e $claim_file ]]; do sleep 0.02; done; "
        '[[ ! -e $run_dir/ended ]] || echo early; : >"$run_dir/older"; '
        'until [[ -s $run_dir/ended ]]; do sleep 0.02; done; kill "$contender"; cat "$run_dir/ended"; '
        "[[ ! -e $claim_file ]] || echo kept"
    )
    assert done == "172.16.100.20:%"


@pytest.mark.parametrize("flavor", ["flavor", "percona/flavor"])
@pytest.mark.parametrize(
    ("grants", "user"),
    [
        ("GRANT PROCESS, CONNECTION ADMIN ON *.* TO `mysql`@`localhost` IDENTIFIED VIA unix_socket", "mysql"),
        ("GRANT CONNECTION_ADMIN,SYSTEM_USER ON *.* TO `mysql`@`localhost`", "mysql"),
        ("GRANT RELOAD, PROCESS ON *.* TO `mysql`@`localhost` IDENTIFIED VIA unix_socket", "root"),
        ("", "root"),
    ],
)
def test_sessions_are_ended_by_the_members_own_account_and_by_root_where_that_may_not(
    shell: Shell, flavor: str, grants: str, user: str
) -> None:
    """root may have another password by then than this container's secret."""
    shell.flavor = flavor
    for role in ("root", "monitor"):
        (shell.peers.root / "secrets" / f"galera_{role}_password").write_text(f"{role}'s\n")
    shell.peers.program("mariadb", f"echo '{grants}'")
    login = shell.run(
        'end_pausing() { cat "$1" >"$run_dir/seen"; echo 0; }; '
        'end_sessions; cat "$run_dir/seen"; ls "$run_dir"'
    )
    assert f"user={user}\n" in login
    assert "login." not in login, "no password is left behind"
