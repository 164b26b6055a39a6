"""Promotion: one member without quorum becomes Primary by the operator's decision (`pc.bootstrap`).

The members are heard, judged and shown; after the operator's yes they are heard once more, and only what was
shown then is done.
"""

import shlex
import sys
from collections.abc import Callable, Mapping, Sequence
from getpass import getpass
from typing import Any

from rich.console import Console
from rich.table import Table

from operations.errors import OperationError
from operations.galera.evidence import Evidence, Seat, ask_all, in_member, seats_of
from operations.galera.verdict import judge
from providers.ssh import connect

#: Seconds for the promotion itself: its script gives up by itself before.
PROMOTE_SECONDS = 90
_SSH_SECONDS = 20.0

#: What a server says to a password that it does not take.
_DENIED = "ERROR 1045"

Confirm = Callable[[str], bool]
Password = Callable[[str], str]


def promote(
    outputs: Mapping[str, Any], *, named: str, forced: str, confirm: Confirm, password: Password
) -> None:
    """Show, ask, promote, show. Raises OperationError if it is refused, or did not come about.

    password: root's, by the operator's word, where the server does not take that of its container.
    """
    seats = seats_of(outputs)
    seen = _show(seats)
    verdict = judge(seen, named=named, forced=forced)
    chosen = verdict.member
    _say(f"\n{chosen.member} would become Primary at {chosen.position}, with whoever it is connected to.")
    for warning in verdict.warnings:
        _say(f"  - {warning}")
    if not confirm(chosen.member):
        message = "nothing was changed"
        raise OperationError(message)
    heard_again = ask_all(seats)
    again = judge(heard_again, named=chosen.member, forced=forced).member
    if again.position != chosen.position or _silent(heard_again) != _silent(seen):
        # The cluster has moved while the operator was thinking.
        message = "the members say something else by now, and nothing was changed: run the command again"
        raise OperationError(message)
    why = _refusal(next(one for one in seats if one.member == chosen.member), password)
    if why:
        message = f"{chosen.member} was not promoted: {why}"
        raise OperationError(message)
    _say("")
    _show(seats)
    _say(
        f"\n{chosen.member} is Primary. Members that come back join it by themselves. For one that is gone"
        ' for good see docs/operations.md, "A server is lost for good".'
    )


def typed(member: str) -> bool:
    """Whether the operator types the member's name. Raises OperationError where nobody can be asked."""
    if not sys.stdin.isatty():
        message = "nobody can be asked here: YES=1 answers beforehand"
        raise OperationError(message)
    return input(f"\nType {member} to promote it: ").strip() == member


def typed_password(member: str) -> str:
    """What the operator types unseen. Raises OperationError where nobody can be asked."""
    if not sys.stdin.isatty():
        message = (
            f"{member} was not promoted: its server takes another password of root than its container has,"
            " as while database.rootPassword rolls; run this at a terminal, where it is asked for, or name a"
            " member that has started with the new one (MEMBER=)"
        )
        raise OperationError(message)
    return getpass(f"\n{member} takes another password of root than its container has. The password: ")


def _refusal(seat: Seat, password: Password) -> str:
    """Why the member was not promoted; empty if it was. A refused password has changed nothing."""
    why = _tried(seat)
    if _DENIED in why:
        why = _tried(seat, before=f"root_password={shlex.quote(password(seat.member))}\n")
    return why


def _tried(seat: Seat, before: str = "") -> str:
    with connect(seat.target, deadline_seconds=_SSH_SECONDS) as session:
        ran = in_member(session, seat.service, "promote.sh", seconds=PROMOTE_SECONDS, before=before)
    return "" if ran.ok else ran.why


def _silent(seen: Sequence[Evidence]) -> list[str]:
    return [one.member for one in seen if one.is_silent]


def _show(seats: Sequence[Seat]) -> list[Evidence]:
    seen = ask_all(seats)
    table = Table(box=None, pad_edge=False, header_style="bold")
    for title in ("MEMBER", "SERVER", "IS", "POSITION", "LAST PRIMARY VIEW"):
        table.add_column(title, overflow="fold")
    for one in seen:
        view = f"{one.view_seqno}: {' '.join(one.view)}" if one.view else "-"
        table.add_row(one.member, one.server, one.phase, one.position, view)
    Console(highlight=False, width=None if sys.stdout.isatty() else 160).print(table)
    for one in seen:
        if one.why:
            _say(f"{one.member}: {one.why}")
    return seen


def _say(text: str) -> None:
    print(text, flush=True)
