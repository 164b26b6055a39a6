"""Whether servers manage a swarm already, and which one: a second swarm must never be made beside it."""

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from providers.patience import Patience
from providers.ssh import Session, SshError
from providers.swarm.docker_view import READ_SECONDS, local_swarm
from providers.swarm.errors import SwarmError
from providers.swarm.joining import SERVER_PATIENCE_SECONDS
from providers.swarm.manager_link import reach

#: Seconds for one server to answer; it is asked again.
_ANSWER_SECONDS = SERVER_PATIENCE_SECONDS / 4
#: There while an engine belongs to a swarm, running or not; `docker swarm leave` takes it away.
_SWARM_STATE = "/var/lib/docker/swarm/docker-state.json"


@dataclass(frozen=True)
class Doubt:
    """Why a server may hold a swarm that it cannot name now."""

    reason: str


#: A swarm's id, None for "manages none", or a doubt.
Answer = str | Doubt | None


def answers(servers: Sequence[Mapping[str, Any]], who: str) -> list[Answer]:
    """What each server says, asked again while a doubt is left and none of them names a swarm.

    Managers that were just frozen, restarted or cut off have no leader for some seconds, and can name none.
    """
    if not servers:
        return []
    patience = Patience(SERVER_PATIENCE_SECONDS)
    for _ in patience.pauses():
        given = _asked(servers)
        doubts = reasons(given)
        if not doubts or any(isinstance(answer, str) for answer in given):
            break
        if patience.is_time_to_report():
            patience.report(who, f"waits for the managers: {doubts[0]}")
    return given


def reasons(given: Sequence[Answer]) -> list[str]:
    """Of all the doubts among the answers."""
    return [answer.reason for answer in given if isinstance(answer, Doubt)]


def existing_swarm(servers: Sequence[Mapping[str, Any]], who: str) -> str | None:
    """Id of the swarm that the servers manage; None if they manage none.

    Raises SwarmError if one of them is in doubt while no other one has a swarm, or if they have several.
    """
    given = answers(servers, who)
    swarms = sorted({answer for answer in given if isinstance(answer, str)})
    if len(swarms) > 1:
        said = f"the managers are in {len(swarms)} different swarms ({', '.join(swarms)}): keep one of them"
        raise SwarmError(said)
    if swarms:
        return swarms[0]
    doubts = reasons(given)
    if doubts:
        said = (
            f"a manager may hold the swarm and cannot tell, so no new one is made ({'; '.join(doubts)}):"
            " bring it back, then run `pulumi up` again"
        )
        raise SwarmError(said)
    return None


def none_has_one(servers: Sequence[Mapping[str, Any]]) -> bool:
    """Whether every server answers, and that it manages no swarm."""
    return all(answer is None for answer in _asked(servers))


def _asked(servers: Sequence[Mapping[str, Any]]) -> list[Answer]:
    with ThreadPoolExecutor(max_workers=len(servers)) as pool:
        return list(pool.map(_ask, servers))


def _ask(ssh: Mapping[str, Any]) -> Answer:
    try:
        with reach(ssh, _ANSWER_SECONDS) as server:
            return _answer(server)
    except SshError as exc:
        return Doubt(str(exc))


def _answer(server: Session) -> Answer:
    local = local_swarm(server)
    if local is None:
        held = server.run(f"test -s {_SWARM_STATE}", timeout_seconds=READ_SECONDS).ok
        return Doubt(f"{server.name}: Docker does not answer") if held else None
    if local.is_manager:
        return local.swarm_id
    if local.is_leaderless:
        return Doubt(f"{server.name}: the managers have no leader")
    if local.state in {"inactive", "active"}:
        return None
    return Doubt(f"{server.name}: its swarm is {local.state}")
