"""Whether the members, as they are now, are the one cluster that the stack recorded. Nobody is asked here."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from status.live import MemberNow

#: What a member says that has no history yet.
_NO_HISTORY = "00000000-0000-0000-0000-000000000000"


def is_whole(database: Mapping[str, Any], members: Sequence[MemberNow]) -> bool:
    """Whether there are members, and all are Synced in one Primary component of the recorded cluster."""
    synced = all(member.state == "Synced" for member in members)
    return bool(members) and synced and not list(faults(database, members))


def faults(database: Mapping[str, Any], members: Sequence[MemberNow]) -> Iterator[str]:
    """What is wrong with the cluster, beside members that are not Synced."""
    if not members:
        yield "no member is known"
    synced = [member for member in members if member.state == "Synced"]
    for member in synced:
        if member.status != "Primary":
            yield f"{member.member} is {member.status or 'not Primary'}"
        if not _has_history(member):
            yield f"{member.member} tells no cluster UUID"
    clusters = by_cluster(members)
    if len(clusters) > 1:
        yield f"in {len(clusters)} clusters"
        return
    yield from _too_small(synced)
    recorded = database.get("clusterUuid")
    for uuid in clusters:
        if recorded and uuid != recorded:
            yield f"in cluster {uuid}, while the stack recorded {recorded}"


def by_cluster(members: Sequence[MemberNow]) -> dict[str, list[str]]:
    """The members of each cluster by its UUID; whoever tells none is left out."""
    clusters: dict[str, list[str]] = {}
    for member in members:
        if _has_history(member):
            clusters.setdefault(member.uuid, []).append(member.member)
    return clusters


def _too_small(synced: Sequence[MemberNow]) -> Iterator[str]:
    """Members whose component lacks one that is Synced; it may have more, as while a cluster grows."""
    for member in synced:
        size = int(member.size) if member.size.isdigit() else 0
        if size < len(synced):
            yield f"{member.member} is in a component of {size}"


def _has_history(member: MemberNow) -> bool:
    return member.uuid not in ("", _NO_HISTORY)
