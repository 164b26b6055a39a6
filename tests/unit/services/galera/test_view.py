"""What notify writes down of a view, and what it never lets get lost."""

import subprocess

import pytest

from tests.unit.services.galera.shell import Shell
from tests.unit.services.galera.tables import SERVICE, UUID_A, UUID_B

VIEW = """2026-11-21  3:40:35 2 [Note] WSREP: ================================================
View:
  id: {uuid}:{seqno}
  status: {status}
  protocol_version: 4
  capabilities: MULTI-MASTER, CERTIFICATION, PARALLEL_APPLYING
  final: no
  own_index: 0
  members({count}):
{members}=================================================
"""
RECOVERED = """2026-11-21  4:03:24 3 [Note] WSREP: Recovered view from SST:
  id: {uuid}:{seqno}
  status: {status}
  protocol_version: 4
  final: no
  own_index: 1
  members({count}):
{members}
2026-11-21  4:03:24 5 [Note] WSREP: Starting applier thread 5
"""


def view(names: str, seqno: int, uuid: str = UUID_A, status: str = "primary", form: str = VIEW) -> str:
    members = "".join(
        f"\t{i}: 4b90037f-e55d-11f1-9007-97f95c2f140e, {name}\n" for i, name in enumerate(names.split(","))
    )
    return form.format(uuid=uuid, seqno=seqno, status=status, count=names.count(",") + 1, members=members)


def members(names: str) -> str:
    return ",".join(f"4b90037f-e55d-11f1-9007-97f95c2f140e/{name}/10.0.0.9:0" for name in names.split(","))


def notify(
    shell: Shell, names: str = "", *, status: str = "synced", primary: str = "yes", uuid: str = UUID_A
) -> None:
    words = ["--status", status]
    if names:
        words += ["--uuid", uuid, "--primary", primary, "--index", "0", "--members", members(names)]
    subprocess.run([SERVICE / "notify", *words], env=shell.environment(), check=True, timeout=20)


def logged(shell: Shell, text: str) -> None:
    with shell.log.open("a") as log:
        log.write(text)


def recorded(shell: Shell) -> str:
    file = shell.keep / "view"
    return file.read_text().strip() if file.exists() else ""


def test_a_view_is_written_down(shell: Shell) -> None:
    logged(shell, view("galera-1", 1))
    notify(shell, "galera-1")
    assert recorded(shell) == f"{UUID_A} 1 galera-1"
    logged(shell, view("galera-2,galera-1", 7))
    notify(shell, "galera-2,galera-1")
    assert recorded(shell) == f"{UUID_A} 7 galera-1,galera-2"


def test_the_view_an_sst_brings(shell: Shell) -> None:
    logged(shell, view("galera-1,galera-2", 9, form=RECOVERED))
    notify(shell, "galera-1,galera-2")
    assert recorded(shell) == f"{UUID_A} 9 galera-1,galera-2"


@pytest.mark.parametrize(
    "text",
    [
        "",
        view("galera-1,galera-3", 9),
        view("galera-1,galera-2", 9, uuid=UUID_B),
        view("galera-1,galera-2", 9, status="non-primary"),
        view("galera-1,galera-2", 9) + view("galera-1", 10),
        view("galera-1,galera-2,galera-3", 9),
    ],
)
def test_a_view_that_the_log_does_not_show_has_no_known_place(shell: Shell, text: str) -> None:
    logged(shell, text)
    notify(shell, "galera-1,galera-2")
    assert recorded(shell) == f"{UUID_A} -1 galera-1,galera-2"


@pytest.mark.parametrize(
    ("names", "more"),
    [
        ("galera-1", {"primary": "no"}),
        ("galera-2,galera-3", {}),
        ("galera-1", {"uuid": "00000000-0000-0000-0000-000000000000"}),
    ],
)
def test_what_is_no_primary_view_of_ours_changes_nothing(
    shell: Shell, names: str, more: dict[str, str]
) -> None:
    logged(shell, view("galera-1,galera-2", 5))
    notify(shell, "galera-1,galera-2")
    logged(shell, view(names, 6))
    notify(shell, names, **more)
    assert recorded(shell) == f"{UUID_A} 5 galera-1,galera-2"


def test_history_replayed_by_an_ist_does_not_replace_the_present(shell: Shell) -> None:
    logged(shell, view("galera-1,galera-2,galera-3", 20))
    notify(shell, "galera-1,galera-2,galera-3", status="joiner")
    logged(shell, view("galera-1,galera-2", 14))
    notify(shell, "galera-1,galera-2", status="joiner")
    assert recorded(shell) == f"{UUID_A} 20 galera-1,galera-2,galera-3"


def test_a_joiner_writes_down_nothing_older_than_what_the_primary_shows(shell: Shell) -> None:
    """An IST replays first what this member missed, views in which it once was among them."""
    (shell.keep / "view").write_text(f"{UUID_A} 20 galera-1,galera-2\n")
    (shell.run_dir / "newest_view").write_text("31\n")
    logged(shell, view("galera-1", 18))
    notify(shell, "galera-1", status="joiner")
    assert recorded(shell) == f"{UUID_A} 20 galera-1,galera-2"
    logged(shell, view("galera-1,galera-2", 31))
    notify(shell, "galera-1,galera-2", status="joiner")
    assert recorded(shell) == f"{UUID_A} 31 galera-1,galera-2"


@pytest.mark.parametrize(
    ("seqnos", "newest"), [(["30", "9"], "30"), (["-1"], "-1"), (["-"], "-1"), ([], "-1"), (["-1", "4"], "4")]
)
def test_the_newest_view_a_primary_shows(shell: Shell, seqnos: list[str], newest: str) -> None:
    lines = [
        f"answer member=g{n} phase=primary seqno=- view_seqno={seqno} view=g1"
        for n, seqno in enumerate(seqnos)
    ]
    lines.append("answer member=g9 phase=parked seqno=1 view_seqno=99 view=g1")
    assert shell.run("newest_primary_view", stdin="\n".join(lines) + "\n") == newest


def test_a_view_without_a_history_keeps_the_history(shell: Shell) -> None:
    notify(shell, "galera-1")
    notify(shell, "galera-1", status="connected", primary="no", uuid="00000000-0000-0000-0000-000000000000")
    assert shell.run('noted "$run_dir/status"') == f"connected no {UUID_A}"


def test_a_new_run_of_the_server_may_begin_behind_an_old_view(shell: Shell) -> None:
    """After a crash that lost a view's own seqno, the bootstrap takes that seqno again."""
    (shell.keep / "view").write_text(f"{UUID_A} 20 galera-1,galera-2,galera-3\n")
    logged(shell, view("galera-1", 19))
    notify(shell, "galera-1")
    assert recorded(shell) == f"{UUID_A} 19 galera-1"


def test_a_view_that_cannot_be_written_is_forgotten_rather_than_left_stale(shell: Shell) -> None:
    (shell.keep / "view").write_text(f"{UUID_A} 1 galera-1\n")
    shell.peers.program("mktemp", "exit 1")
    shell.run(f"record_view {UUID_A} galera-1,galera-2 5 || true")
    assert recorded(shell) == ""


#: Primary views one after another, each a history and a seqno. Between two of them were transactions.
@pytest.mark.parametrize(
    ("seen", "position", "first"),
    [
        ([], (UUID_A, 9), "-"),
        ([(UUID_A, 9)], (UUID_A, 9), "9"),
        ([(UUID_A, 9)], (UUID_A, 10), "-"),
        ([(UUID_A, 9)], (UUID_B, 9), "-"),
        ([(UUID_A, 9), (UUID_A, 10), (UUID_A, 11)], (UUID_A, 11), "9"),
        ([(UUID_A, 9), (UUID_A, 10), (UUID_A, 10)], (UUID_A, 10), "9"),
        ([(UUID_A, 9), (UUID_A, 10), (UUID_A, 12)], (UUID_A, 12), "12"),
        ([(UUID_A, 9), (UUID_B, 10)], (UUID_B, 10), "10"),
        ([(UUID_A, 9), (UUID_A, 8)], (UUID_A, 9), "-"),
        ([(UUID_A, 9), (UUID_A, -1)], (UUID_A, 9), "-"),
        ([(UUID_A, 9), (UUID_A, -1), (UUID_A, 10)], (UUID_A, 10), "10"),
    ],
)
def test_since_when_there_were_only_views(
    shell: Shell, seen: list[tuple[str, int]], position: tuple[str, int], first: str
) -> None:
    script = "".join(f"note_quiet {uuid} {seqno}; " for uuid, seqno in seen)
    assert shell.run(f"{script} read_quiet {position[0]} {position[1]}; echo $quiet") == first


def test_views_that_notify_hears_are_the_ones_that_count(shell: Shell) -> None:
    for names, seqno in (("galera-1,galera-2", 9), ("galera-1", 10)):
        logged(shell, view(names, seqno))
        notify(shell, names)
    assert shell.run(f"read_quiet {UUID_A} 10; echo $quiet") == "9"


@pytest.mark.parametrize(("position", "first"), [(8, "-"), (10, "-"), (11, "9")])
def test_views_that_the_data_has_lost_are_none_of_what_takes_their_seqnos(
    shell: Shell, position: int, first: str
) -> None:
    """Bootstrapped behind views that a power cut took from the data; no note is written after that."""
    shell.run(f"for n in 9 10 11; do note_quiet {UUID_A} $n; done; extend_lineage {UUID_A} {position}")
    assert shell.run(f"read_quiet {UUID_A} 11; echo $quiet") == first


def test_who_went_on_without_it_counts_for_a_member_that_waits(shell: Shell) -> None:
    shell.rest(seqno=16, uuid=UUID_A, view="galera-1,galera-2", view_seqno=13)
    ahead = f"note_ahead {UUID_A} galera-2,galera-3; own_answer"
    assert " view=galera-1,galera-2,galera-3 " in shell.run(ahead)
    (shell.run_dir / "phase").write_text("joining\n")
    (shell.run_dir / "status").write_text(f"synced yes {UUID_A}\n")
    assert " view=galera-1,galera-2 " in shell.run("own_answer"), "a server that runs tells its own"
    (shell.run_dir / "phase").write_text("parked\n")
    assert " view=galera-1,galera-2 " in shell.run(f"note_ahead {UUID_B} galera-3; own_answer")
    assert " view=galera-1,galera-2 " in shell.run(f"extend_lineage {UUID_A} 16; {ahead.split(';')[1]}")


@pytest.mark.parametrize("discard", ["", "views", "yes"])
def test_who_gives_its_data_up_gives_up_who_counts_in_it(shell: Shell, discard: str) -> None:
    shell.rest(seqno=16, uuid=UUID_A, view="galera-1", view_seqno=16)
    (shell.run_dir / "answers").write_text(f"answer member=galera-2 phase=primary data=- uuid={UUID_A} x=-\n")
    shell.run(f"""
        parts='/^prepare_join()/,/^}}/p; /^primary_history()/p; /^verdict_field()/p'
        eval "$(sed -n "$parts" "$program_dir/entrypoint")"
        note_ahead {UUID_A} galera-2
        data=position uuid={UUID_A} seqno=16 position={UUID_A}:16
        verdict=$'verdict=join\nlineage=12/aa\ndiscard={discard}'
        prepare_join
    """)
    assert recorded(shell) == ("" if discard else f"{UUID_A} 16 galera-1")
    assert not (shell.keep / "ahead").exists()
    assert (shell.data / "grastate.dat").exists() == bool(discard)


def test_a_view_has_room_on_a_full_volume(shell: Shell) -> None:
    """As long as the reserve is there: it is given away for the note, and kept again by the next start."""
    shell.run("keep_reserve")
    (shell.keep / "view").write_text(f"{UUID_A} 1 galera-1\n")
    shell.peers.program("mktemp", f'[[ ! -e {shell.keep}/reserve ]] && exec /usr/bin/mktemp "$@"')
    shell.run(f"record_view {UUID_A} galera-1,galera-2 5")
    assert recorded(shell) == f"{UUID_A} 5 galera-1,galera-2"
    assert not (shell.keep / "reserve").exists()
    shell.run("keep_reserve")
    assert (shell.keep / "reserve").stat().st_size == 65536


def test_notes_that_fail_leave_no_drafts(shell: Shell) -> None:
    shell.peers.program("sync", "exit 1")
    shell.run(f"note_durably {shell.keep}/view text || true; note {shell.keep}/view text")
    assert [path.name for path in shell.keep.iterdir()] == ["view"]


def test_a_member_that_runs_says_when_its_volume_is_full(shell: Shell) -> None:
    shell.peers.program("df", "printf 'Filesystem\\n/dev/x 1 2 0 100%% /\\n'")
    assert shell.run("tell_room") == "galera-swarm: its volume has only 0 KiB left"


@pytest.mark.parametrize(
    ("kilobytes", "text"), [("12", "; its volume has only 12 KiB left"), ("99999999", "")]
)
def test_a_message_says_so_when_the_volume_is_full(shell: Shell, kilobytes: str, text: str) -> None:
    shell.peers.program("df", f"printf 'Filesystem\n/dev/x 1 2 {kilobytes} 99%% /\n'")
    assert shell.run("room_left") == text


@pytest.mark.parametrize(
    ("calls", "phase"),
    [
        ([("joined", "yes")], "joining"),
        ([("joined", "yes"), ("synced", "yes")], "primary"),
        ([("synced", "yes"), ("donor", "yes")], "primary"),
        ([("synced", "yes"), ("connected", "no")], "nonprimary"),
        ([("joined", "yes"), ("connected", "no")], "nonprimary"),
        ([("joiner", "yes"), ("connected", "no")], "joining"),
        ([("connected", "no")], "joining"),
        ([("synced", "yes"), ("disconnecting", "yes")], "nonprimary"),
        ([("synced", "yes"), ("connected", "no"), ("joiner", "yes")], "joining"),
        ([("synced", "yes"), ("connected", "no"), ("joiner", "yes"), ("synced", "yes")], "primary"),
    ],
)
def test_the_phase_others_see(shell: Shell, calls: list[tuple[str, str]], phase: str) -> None:
    (shell.run_dir / "phase").write_text("joining\n")
    for status, primary in calls:
        notify(shell, "galera-1", status=status, primary=primary)
    assert shell.run("phase") == phase


def test_where_the_quorum_was_lost(shell: Shell) -> None:
    logged(shell, view("galera-1,galera-2", 9))
    notify(shell, "galera-1,galera-2", status="joiner")
    notify(shell, status="synced")
    assert not (shell.run_dir / "lost").exists()
    notify(shell, "galera-1", status="connected", primary="no")
    notify(shell, status="connected")
    assert shell.run('noted "$run_dir/lost"') == "9"
    logged(shell, view("galera-1,galera-3", 15))
    notify(shell, "galera-1,galera-3", status="joiner")
    assert shell.run('noted "$run_dir/lost"') == "9"


def test_a_status_without_a_view_keeps_the_view(shell: Shell) -> None:
    (shell.run_dir / "phase").write_text("joining\n")
    notify(shell, "galera-1", status="joined")
    notify(shell, status="synced")
    assert shell.run("phase") == "primary"
    assert shell.run('noted "$run_dir/status"') == f"synced yes {UUID_A}"


@pytest.mark.parametrize("text", ["", "nonsense", f"{UUID_A} 5", f"{UUID_A} x galera-1", f"{UUID_A} 5 a;b"])
def test_a_broken_note_is_no_view(shell: Shell, text: str) -> None:
    (shell.keep / "view").write_text(text)
    assert shell.run('read_view; printf "%s %s %s" "$view_uuid" "$view_seqno" "$view_members"') == "- - -"
