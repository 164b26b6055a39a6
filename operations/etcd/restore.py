"""A restore: every member stopped, the snapshot laid down on each as one new cluster, all started at once.

Until every server has unpacked the snapshot nothing of the present data is moved; after that the present data
stays beside the new one as `data.before-restore`.
"""

import shlex
import time
from collections.abc import Sequence
from pathlib import Path

from operations.errors import OperationError
from operations.etcd.cluster import VOLUME, Member, await_healthy, say
from operations.transfer import upload
from providers.etcd.health import FULL
from providers.etcd.volume import DATA, INSIDE
from providers.patience import Patience
from providers.ssh import SshError

_SNAPSHOT, _UNPACKED, _BEFORE = "restore.db", "restore.data", "data.before-restore"
_STOP_SECONDS = 90.0
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
    try:
        for member in members:
            say(f"{member.name}: {source.name} on its way")
            upload(member.session, source, f"{member.mountpoint()}/{_SNAPSHOT}")
        _unpack(members, image, urls)
    except (SshError, OperationError) as exc:
        _tidy(members)
        message = f"nothing was restored, and the cluster is as it was: {exc}"
        raise OperationError(message) from exc
    _scale(members, 0)
    taken: list[Member] = []
    try:
        _await_stopped(members)
        for member in members:
            _take(member)
            taken.append(member)
    except (SshError, OperationError) as exc:
        for member in taken:
            _give_back(member)
        message = f"the restore was given up, and every member has its data from before again: {exc}"
        raise OperationError(message) from exc
    finally:
        _scale(members, 1)
    is_full = await_healthy(members)
    _tidy(members)
    if is_full:
        say(f"as when the snapshot was taken, {FULL}")
    say(f"{len(members)} members run on {source.name}; what was there before is {_BEFORE} in each volume")


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
            *("etcdutl", "snapshot", "restore", f"{INSIDE}/{_SNAPSHOT}", f"--data-dir={INSIDE}/{_UNPACKED}"),
            *(f"--name={member.name}", f"--initial-cluster={everybody}", f"--initial-cluster-token={token}"),
            f"--initial-advertise-peer-urls={urls[member.name]}",
            *(f"--bump-revision={_BUMP}", "--mark-compacted"),
        ]
        member.session.must(
            f"rm -rf {shlex.quote(member.mountpoint() + '/' + _UNPACKED)} && {shlex.join(words)}",
            doing=f"unpacking the snapshot for {member.name}",
            timeout_seconds=_UNPACK_SECONDS,
        )


def _take(member: Member) -> None:
    """The swap, in one shell: it can be repeated, and what was unpacked exists until it is in place."""
    script = (
        f"cd {shlex.quote(member.mountpoint())} && [ -d {_UNPACKED}/member ] && rm -rf {_BEFORE} && "
        f"if [ -e {DATA} ]; then mv {DATA} {_BEFORE}; fi && mv {_UNPACKED} {DATA}"
    )
    member.session.must(script, doing=f"putting the restored data of {member.name} in place")


def _give_back(member: Member) -> None:
    script = (
        f"cd {shlex.quote(member.mountpoint())} && [ -d {_BEFORE} ] && rm -rf {DATA} && mv {_BEFORE} {DATA}"
    )
    member.session.must(script, doing=f"putting the data of {member.name} from before back in place")


def _tidy(members: Sequence[Member]) -> None:
    for member in members:
        path = shlex.quote(member.mountpoint())
        member.session.run(f"cd {path} && rm -rf {_SNAPSHOT} {_UNPACKED}", timeout_seconds=60.0)


def _scale(members: Sequence[Member], replicas: int) -> None:
    """Through a server that is a manager; the first one always is."""
    say(f"{'starting' if replicas else 'stopping'} every member")
    words = " ".join(f"{member.name}={replicas}" for member in members)
    members[0].session.must(f"docker service scale --detach {words}", doing="scaling the members")


def _await_stopped(members: Sequence[Member]) -> None:
    patience = Patience(_STOP_SECONDS)
    for member in members:
        asked = f"docker ps -q --filter label=com.docker.swarm.service.name={member.name}"
        doing = f"looking for {member.name}"
        if all(member.session.must(asked, doing=doing).strip() for _ in patience.pauses()):
            message = f"{member.name} did not stop within {_STOP_SECONDS:.0f} s, and runs on as it was"
            raise OperationError(message)
