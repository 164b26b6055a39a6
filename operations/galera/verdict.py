"""Which member may be promoted, judged from what all of them say. Pure: no server is asked here."""

from collections.abc import Sequence
from dataclasses import dataclass

from operations.errors import OperationError
from operations.galera.evidence import Evidence

#: Phases in which a member is on its way to a component, or away from one.
_ON_THE_WAY = ("birth", "bootstrapping", "joining", "recovering", "stopping", "starting")


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """The member that is promoted, and everything that the operator has to know before."""

    member: Evidence
    warnings: tuple[str, ...]


def judge(seen: Sequence[Evidence], *, named: str = "", forced: str = "") -> Verdict:
    """The member to promote: the one named, else the most advanced one.

    forced: promoted although others are more advanced, or of another history.
    Raises OperationError if nobody may be promoted, or not this one; it says why and what to do.
    """
    if named and forced and named != forced:
        message = f"MEMBER names {named} and FORCE names {forced}: name one and the same"
        raise OperationError(message)
    _nobody_is_primary(seen)
    chosen = _chosen(seen, forced or named)
    against = _objections(chosen, seen)
    if against and chosen.member != forced:
        message = (
            f"{chosen.member} is not promoted: {'; '.join(against)}. What only others hold would be thrown"
            f" away; FORCE={chosen.member} promotes it all the same"
        )
        raise OperationError(message)
    return Verdict(member=chosen, warnings=(*against, *_unknown(chosen, seen)))


def _nobody_is_primary(seen: Sequence[Evidence]) -> None:
    primary = [one.member for one in seen if one.phase == "primary"]
    if primary:
        message = (
            f"{', '.join(primary)} {_is(primary)} Primary, so the quorum is not lost: the others join by"
            " themselves; make status shows what they wait for"
        )
        raise OperationError(message)
    moving = [f"{one.member} ({one.phase})" for one in seen if one.phase in _ON_THE_WAY]
    if moving:
        message = (
            f"{', '.join(moving)} {_is(moving)} on the way, and may become Primary: ask again in a minute"
        )
        raise OperationError(message)


def _chosen(seen: Sequence[Evidence], name: str) -> Evidence:
    able = [one for one in seen if one.phase == "nonprimary"]
    if name:
        for one in seen:
            if one.member == name and one in able:
                return one
            if one.member == name:
                message = f"{name} cannot be promoted: it is {one.phase}{f' ({one.why})' if one.why else ''}"
                raise OperationError(message)
        message = f"{name} is no member of this stack, which has {', '.join(one.member for one in seen)}"
        raise OperationError(message)
    if not able:
        message = (
            "no member runs without quorum, so none can be promoted: parked members go on by themselves when"
            " all that count answer; who is gone for good is named in database.absent"
        )
        raise OperationError(message)
    return max(able, key=lambda one: (one.view_seqno, -1 if one.seqno is None else one.seqno))


def _objections(chosen: Evidence, seen: Sequence[Evidence]) -> list[str]:
    """Why another member should be promoted in its place."""
    found = []
    if chosen.seqno is None or not chosen.uuid:
        found.append("its own position is not known")
    for one in seen:
        if one is chosen or not one.uuid:
            continue
        if chosen.uuid and one.uuid != chosen.uuid:
            found.append(f"{one.member} is of another history, {one.uuid}")
        elif one.view_seqno > chosen.view_seqno:
            found.append(f"{one.member} was in a newer Primary view, {one.view_seqno}: {' '.join(one.view)}")
        elif one.seqno is not None and chosen.seqno is not None and one.seqno > chosen.seqno:
            found.append(f"{one.member} is more advanced, at {one.seqno} and not {chosen.seqno}")
    return found


def _unknown(chosen: Evidence, seen: Sequence[Evidence]) -> list[str]:
    """What cannot be judged from here."""
    found = [
        f"{one.member} is silent ({one.why}): what only it holds is thrown away when it comes back"
        for one in seen
        if one.is_silent
    ]
    found += [f"{one.member} cannot tell its position" for one in seen if one.phase == "failed"]
    if any(one.is_silent for one in seen):
        found.append(
            "if a silent member is Primary out of sight, there are two clusters until it hears this one and"
            " stops, with whatever was written there: stop it first"
        )
    known = {one.member for one in seen}
    strangers = [name for name in chosen.view if name not in known]
    if strangers:
        found.append(f"of its last Primary view {', '.join(strangers)} {_is(strangers)} not in this stack")
    if not any(one.is_silent for one in seen) and not strangers:
        found.append("all members answer: where the network is whole, they find together within two minutes")
    return found


def _is(names: Sequence[str]) -> str:
    return "is" if len(names) == 1 else "are"
