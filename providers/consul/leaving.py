"""An agent taken out of Consul in order: a server that votes leaves the quorum before it is stopped.

The mark in the data volume keeps the agent parked when the swarm starts its container again, until the
service is changed or removed, or somebody wants the agent back.
"""

import shlex
import sys
from collections.abc import Mapping, Sequence
from typing import Any

from providers.consul.api import PATIENCE_SECONDS, Api, any_agent
from providers.consul.errors import ConsulError, NoAnswerError
from providers.patience import Patience
from providers.ssh import Session, SshError, Target, connect
from providers.stateless import whole

#: Name of the mark, a file in the data volume that holds the role in which the agent left.
MARK = "galera-swarm-left"
#: Seconds for the others to see that the agent has left.
LEAVE_SECONDS = 30.0


def leave(props: Mapping[str, Any]) -> None:
    """Take the agent out, by itself if it answers, else by the others.

    props: `ssh`, `node`, `role`, `address`, `volume`, `peers` (the `ssh` of the Consul servers), `http_port`,
    `rpc_port`, `token`. What cannot be done any more (a server that is gone, a Consul without a leader) is
    said, and stops nothing: who removes the agent goes on.
    """
    reason = _leave_by_itself(props)
    if reason is None and _has_left(props):
        return
    if reason is not None:
        _warn(f"{props['node']} cannot leave Consul by itself: {reason}")
    _put_out(props)


def _leave_by_itself(props: Mapping[str, Any]) -> str | None:
    """Why it cannot; None if it was told to."""
    try:
        with connect(Target.from_inputs(props["ssh"]), deadline_seconds=PATIENCE_SECONDS) as server:
            _mark(server, str(props["volume"]), str(props["role"]))
            api = _api(server, props)
            api.leader()
            try:
                answer = api.put("/v1/agent/leave")
            except NoAnswerError:
                return None  # It ends while it answers.
            return None if answer.ok else answer.words()
    except (SshError, NoAnswerError) as exc:
        return str(exc)


def come_back(server: Session, volume: str, *, role: str | None = None) -> None:
    """Take the mark away, or only that of a role: a parked agent starts again by itself."""
    if_so = f'[ "$(cat {_MARK_PATH} 2>/dev/null)" = {shlex.quote(role)} ] || exit 0; ' if role else ""
    server.must(f"{_mountpoint(volume)}; {if_so}rm -f {_MARK_PATH}", doing="letting Consul's agent start")


_MARK_PATH = f'"$m/{MARK}"'


def _mountpoint(volume: str) -> str:
    """Shell: the volume's directory in $m; ends well where there is no such volume."""
    name = shlex.quote(volume)
    return f"m=$(docker volume inspect -f '{{{{.Mountpoint}}}}' {name} 2>/dev/null) || exit 0"


def _mark(server: Session, volume: str, role: str) -> None:
    server.must(
        f"{_mountpoint(volume)}; echo {shlex.quote(role)} >{_MARK_PATH}", doing="parking Consul's agent"
    )


def _api(server: Session, props: Mapping[str, Any]) -> Api:
    return Api(server, whole(props, "http_port"), str(props["token"]))


def _others(props: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    """The Consul servers beside the one that leaves."""
    return [ssh for ssh in props["peers"] if ssh["host"] != props["ssh"]["host"]]


def _has_left(props: Mapping[str, Any]) -> bool:
    """Whether the others see it gone from their list of voters, waiting for a while; clients never vote."""
    others = _others(props)
    if props["role"] != "server" or not others:
        return True
    own = f"{props['address']}:{whole(props, 'rpc_port')}"
    try:
        with any_agent(others, whole(props, "http_port"), str(props["token"])) as api:
            return any(own not in api.peers() for _ in Patience(LEAVE_SECONDS).pauses())
    except (ConsulError, SshError):
        # Nobody is left that could count votes: the whole of Consul goes away, or is down.
        return True


def _put_out(props: Mapping[str, Any]) -> None:
    """Remove a server that could not leave by itself from the voters, by its address."""
    own, node = f"{props['address']}:{whole(props, 'rpc_port')}", str(props["node"])
    try:
        with any_agent(_others(props), whole(props, "http_port"), str(props["token"])) as api:
            api.put(f"/v1/agent/force-leave/{node}?prune=true")
            if own in api.peers():
                answer = api.delete(f"/v1/operator/raft/peer?address={own}")
                if not answer.ok:
                    _warn(f"{node} still counts as a Consul server: {answer.words()}")
    except (ConsulError, SshError) as exc:
        _warn(f"{node} still counts as a Consul server: {exc}")


def _warn(said: str) -> None:
    print(f"warning: {said}", file=sys.stderr)
