"""A member leaves its cluster's list, which the others keep."""

import sys
from collections.abc import Mapping
from typing import Any

from providers.etcd.control import etcdctl
from providers.etcd.errors import EtcdError
from providers.etcd.peers import could_agree, others_of, through_any
from providers.patience import Patience
from providers.ssh import SshError
from providers.swarm import SILENT_ARE_GONE, SILENT_VARIABLE, silent_are_gone

#: Seconds for a cluster that has just changed, or lost its leader, to take the removal.
LEAVE_SECONDS = 60.0


def leave(props: Mapping[str, Any]) -> None:
    """Until a majority does not list the member; one that is not listed has left. Raises EtcdError.

    A voter that stays listed when its server is gone counts against every majority from then on. The last
    member leaves nothing behind that could remember it. Where too few answer to have a leader again, or the
    whole stack goes, the list stays as it is, and the next seat of that name repairs it.
    """
    name, patience, lacking = str(props["name"]), Patience(LEAVE_SECONDS), ""
    for _ in patience.pauses():
        try:
            lacking = _lacking(props)
        except SshError as exc:
            lacking = str(exc)
        if not lacking:
            return
        if patience.is_time_to_report():
            patience.report(name, f"leaving, {lacking}")
    said = f"{name} is still in the member list of its etcd cluster after {patience.seconds:.0f} s: {lacking}"
    if silent_are_gone():
        print(f"warning: {said}", file=sys.stderr)
        return
    said += (
        "; run this again once `make status` shows a leader and every other member healthy, or, if the whole"
        f" cluster is given up, with {SILENT_VARIABLE}={SILENT_ARE_GONE} in the environment"
    )
    raise EtcdError(said)


def _lacking(props: Mapping[str, Any]) -> str:
    """Why it may still be listed; empty if it is not, or if nobody is there who could take it off the list.

    A removal that failed may have come about: whoever lists the members next knows.
    """
    name, peer_url = str(props["name"]), str(props["peer_url"])
    with through_any(others_of(props)) as way:
        if way is not None:
            session, through, view = way
            for listed in view.of(name, peer_url):
                done = etcdctl(session, through, "member", "remove", listed.member_id)
                if not done.ok:
                    return f"removing {name} through {through} on {session.name} failed: {done.reason()}"
            return ""
    if not silent_are_gone() and could_agree(props["peers"]):
        return "a majority answers, and has no leader"
    # The first member leaves last, when there is nobody who could remember it.
    if name != props["peers"][0]["name"]:
        print(f"{name}: no other member answers, so it stays in their list", file=sys.stderr)
    return ""


def is_removed(props: Mapping[str, Any]) -> bool:
    """Whether a majority of the others answers and does not list the member; silence says nothing."""
    with through_any(others_of(props)) as way:
        return way is not None and not way[2].of(str(props["name"]), str(props["peer_url"]))
