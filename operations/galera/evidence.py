"""What every member of a stack's cluster says of itself, asked over SSH, all at once."""

import shlex
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from operations.access import doors
from providers.ssh import Session, SshError, Target, connect

SCRIPTS = Path(__file__).resolve().parent
#: Seconds for a server's SSH to answer; one that takes longer is silent.
SSH_SECONDS = 10.0
#: Seconds for a member to answer once its server does; a server process that hangs takes four of them.
ASK_SECONDS = 25
_SILENT = "silent"
#: What a client says that was answered, if only by a refusal: there is a server that works.
_REFUSED = ("ERROR 1040", "ERROR 1045", "ERROR 1203", "ERROR 1226")


@dataclass(frozen=True, kw_only=True)
class Seat:
    """Where a member is to be found."""

    member: str
    service: str
    server: str
    target: Target


@dataclass(frozen=True, kw_only=True)
class Evidence:
    """One member's word. phase: "silent" if there is none, then `why` tells the reason.

    uuid, seqno: its position, as far as it is known. view: who was in its last Primary view.
    """

    member: str
    server: str
    phase: str = _SILENT
    why: str = ""
    uuid: str = ""
    seqno: int | None = None
    view_seqno: int = -1
    view: tuple[str, ...] = ()

    @property
    def is_silent(self) -> bool:
        """Nobody knows what it holds, nor whether it is Primary somewhere."""
        return self.phase == _SILENT

    @property
    def position(self) -> str:
        """For people."""
        return f"{self.uuid}:{self.seqno}" if self.uuid and self.seqno is not None else "-"


def seats_of(outputs: Mapping[str, Any]) -> list[Seat]:
    """The members of the stack, in the order of its endpoints."""
    ways = doors(outputs)
    found = {
        one["member"]: Seat(
            member=one["member"],
            service=one["service"],
            server=host["hostname"],
            target=ways[host["hostname"]],
        )
        for host in outputs["access"]["hosts"]
        for one in host.get("members", ())
    }
    return [found[one["member"]] for one in outputs["database"]["endpoints"] if one["member"] in found]


def ask_all(seats: Sequence[Seat]) -> list[Evidence]:
    """Everybody's evidence, in their order; whoever does not answer is silent, and no error."""
    with ThreadPoolExecutor(max_workers=max(1, len(seats))) as pool:
        return list(pool.map(_ask, seats))


def in_member(session: Session, service: str, script: str, *, seconds: int, before: str = "") -> "_Ran":
    """Run one of the scripts beside this file in the container of the service's member on this server.

    before: shell that goes first; with the script it travels through stdin, so that it may hold a secret.
    """
    label = shlex.quote(f"label=com.docker.swarm.service.name={service}")
    command = (
        f"c=$(docker ps -q --filter {label} | head -n 1); "
        '[ -n "$c" ] || { echo "no container of it runs" >&2; exit 3; }; '
        'case $(docker inspect -f "{{.State.Paused}}" "$c") in true) '
        'echo "its container is paused" >&2; exit 3;; esac; '
        f'exec timeout -k 2 {seconds} docker exec -i "$c" bash -s'
    )
    text = before + (SCRIPTS / script).read_text()
    done = session.run(command, stdin=text, timeout_seconds=seconds + 15.0)
    return _Ran(ok=done.ok, stdout=done.stdout, why=done.stderr.strip() or done.reason())


@dataclass(frozen=True, kw_only=True)
class _Ran:
    """A script that ran, or the reason why not."""

    ok: bool
    stdout: str
    why: str


def _ask(seat: Seat) -> Evidence:
    try:
        with connect(seat.target, deadline_seconds=SSH_SECONDS) as session:
            ran = in_member(session, seat.service, "ask.sh", seconds=ASK_SECONDS)
    except SshError as exc:
        return Evidence(member=seat.member, server=seat.server, why=f"its server does not answer: {exc}")
    if not ran.ok:
        return Evidence(member=seat.member, server=seat.server, why=ran.why)
    return read_answer(seat, ran.stdout)


def read_answer(seat: Seat, text: str) -> Evidence:
    """The evidence in what `ask.sh` printed."""
    lines = text.splitlines()
    notes = dict(word.partition("=")[::2] for line in lines[:1] for word in line.split() if "=" in word)
    facts = dict(line.partition("=")[::2] for line in lines[1:])
    if notes.get("member") != seat.member:
        why = f"its container says nothing that can be read: {text.strip()[:80] or 'nothing'}"
        return Evidence(member=seat.member, server=seat.server, why=why)
    phase, mute = notes.get("phase", ""), facts.get("mute")
    runs = phase in ("primary", "nonprimary")
    if runs and mute is not None and not any(word in mute for word in _REFUSED):
        return Evidence(
            member=seat.member,
            server=seat.server,
            why="its database server does not answer",
            uuid=_known(notes.get("uuid")),
            view_seqno=_view_seqno(notes),
            view=_names(notes.get("view")),
        )
    component = facts.get("wsrep_cluster_status", "")
    if runs and component:
        phase = "primary" if component == "Primary" else "nonprimary"
    seqno = _whole(facts.get("wsrep_last_committed") if runs else notes.get("seqno"))
    return Evidence(
        member=seat.member,
        server=seat.server,
        phase=phase or "starting",
        uuid=_known(notes.get("uuid")),
        seqno=seqno,
        view_seqno=_view_seqno(notes),
        view=_names(notes.get("view")),
    )


def _whole(text: str | None) -> int | None:
    return int(text) if text and text.isdigit() else None


def _view_seqno(notes: Mapping[str, str]) -> int:
    found = _whole(notes.get("view_seqno"))
    return -1 if found is None else found


def _known(text: str | None) -> str:
    return "" if text is None or text == "-" else text


def _names(text: str | None) -> tuple[str, ...]:
    return tuple(text.split(",")) if text and text != "-" else ()
