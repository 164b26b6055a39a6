"""A snapshot: the whole database at one revision, checked before it leaves its server."""

import json
import shlex
from collections.abc import Sequence
from pathlib import Path

from operations.errors import OperationError
from operations.etcd.cluster import Member, say
from operations.transfer import download
from providers.etcd.control import etcdctl, in_container

_NAME = "snapshot.part"
_INSIDE = f"/var/lib/etcd/{_NAME}"
_SECONDS = 600


def snapshot(members: Sequence[Member], target: Path) -> None:
    """Take it from the first member that can, and keep it in `target`. Raises OperationError."""
    reasons = []
    for member in members:
        done = etcdctl(member.session, member.name, "snapshot", "save", _INSIDE, seconds=_SECONDS)
        if done.ok:
            _keep(member, target)
            return
        reasons.append(f"{member.name}: {done.reason()}")
    message = f"no member gives a snapshot: {'; '.join(reasons)}"
    raise OperationError(message)


def _keep(member: Member, target: Path) -> None:
    path = f"{member.mountpoint()}/{_NAME}"
    try:
        asked = in_container(
            member.session, member.name, "etcdutl", "snapshot", "status", _INSIDE, "--write-out=json"
        )
        if not asked.ok:
            message = f"the snapshot of {member.name} is not whole: {asked.reason()}"
            raise OperationError(message)
        status = json.loads(asked.stdout)
        download(member.session, path, target)
    finally:
        member.session.run(f"rm -f {shlex.quote(path)}*", timeout_seconds=60.0)
    size = target.stat().st_size
    say(f"{target}: revision {status['revision']}, {status['totalKey']} keys, {size} bytes, of {member.name}")
