"""The moment of a restore in which members stand still: their data put aside, the unpacked data in its place.

Whatever ends it early, an interrupt by hand too, every member that was touched gets its own data back before
any of them starts: members on two histories are worse than members that stand still.
"""

import shlex
from collections.abc import Sequence

from operations.errors import OperationError
from operations.etcd.cluster import Member, say
from providers.etcd.volume import DATA
from providers.patience import Patience
from providers.ssh import SshError

#: What was unpacked, in a member's volume.
UNPACKED = "restore.data"
_STOP_SECONDS = 90.0
_LOCK_SECONDS = 30


def swap(members: Sequence[Member], aside: str) -> None:
    """Stop all members, put the unpacked data in place, and start them.

    aside: what a member's data before is called in its volume from then on; nothing may have that name yet.
    Raises OperationError when it was given up, or nobody was started; it says what state is left.
    """
    touched: list[Member] = []
    try:
        _scale(members, 0)
        _await_stopped(members)
        for member in members:
            touched.append(member)
            _take(member, aside)
    except BaseException as exc:
        _undo(members, touched, aside, exc)
        if not isinstance(exc, SshError | OperationError):
            raise
        message = f"the restore was given up, and every member has its data from before again: {exc}"
        raise OperationError(message) from exc
    _start(members, "the restored data is in place on every member")


def _take(member: Member, aside: str) -> None:
    """In one shell; `aside` is there from the first change on, so that it says what there is to give back."""
    script = (
        f"{_alone_in(member)} && [ -d {UNPACKED}/member ] && "
        f"if [ -e {DATA} ]; then mv -T {DATA} {aside}; else mkdir {aside}; fi && mv -T {UNPACKED} {DATA}"
    )
    member.session.must(script, doing=f"putting the restored data of {member.name} in place")


def _give_back(member: Member, aside: str) -> None:
    """It can be repeated. Where nothing was taken yet, nothing will be: what was unpacked goes first."""
    script = (
        f"{_alone_in(member)} && rm -rf {UNPACKED} && "
        f"if [ -d {aside} ]; then rm -rf {DATA} && mv -T {aside} {DATA}; fi"
    )
    member.session.must(script, doing=f"putting the data of {member.name} from before back in place")


def _alone_in(member: Member) -> str:
    """A command that broke off here may run on there, and the next one must not overtake it."""
    return f"cd {shlex.quote(member.mountpoint())} && exec 9<. && flock -w {_LOCK_SECONDS} 9"


def _undo(members: Sequence[Member], touched: Sequence[Member], aside: str, cause: BaseException) -> None:
    """Give back and start. Raises OperationError, and starts nobody, when a member does not get its data."""
    stuck = {}
    for member in touched:
        try:
            _give_back(member, aside)
        except (SshError, OperationError, KeyboardInterrupt) as exc:
            stuck[member.name] = str(exc) or type(exc).__name__
    if not stuck:
        _start(members, "every member has its data from before")
        return
    said = "; ".join(f"{name}: {reason}" for name, reason in stuck.items())
    why = str(cause) or type(cause).__name__
    message = (
        f"the restore was given up ({why}), and all members are left stopped, since these may not have"
        f" their data from before: {said}; where their volume holds {aside}, put it in the"
        f" place of {DATA}, then run `{_command(members, 1)}` on {members[0].session.name}"
    )
    raise OperationError(message) from cause


def _start(members: Sequence[Member], state: str) -> None:
    told = f"{state}, but may not run: `{_command(members, 1)}` on {members[0].session.name} starts all"
    try:
        _scale(members, 1)
    except SshError as exc:
        message = f"{told} ({exc})"
        raise OperationError(message) from exc
    except BaseException:
        say(told)
        raise


def _scale(members: Sequence[Member], replicas: int) -> None:
    """Through a server that is a manager; the first one always is."""
    say(f"{'starting' if replicas else 'stopping'} every member")
    members[0].session.must(_command(members, replicas), doing="scaling the members")


def _command(members: Sequence[Member], replicas: int) -> str:
    return "docker service scale --detach " + " ".join(f"{member.name}={replicas}" for member in members)


def _await_stopped(members: Sequence[Member]) -> None:
    patience = Patience(_STOP_SECONDS)
    for member in members:
        asked = f"docker ps -q --filter label=com.docker.swarm.service.name={member.name}"
        doing = f"looking for {member.name}"
        if all(member.session.must(asked, doing=doing).strip() for _ in patience.pauses()):
            message = f"{member.name} did not stop within {_STOP_SECONDS:.0f} s, and runs on as it was"
            raise OperationError(message)
