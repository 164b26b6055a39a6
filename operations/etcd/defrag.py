"""Defragmentation: the space of compacted revisions given back, one member after another, the leader last.

A member does not answer while it is defragmented, so the next one waits until all are healthy again. The
alarm of a full database, which nothing but this clears, is no obstacle.
"""

from collections.abc import Sequence

from operations.errors import OperationError
from operations.etcd.cluster import Member, await_healthy, command, say
from providers.etcd.control import MemberStatus, parse_status

_SECONDS = 600


def defragment(members: Sequence[Member]) -> None:
    """All members; the alarm of a full database is cleared afterwards. Raises OperationError."""
    is_full = await_healthy(members)
    leader = _status(members[0]).leader
    before = {member.name: _status(member) for member in members}
    for member in sorted(members, key=lambda one: before[one.name].member_id == leader):
        command(member, "defrag", doing="defragmenting", seconds=_SECONDS)
        is_full = await_healthy(members)
        now = _status(member)
        say(f"{member.name}: {before[member.name].db_bytes} bytes before, {now.db_bytes} bytes now")
    if is_full:
        _disarm(members)


def _disarm(members: Sequence[Member]) -> None:
    command(members[0], "alarm", "disarm", doing="clearing the alarm NOSPACE")
    if await_healthy(members):
        message = (
            "every member is defragmented, but the alarm NOSPACE is back: the database holds more than"
            " etcd.quotaMb allows; raise it, run `make up`, and `make etcd-defrag` again"
        )
        raise OperationError(message)
    say("the alarm NOSPACE is cleared")


def _status(member: Member) -> MemberStatus:
    return parse_status(command(member, "endpoint", "status", "--write-out=json", doing="asking"))
