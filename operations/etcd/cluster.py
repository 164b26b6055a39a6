"""The members of a deployed etcd cluster, each with a session to its server."""

import json
import shlex
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any

from operations.access import doors
from operations.errors import OperationError
from providers.etcd.control import etcdctl
from providers.etcd.health import health
from providers.etcd.volume import CONFIG
from providers.patience import Patience
from providers.ssh import Session, SshError, connect

VOLUME = "etcd-data"
SSH_SECONDS = 20.0
HEALTHY_SECONDS = 180.0


@dataclass(frozen=True, kw_only=True)
class Member:
    """A member, and an open session to its server."""

    name: str
    session: Session

    def mountpoint(self) -> str:
        """Where its volume lies on the server."""
        command = f"docker volume inspect -f '{{{{.Mountpoint}}}}' {VOLUME}"
        return self.session.must(command, doing=f"looking for the volume of {self.name}").strip()

    def config(self) -> dict[str, Any]:
        """The configuration it runs with."""
        path = shlex.quote(f"{self.mountpoint()}/{CONFIG}")
        return dict(json.loads(self.session.must(f"cat {path}", doing=f"reading the seat of {self.name}")))


@contextmanager
def members_of(outputs: Mapping[str, Any], *, skip_silent: bool = False) -> Iterator[list[Member]]:
    """All members, in their order; those whose servers do not answer are named and left out if need be.

    Raises OperationError unless every server answers, or with `skip_silent` when none does.
    """
    if "etcd" not in outputs:
        message = "the stack has no etcd cluster; etcd.enabled turns it on"
        raise OperationError(message)
    ways = doors(outputs)
    with ExitStack() as sessions:
        members = []
        for one in outputs["etcd"]["members"]:
            try:
                door = connect(ways[one["server"]], deadline_seconds=SSH_SECONDS)
                members.append(Member(name=one["name"], session=sessions.enter_context(door)))
            except SshError as exc:
                if skip_silent:
                    say(f"{one['name']} is skipped, its server does not answer: {exc}")
                    continue
                message = f"the server of {one['name']} does not answer, and nothing was touched: {exc}"
                raise OperationError(message) from exc
        if not members:
            message = "no server of an etcd member answers: bring one back first (make status)"
            raise OperationError(message)
        yield members


def command(member: Member, *words: str, doing: str, seconds: int = 30) -> str:
    """The output of an etcdctl command that has to succeed. Raises OperationError."""
    done = etcdctl(member.session, member.name, *words, seconds=seconds)
    if not done.ok:
        message = f"{doing} on {member.name} failed: {done.reason()}"
        raise OperationError(message)
    return done.stdout


def await_healthy(members: Sequence[Member]) -> bool:
    """Until every member answers and agrees; whether the alarm NOSPACE stands, under which they still do.

    Raises OperationError with what is missing.
    """
    for _ in Patience(HEALTHY_SECONDS).pauses():
        sick, is_full = {}, False
        for member in members:
            now = health(member.session, member.name)
            is_full = is_full or now.is_full
            if now.sick:
                sick[member.name] = "; ".join(now.sick.values())
        if not sick:
            return is_full
    said = "; ".join(f"{name}: {reason}" for name, reason in sick.items())
    message = f"not every member is healthy after {HEALTHY_SECONDS:.0f} s: {said}"
    raise OperationError(message)


def say(text: str) -> None:
    """One line of progress."""
    print(text, file=sys.stderr, flush=True)
