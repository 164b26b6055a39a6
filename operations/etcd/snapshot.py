"""A snapshot: the whole database at one revision, checked before it leaves its server.

`snapshot save` reads what one member holds, also where that member is cut off and long behind. Therefore the
member answers a read first that needs a majority.
"""

import json
import shlex
from collections.abc import Sequence
from pathlib import Path

from operations.errors import OperationError
from operations.etcd.cluster import Member, command, say
from operations.transfer import download
from providers.etcd import EtcdError
from providers.etcd.control import etcdctl, in_container, member_status
from providers.ssh import SshError

_NAME = "snapshot.part"
_INSIDE = f"/var/lib/etcd/{_NAME}"
_SECONDS = 600
_ANY_KEY = "galera-swarm"


def snapshot(members: Sequence[Member], target: Path, *, allow_stale: bool = False) -> None:
    """Take it from the first member that can and has a quorum behind it, and keep it in `target`.

    allow_stale: where no member has one, take it from the one whose database is the most advanced.
    Raises OperationError.
    """
    reasons: dict[str, str] = {}
    cut_off = []
    for member in members:
        try:
            read = etcdctl(member.session, member.name, "get", _ANY_KEY, "--consistency=l", "--keys-only")
            if read.ok:
                _take(member, target)
                return
            cut_off.append(member)
            reasons[member.name] = f"no quorum behind it: {read.reason()}"
        except (SshError, OperationError) as exc:
            reasons[member.name] = str(exc)
    if allow_stale and _take_stale(cut_off, target, reasons):
        return
    said = "; ".join(f"{name}: {reason}" for name, reason in reasons.items())
    message = f"no member gives a snapshot: {said}"
    if cut_off and not allow_stale:
        message += (
            "; bring a majority back (make status), or take what one member holds, perhaps without the latest"
            " writes, with STALE=1"
        )
    raise OperationError(message)


def _take_stale(members: Sequence[Member], target: Path, reasons: dict[str, str]) -> bool:
    """Whether one of them gave it, the most advanced first; otherwise `reasons` says why not."""
    applied = {member.name: _applied(member) for member in members}
    for member in sorted(members, key=lambda one: applied[one.name], reverse=True):
        try:
            _take(member, target)
        except (SshError, OperationError) as exc:
            reasons[member.name] = str(exc)
        else:
            say(f"{member.name} has no quorum behind it: the latest writes may be missing in {target}")
            return True
    return False


def _applied(member: Member) -> int:
    try:
        status = member_status(member.session, member.name)
    except (SshError, EtcdError):
        status = None
    return status.applied if status else -1


def _take(member: Member, target: Path) -> None:
    path = f"{member.mountpoint()}/{_NAME}"
    try:
        command(member, "snapshot", "save", _INSIDE, doing="taking the snapshot", seconds=_SECONDS)
        asked = in_container(
            member.session, member.name, "etcdutl", "snapshot", "status", _INSIDE, "--write-out=json"
        )
        if not asked.ok:
            message = f"the snapshot is not whole: {asked.reason()}"
            raise OperationError(message)
        status = json.loads(asked.stdout)
        download(member.session, path, target)
    finally:
        member.session.run(f"rm -f {shlex.quote(path)}*", timeout_seconds=60.0)
    size = target.stat().st_size
    say(f"{target}: revision {status['revision']}, {status['totalKey']} keys, {size} bytes, of {member.name}")
