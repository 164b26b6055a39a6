"""The members of a cluster as the program knows them, and the way to one that works."""

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from typing import Any, TypedDict

import pulumi

from providers.etcd.control import ClusterView, member_list, member_status
from providers.etcd.errors import EtcdError
from providers.etcd.volume import VolumeState, look
from providers.ssh import Session, SshError, SshInputs, Target, connect

#: Seconds for another member's server to answer; one that is away must not hold up the rest.
PEER_SECONDS = 8.0


class EtcdPeer(TypedDict):
    """A member: its name, which is its service's too, its server, and where its peers reach it."""

    name: str
    ssh: SshInputs
    peer_url: pulumi.Input[str]


def others_of(props: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The peers of the member whose properties these are, itself not among them."""
    return [peer for peer in props["peers"] if peer["name"] != props["name"]]


@contextmanager
def through_any(peers: Sequence[Mapping[str, Any]]) -> Iterator[tuple[Session, str, ClusterView] | None]:
    """A session to the first member that reaches a majority, its service, and the list; or None."""
    with ExitStack() as open_session:
        yield _first(peers, open_session)


def _first(
    peers: Sequence[Mapping[str, Any]], open_session: ExitStack
) -> tuple[Session, str, ClusterView] | None:
    for peer in peers:
        try:
            door = connect(Target.from_inputs(peer["ssh"]), deadline_seconds=PEER_SECONDS)
            session = open_session.enter_context(door)
            view = member_list(session, str(peer["name"]))
        except SshError:
            continue
        if view is not None:
            return session, str(peer["name"]), view
    return None


def could_agree(peers: Sequence[Mapping[str, Any]]) -> bool:
    """Whether a majority of all members answers for itself as a voter: it can have a leader in a moment."""
    with ThreadPoolExecutor(max_workers=max(1, len(peers))) as pool:
        return sum(pool.map(_is_voter, peers)) * 2 > len(peers)


def _is_voter(peer: Mapping[str, Any]) -> bool:
    try:
        with connect(Target.from_inputs(peer["ssh"]), deadline_seconds=PEER_SECONDS) as session:
            status = member_status(session, str(peer["name"]))
    except (SshError, EtcdError):
        return False
    return status is not None and not status.is_learner


def volumes(peers: Sequence[Mapping[str, Any]], volume: str) -> dict[str, VolumeState | None]:
    """What lies on each member's server; None where the server does not answer."""
    with ThreadPoolExecutor(max_workers=max(1, len(peers))) as pool:
        states = pool.map(lambda peer: _volume(peer, volume), peers)
    return {str(peer["name"]): state for peer, state in zip(peers, states, strict=True)}


def _volume(peer: Mapping[str, Any], volume: str) -> VolumeState | None:
    try:
        with connect(Target.from_inputs(peer["ssh"]), deadline_seconds=PEER_SECONDS) as session:
            return look(session, volume)
    except SshError:
        return None
