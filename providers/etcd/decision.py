"""How a member comes into its cluster: a pure function of what is there.

| A majority answers | The member is listed | Own data | then |
| --- | --- | --- | --- |
| yes | as one that has started | yes | keep: it starts again as who it was |
| yes | otherwise | any | join: old entries removed, added anew, old data put aside |
| no | - | yes | keep: it is needed for the majority |
| no | - | no, and it is the first, and nobody has data | birth |
| no | - | no, otherwise | refuse: an empty member beside data is not a cluster |
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from providers.etcd.control import ClusterView
from providers.etcd.volume import VolumeState

Way = Literal["birth", "keep", "join"]


@dataclass(frozen=True, kw_only=True)
class Decision:
    """way: how it comes in. remove: ids of entries that go first. refusal: why it cannot, or empty."""

    way: Way = "keep"
    remove: tuple[str, ...] = ()
    refusal: str = ""


def decide(
    *,
    name: str,
    peer_url: str,
    is_first: bool,
    own: VolumeState,
    view: ClusterView | None,
    others: Mapping[str, VolumeState | None],
) -> Decision:
    """The table above. others: their volumes by name, None for a server that does not answer."""
    if view is not None:
        listed = view.of(name, peer_url)
        if own.has_data and any(one.name == name and peer_url in one.peer_urls for one in listed):
            return Decision(way="keep")
        return Decision(way="join", remove=tuple(one.member_id for one in listed))
    if own.has_data:
        return Decision(way="keep")
    with_data = sorted(other for other, state in others.items() if state is not None and state.has_data)
    silent = sorted(other for other, state in others.items() if state is None)
    if is_first and not with_data and not silent:
        return Decision(way="birth")
    return Decision(refusal=_refusal(name, with_data, silent))


def _refusal(name: str, with_data: list[str], silent: list[str]) -> str:
    seen = []
    if with_data:
        seen.append(f"data of the cluster lies on {', '.join(with_data)}")
    if silent:
        seen.append(f"the servers of {', '.join(silent)} do not answer")
    if not seen:
        seen.append("no server has data of it")
    return (
        f"{name} has no data, no majority of the etcd cluster answers, and {' and '.join(seen)}: it is not"
        " started as an empty cluster; bring the other members back, or begin anew from a snapshot"
        " (docs/etcd.md)"
    )
