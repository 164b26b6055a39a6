"""The way to the swarm's managers: whichever of them answers, and one change of membership at a time."""

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any

from providers.ssh import Session, SshError, Target, connect
from providers.swarm.docker_view import LocalSwarm, local_swarm
from providers.swarm.errors import NoManagerError

#: Seconds that one server may take to answer while another one could be asked instead.
PATIENCE_SECONDS = 6.0
#: Seconds to wait for the changes of other nodes; each of them may have to drain one.
LOCK_SECONDS = 900
#: A holder that vanished with its network keeps the lock for at most this long.
_HOLD_SECONDS = 900
_LOCK_FILE = "/run/galera-swarm-membership.lock"


@contextmanager
def reach(ssh: Mapping[str, Any], patience_seconds: float) -> Iterator[Session]:
    """A session to a server given as `ssh` input."""
    with connect(Target.from_inputs(ssh), deadline_seconds=patience_seconds) as session:
        yield session


@contextmanager
def any_manager(
    servers: Sequence[Mapping[str, Any]],
    *,
    patience_seconds: float,
    swarm_id: str | None = None,
    expected: bool = False,
) -> Iterator[tuple[Session, LocalSwarm]]:
    """The first of the servers that is a manager (of the given swarm), asked in order until one is.

    expected: a server that answers and is no manager is asked again too, since it is about to become one.
    Raises NoManagerError, with the reason for each server, when none has answered within the patience.
    """
    deadline = time.monotonic() + patience_seconds
    with ExitStack() as stack:
        while True:
            silent: list[str] = []
            denied: list[str] = []
            for ssh in servers:
                found = _manager(stack, ssh, swarm_id, silent, denied)
                if found:
                    yield found
                    return
            if time.monotonic() > deadline or not (silent or expected):
                break
            time.sleep(0.5)
    reasons = "; ".join([*silent, *denied]) or "none is named"
    said = f"no manager of the swarm answers ({reasons}): bring one of them back"
    raise NoManagerError(said)


@contextmanager
def membership_lock(servers: Sequence[Mapping[str, Any]]) -> Iterator[None]:
    """One change of the swarm's membership at a time, over all programs that change it.

    The lock lies on the first manager by address, so that everybody meets at the same one; whoever gets it on
    a server that has left the swarm meanwhile goes on to the next. It ends with the SSH session that holds
    it. Raises NoManagerError if no manager answers.
    """
    meeting = sorted(servers, key=lambda ssh: str(ssh["host"]))
    hold = f"echo locked; exec timeout {_HOLD_SECONDS} cat >/dev/null"
    command = f"flock -w {LOCK_SECONDS} {_LOCK_FILE} sh -c '{hold}'"
    while True:
        with (
            any_manager(meeting, patience_seconds=PATIENCE_SECONDS) as (session, _),
            session.holding(command, ready="locked", timeout_seconds=LOCK_SECONDS + 10.0),
        ):
            local = local_swarm(session)
            if local is not None and local.is_manager:
                yield
                return


def same_server(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Whether two `ssh` inputs lead to the same door."""
    return (one["host"], int(one.get("port") or 22)) == (other["host"], int(other.get("port") or 22))


def _manager(
    stack: ExitStack,
    ssh: Mapping[str, Any],
    swarm_id: str | None,
    silent: list[str],
    denied: list[str],
) -> tuple[Session, LocalSwarm] | None:
    with ExitStack() as attempt:
        try:
            session = attempt.enter_context(reach(ssh, PATIENCE_SECONDS))
            local = local_swarm(session)
        except SshError as exc:
            silent.append(str(exc))
            return None
        if local is None:
            silent.append(f"{session.name}: Docker does not answer")
        elif local.is_leaderless:
            silent.append(f"{session.name}: the managers have no leader")
        elif not local.is_manager:
            denied.append(f"{session.name}: not a manager")
        elif swarm_id and local.swarm_id != swarm_id:
            denied.append(f"{session.name}: manager of another swarm")
        else:
            stack.enter_context(attempt.pop_all())
            return session, local
    return None
