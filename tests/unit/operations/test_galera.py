"""Promotion: who may become Primary, what is shown before, and what is left when it does not come about."""

import dataclasses
import io
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import pytest

from operations.errors import OperationError
from operations.galera import __main__ as command
from operations.galera import evidence, promote
from operations.galera.evidence import Evidence, Seat, read_answer
from operations.galera.verdict import judge
from providers.ssh import Completed, Session, Target, UnreachableError

UUID, OTHER = "5d0c1f3e-aaaa-4bbb-8ccc-0123456789ab", "77777777-aaaa-4bbb-8ccc-0123456789ab"
ALL = ("galera-1", "galera-2", "galera-3")


def member(number: int, phase: str = "nonprimary", seqno: int | None = 10, **more: Any) -> Evidence:
    one = Evidence(
        member=f"galera-{number}",
        server=f"db-{number}",
        phase=phase,
        uuid="" if phase == "silent" else UUID,
        seqno=None if phase == "silent" else seqno,
        view_seqno=4,
        view=ALL,
    )
    return dataclasses.replace(one, **more)


SILENT = {"phase": "silent", "why": "its server does not answer"}
#: What the members say, what is asked for, who is promoted.
PROMOTED: list[tuple[str, list[Evidence], dict[str, str], str]] = [
    ("the only one that runs", [member(1, **SILENT), member(2), member(3, **SILENT)], {}, "galera-2"),
    ("the most advanced", [member(1), member(2, seqno=12), member(3, **SILENT)], {}, "galera-2"),
    ("the first of equals", [member(1, **SILENT), member(2), member(3)], {}, "galera-2"),
    ("of the newest view", [member(1), member(2, seqno=50, view_seqno=50)], {}, "galera-2"),
    ("one that is named", [member(1), member(2), member(3, **SILENT)], {"named": "galera-2"}, "galera-2"),
    ("forced", [member(1), member(2, seqno=12)], {"forced": "galera-1"}, "galera-1"),
    ("forced and named", [member(1)], {"forced": "galera-1", "named": "galera-1"}, "galera-1"),
    (
        "beside one that waits with less",
        [member(1), member(2, "parked", 9), member(3, **SILENT)],
        {},
        "galera-1",
    ),
]
#: What the members say, what is asked for, words of the refusal.
REFUSED: list[tuple[str, list[Evidence], dict[str, str], str]] = [
    ("a Primary", [member(1), member(2, "primary")], {}, "galera-2 is Primary"),
    ("a Primary, forced", [member(1), member(2, "primary")], {"forced": "galera-1"}, "galera-2 is Primary"),
    ("one on the way", [member(1), member(2, "bootstrapping")], {}, r"galera-2 \(bootstrapping\) is on"),
    ("nobody runs", [member(1, "parked"), member(2, **SILENT)], {}, r"database\.absent"),
    ("a stranger", [member(1)], {"named": "galera-9"}, "no member of this stack, which has galera-1"),
    ("silent", [member(1), member(2, **SILENT)], {"named": "galera-2"}, "it is silent .its server does not"),
    ("parked", [member(1), member(2, "parked")], {"forced": "galera-2"}, "it is parked"),
    (
        "less advanced",
        [member(1), member(2, seqno=12)],
        {"named": "galera-1"},
        "galera-2 is more advanced, at 12 and not 10.*FORCE=galera-1",
    ),
    ("one waits with more", [member(1), member(2, "parked", 11)], {}, "galera-2 is more advanced"),
    (
        "an older view",
        [member(1, seqno=90), member(2, view_seqno=50)],
        {"named": "galera-1"},
        "galera-2 was in a newer Primary view, 50",
    ),
    (
        "silent, of a newer view",
        [member(1), member(2, **SILENT, view_seqno=9, uuid=UUID)],
        {},
        "galera-2 was in a newer Primary view",
    ),
    ("a branch", [member(1, seqno=90), member(2, view_seqno=50)], {}, "galera-1 is more advanced, at 90"),
    ("two histories", [member(1), member(2, uuid=OTHER)], {}, "of another history"),
    ("no position", [member(1, seqno=None)], {}, "its own position is not known"),
    ("two names", [member(1), member(2)], {"named": "galera-1", "forced": "galera-2"}, "one and the same"),
]


@pytest.mark.parametrize(("seen", "asked", "name"), [c[1:] for c in PROMOTED], ids=[c[0] for c in PROMOTED])
def test_promotes(seen: list[Evidence], asked: dict[str, str], name: str) -> None:
    assert judge(seen, **asked).member.member == name


@pytest.mark.parametrize(("seen", "asked", "words"), [c[1:] for c in REFUSED], ids=[c[0] for c in REFUSED])
def test_refuses(seen: list[Evidence], asked: dict[str, str], words: str) -> None:
    with pytest.raises(OperationError, match=words):
        judge(seen, **asked)


def test_what_cannot_be_judged_is_said_before() -> None:
    warnings = "\n".join(judge([member(1), member(2, **SILENT), member(3, "failed", None)]).warnings)
    assert "galera-2 is silent (its server does not answer)" in warnings
    assert "there are two clusters until" in warnings
    assert "galera-3 cannot tell its position" in warnings
    assert "find together" in "\n".join(judge([member(1), member(2), member(3)]).warnings)
    assert "galera-3 is not in this stack" in "\n".join(judge([member(1), member(2)]).warnings)
    forced = judge([member(1), member(2, seqno=12)], forced="galera-1")
    assert "galera-2 is more advanced" in forced.warnings[0]


SEAT = Seat(
    member="galera-1",
    service="galera-1",
    server="db-1",
    target=Target(host="10.140.0.10", host_key=None, private_key="key"),
)
NOTES = (
    "answer member=galera-1 epoch=aa phase={phase} data={data} uuid={uuid} seqno={seqno} safe=- permit=no"
    f" discard=- consent=- view_uuid={UUID} view_seqno=4 view={','.join(ALL)} lineage=- vote=- voted=-\n"
)
RUNS = NOTES.format(phase="nonprimary", data="unknown", uuid=UUID, seqno="-")
WAS = NOTES.format(phase="primary", data="unknown", uuid=UUID, seqno="-")
PARKED = NOTES.format(phase="parked", data="position", uuid=UUID, seqno="77")
NOT_PRIMARY = "wsrep_cluster_status=non-Primary\nwsrep_last_committed=12\n"
#: What ask.sh printed; phase, seqno and reason that follow.
ANSWERS = [
    ("without quorum", RUNS + NOT_PRIMARY, "nonprimary", 12, ""),
    ("its server knows better than its notes", WAS + NOT_PRIMARY, "nonprimary", 12, ""),
    ("Primary", WAS + "wsrep_cluster_status=Primary\nwsrep_last_committed=12\n", "primary", 12, ""),
    ("parked", PARKED + "mute=ERROR 2002 (HY000)\n", "parked", 77, ""),
    ("frozen", WAS + "mute=\n", "silent", None, "database server does not answer"),
    ("gone", WAS + "mute=ERROR 2002 (HY000)\n", "silent", None, "database server does not answer"),
    ("full of clients", WAS + "mute=ERROR 1040 (08004): Too many\n", "primary", None, ""),
    ("another one's container", RUNS.replace("galera-1 ", "galera-9 "), "silent", None, "nothing that can"),
    ("nothing", "", "silent", None, "nothing that can be read: nothing"),
]


@pytest.mark.parametrize(
    ("text", "phase", "seqno", "why"), [c[1:] for c in ANSWERS], ids=[c[0] for c in ANSWERS]
)
def test_reads(text: str, phase: str, seqno: int | None, why: str) -> None:
    seen = read_answer(SEAT, text)
    assert (seen.phase, seen.seqno) == (phase, seqno)
    assert why in seen.why
    assert bool(why) == bool(seen.why)
    if "member=galera-1" in text:
        assert (seen.uuid, seen.view_seqno, seen.view) == (UUID, 4, ALL)


class FakeServer(Session):
    """A server whose member answers with these texts, one after another; notes what it is sent."""

    def __init__(self, *answers: Completed) -> None:
        self.name, self._answers, self.sent = "db-1", list(answers), list[str]()
        self.commands: list[str] = []

    def run(
        self, command: str, *, stdin: str | None = None, timeout_seconds: float, close_stdin: bool = True
    ) -> Completed:
        self.commands.append(command)
        self.sent.append(stdin or "")
        return self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]

    @property
    def promotions(self) -> int:
        return sum("pc.bootstrap=true" in text for text in self.sent)


def said(text: str, status: int = 0, error: str = "") -> Completed:
    return Completed(exit_status=status, stdout=text, stderr=error)


OUTPUTS = {
    "access": {"hosts": [{"hostname": "db-1", "members": [{"member": "galera-1", "service": "galera-1"}]}]},
    "database": {"endpoints": [{"member": "galera-1", "host": "10.141.0.10", "port": 3306}]},
}
LONELY = RUNS + NOT_PRIMARY


@pytest.fixture
def reach(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Puts one fake server behind every door."""

    def place(server: FakeServer | None) -> None:
        @contextmanager
        def connect(target: Target, *, deadline_seconds: float) -> Iterator[Session]:
            if server is None:
                message = "no SSH session"
                raise UnreachableError(message)
            yield server

        for module in (evidence, promote):
            monkeypatch.setattr(module, "connect", connect)
        monkeypatch.setattr(evidence, "doors", lambda _: {"db-1": SEAT.target})

    return place


def run(confirm: bool = True, **words: str) -> None:
    promote.promote(
        OUTPUTS,
        named=words.get("named", ""),
        forced=words.get("forced", ""),
        confirm=lambda _: confirm,
        password=lambda _: words.get("password", ""),
    )


def test_shows_asks_promotes_and_shows(reach: Any, capsys: pytest.CaptureFixture[str]) -> None:
    server = FakeServer(
        said(LONELY), said(LONELY), said("promoted"), said(WAS + "wsrep_cluster_status=Primary")
    )
    reach(server)
    run()
    assert server.promotions == 1
    shown = capsys.readouterr().out
    assert shown.index(f"{UUID}:12") < shown.index("would become Primary") < shown.index("is Primary.")
    assert "primary" in shown.split("would become")[1]


DENIED = said("", 1, "its server does not answer root: ERROR 1045 (28000): Access denied")


def test_a_password_that_its_container_does_not_have_is_asked_for(reach: Any) -> None:
    primary = said(WAS + "wsrep_cluster_status=Primary")
    server = FakeServer(said(LONELY), said(LONELY), DENIED, said("promoted"), primary)
    reach(server)
    run(password="it's new")
    assert "it's" not in server.sent[2]
    assert server.sent[3].startswith("root_password='it'\"'\"'s new'\n# shellcheck")
    assert not any("new" in command for command in server.commands)


def test_a_wrong_password_ends_it(reach: Any) -> None:
    server = FakeServer(said(LONELY), said(LONELY), DENIED)
    reach(server)
    with pytest.raises(OperationError, match="was not promoted: its server does not answer root"):
        run(password="wrong")
    assert server.promotions == 2


def test_where_nobody_can_type_a_password_the_remedy_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO())
    with pytest.raises(OperationError, match=r"galera-1 was not promoted.*at a terminal.*MEMBER="):
        promote.typed_password("galera-1")


@pytest.mark.parametrize(
    ("answers", "words"),
    [
        ([said(LONELY), said(LONELY), said("", 1, "it did not become Primary")], "it did not become Primary"),
        ([said(LONELY), said(LONELY.replace("=12", "=13"))], "say something else by now"),
        ([said(LONELY), said(WAS + "wsrep_cluster_status=Primary")], "galera-1 is Primary"),
        ([said("", 3, "its container is paused")], "no member runs without quorum"),
    ],
    ids=["fails", "moves", "is back by itself", "frozen"],
)
def test_says_why_it_did_not(reach: Any, answers: Sequence[Completed], words: str) -> None:
    server = FakeServer(*answers)
    reach(server)
    with pytest.raises(OperationError, match=words):
        run()
    assert server.promotions == (len(answers) == 3)


def test_without_a_yes_nothing_is_changed(reach: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    server = FakeServer(said(LONELY))
    reach(server)
    with pytest.raises(OperationError, match="nothing was changed"):
        run(confirm=False)
    monkeypatch.setattr("sys.stdin.isatty", lambda: False, raising=False)
    with pytest.raises(OperationError, match="YES=1"):
        promote.typed("galera-1")
    assert server.promotions == 0


def test_a_server_that_does_not_answer_is_a_silent_member(
    reach: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    reach(None)
    monkeypatch.setattr(command, "outputs_of", lambda _: OUTPUTS)
    assert command.main(["promote", "--yes"]) == 1
    shown = capsys.readouterr()
    assert "galera-1: its server does not answer: no SSH session" in shown.out
    assert shown.err.startswith("promote: no member runs without quorum")
