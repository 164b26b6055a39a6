"""A restore: every member stopped, the snapshot laid down on each as one new cluster, all started at once.

Until every server has unpacked the snapshot nothing of the present data is moved; after that the present data
stays beside the new one as `data.before-restore-<time>`. No restore takes away what another has put aside.
"""

import secrets
import shlex
import time
from collections.abc import Sequence
from pathlib import Path

from operations.errors import OperationError
from operations.etcd.cluster import VOLUME, Member, await_healthy, say
from operations.etcd.swap import UNPACKED, swap
from operations.transfer import upload
from providers.etcd.health import FULL
from providers.etcd.volume import INSIDE
from providers.ssh import SshError

_SNAPSHOT, _BEFORE = "restore.db", "data.before-restore"
_UNPACK_SECONDS = 900.0
#: Revisions go on from far above any that a client may have seen, so that its watches notice.
_BUMP = 1_000_000_000


def restore(members: Sequence[Member], source: Path) -> None:
    """Put every member at the snapshot's revision. Raises OperationError; it says what state is left."""
    if not source.is_file():
        message = f"{source} is no file: name a snapshot that `make etcd-snapshot` made"
        raise OperationError(message)
    image = _image(members[0])
    urls = {member.name: str(member.config()["initial-advertise-peer-urls"]) for member in members}
    # No other restore has this name, so that what lies there is this one's to give back.
    aside = f"{_BEFORE}-{time.strftime('%Y%m%dT%H%M%SZ', time.gmtime())}-{secrets.token_hex(2)}"
    try:
        _prepare(members, source, image, urls)
        swap(members, aside)
    finally:
        _tidy(members)
    if await_healthy(members):
        say(f"as when the snapshot was taken, {FULL}")
    say(f"{len(members)} members run on {source.name}; what was there before is {aside} in each volume")


def _prepare(members: Sequence[Member], source: Path, image: str, urls: dict[str, str]) -> None:
    try:
        for member in members:
            say(f"{member.name}: {source.name} on its way")
            upload(member.session, source, f"{member.mountpoint()}/{_SNAPSHOT}")
        _unpack(members, image, urls)
    except (SshError, OperationError) as exc:
        message = f"nothing was restored, and the cluster is as it was: {exc}"
        raise OperationError(message) from exc


def _image(member: Member) -> str:
    asked = f"docker service inspect -f '{{{{.Spec.TaskTemplate.ContainerSpec.Image}}}}' {member.name}"
    return member.session.must(asked, doing=f"asking for the image of {member.name}").strip()


def _unpack(members: Sequence[Member], image: str, urls: dict[str, str]) -> None:
    everybody = ",".join(f"{name}={url}" for name, url in urls.items())
    # Members of the cluster before must not take these for their own.
    token = f"restored-{int(time.time())}"
    for member in members:
        say(f"{member.name}: unpacking")
        words = [
            *("docker", "run", "--rm", "--network=none", f"--volume={VOLUME}:{INSIDE}", image),
            *("etcdutl", "snapshot", "restore", f"{INSIDE}/{_SNAPSHOT}", f"--data-dir={INSIDE}/{UNPACKED}"),
            *(f"--name={member.name}", f"--initial-cluster={everybody}", f"--initial-cluster-token={token}"),
            f"--initial-advertise-peer-urls={urls[member.name]}",
            *(f"--bump-revision={_BUMP}", "--mark-compacted"),
        ]
        member.session.must(
            f"rm -rf {shlex.quote(member.mountpoint() + '/' + UNPACKED)} && {shlex.join(words)}",
            doing=f"unpacking the snapshot for {member.name}",
            timeout_seconds=_UNPACK_SECONDS,
        )


def _tidy(members: Sequence[Member]) -> None:
    """What is left of the way there takes room only, so that a server that does not answer is named."""
    for member in members:
        try:
            path = shlex.quote(member.mountpoint())
            member.session.run(f"cd {path} && rm -rf {_SNAPSHOT} {UNPACKED}", timeout_seconds=60.0)
        except SshError as exc:
            say(f"{member.name}: {_SNAPSHOT} and {UNPACKED} may be left in its volume: {exc}")
