"""A member leaves its cluster's list, which the others keep."""

import sys
from collections.abc import Mapping
from typing import Any

from providers.etcd.control import must
from providers.etcd.peers import others_of, through_any


def leave(props: Mapping[str, Any]) -> None:
    """Every entry of the member is removed; one that is not listed has left. Raises EtcdError if refused.

    The last member leaves nothing behind that could remember it. Where nobody answers the list stays as it
    is, and the next seat of that name repairs it.
    """
    name, peer_url = str(props["name"]), str(props["peer_url"])
    with through_any(others_of(props)) as way:
        if way is None:
            # The first member leaves last, when there is nobody who could remember it.
            if name != props["peers"][0]["name"]:
                print(f"{name}: no other member answers, so it stays in their list", file=sys.stderr)
            return
        session, through, view = way
        for listed in view.of(name, peer_url):
            must(session, through, "member", "remove", listed.member_id, doing=f"removing {name}")


def is_removed(props: Mapping[str, Any]) -> bool:
    """Whether a majority of the others answers and does not list the member; silence says nothing."""
    with through_any(others_of(props)) as way:
        return way is not None and not way[2].of(str(props["name"]), str(props["peer_url"]))
