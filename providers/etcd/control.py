"""etcd asked on its own server: `etcdctl` inside a member's container, and what it answers."""

import json
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from providers.etcd.errors import EtcdError
from providers.patience import Patience
from providers.ssh import Completed, Session

#: Seconds that etcdctl gives the cluster, and that Docker may take for a command besides.
COMMAND_SECONDS = 6
EXEC_SECONDS = 30.0
#: Seconds within which a cluster that has just changed takes the next change.
SETTLING_SECONDS = 60.0
_NOT_YET = "unhealthy cluster"

_EXEC = """
c=$(docker ps -q --filter label=com.docker.swarm.service.name={service} | head -n 1)
[ -n "$c" ] || {{ echo 'no container of it runs' >&2; exit 69; }}
exec docker exec "$c" {words}
"""
_LAST_WORDS = """
c=$(docker ps -aq --filter label=com.docker.swarm.service.name={service} | head -n 1)
[ -z "$c" ] || docker logs --tail 40 "$c" 2>&1
"""


@dataclass(frozen=True, kw_only=True)
class Listed:
    """A member as the cluster lists it; one that never started has no name yet."""

    member_id: str
    name: str
    peer_urls: tuple[str, ...]
    is_learner: bool
    client_urls: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class ClusterView:
    """The members that the cluster itself has agreed on."""

    cluster_id: str
    members: tuple[Listed, ...]

    def of(self, name: str, peer_url: str) -> tuple[Listed, ...]:
        """The entries that can only be this member's."""
        return tuple(one for one in self.members if one.name == name or peer_url in one.peer_urls)


@dataclass(frozen=True, kw_only=True)
class MemberStatus:
    """What a member says of itself. errors: its alarms and complaints, such as NOSPACE or no leader.

    applied: the last entry of the log that its database holds.
    """

    cluster_id: str
    member_id: str
    version: str
    leader: str
    is_learner: bool
    db_bytes: int
    errors: tuple[str, ...]
    applied: int = 0


def etcdctl(session: Session, service: str, *words: str, seconds: int = COMMAND_SECONDS) -> Completed:
    """Run etcdctl in the member's container, whose environment names the address and certificates."""
    limit = f"--command-timeout={seconds}s"
    return in_container(session, service, "etcdctl", limit, *words, seconds=EXEC_SECONDS + seconds)


def in_container(session: Session, service: str, *words: str, seconds: float = EXEC_SECONDS) -> Completed:
    """Run a program of the image in the member's container."""
    command = _EXEC.format(service=shlex.quote(service), words=shlex.join(words))
    return session.run(command, timeout_seconds=seconds)


def member_list(session: Session, service: str) -> ClusterView | None:
    """The cluster's members as a majority agrees on them; None where this member does not reach one."""
    done = etcdctl(session, service, "member", "list", "--write-out=json")
    return parse_members(done.stdout) if done.ok else None


def member_status(session: Session, service: str) -> MemberStatus | None:
    """The member's own state, also without a majority; None where it does not answer."""
    done = etcdctl(session, service, "endpoint", "status", "--write-out=json")
    return parse_status(done.stdout) if done.ok else None


def must(session: Session, service: str, *words: str, doing: str) -> str:
    """The output of an etcdctl command that has to succeed. Raises EtcdError.

    A cluster takes a change of its members only after all have been connected for five seconds; that is
    waited for.
    """
    for _ in Patience(SETTLING_SECONDS).pauses():
        done = etcdctl(session, service, *words)
        if done.ok:
            return done.stdout
        if _NOT_YET not in done.stderr:
            break
    said = f"{doing} through {service} on {session.name} failed: {done.reason()}"
    raise EtcdError(said)


def last_words(session: Session, service: str) -> str:
    """The last thing that the member's log calls an error, or says at all."""
    done = session.run(_LAST_WORDS.format(service=shlex.quote(service)), timeout_seconds=EXEC_SECONDS)
    return worst_line(done.stdout)


def worst_line(log: str) -> str:
    """The message of the last error, or of the last line, of a log in etcd's JSON form."""
    said, worst = "", ""
    for line in log.splitlines():
        try:
            entry = json.loads(line)
        except ValueError:
            entry = {"msg": line}
        if not isinstance(entry, dict):
            continue
        said = " ".join(str(entry[key]) for key in ("msg", "error") if entry.get(key)) or said
        if entry.get("level") in ("error", "fatal", "panic"):
            worst = said
    return (worst or said)[:300]


def parse_members(text: str) -> ClusterView:
    """What `member list --write-out=json` prints. Raises EtcdError for anything else."""
    answer = _object(text)
    return ClusterView(
        cluster_id=_hex(answer.get("header", {}).get("cluster_id")),
        members=tuple(
            Listed(
                member_id=_hex(one.get("ID")),
                name=str(one.get("name") or ""),
                peer_urls=tuple(one.get("peerURLs") or ()),
                is_learner=bool(one.get("isLearner")),
                client_urls=tuple(one.get("clientURLs") or ()),
            )
            for one in answer.get("members") or ()
        ),
    )


def parse_status(text: str) -> MemberStatus:
    """What `endpoint status --write-out=json` prints of one endpoint. Raises EtcdError for anything else."""
    entries = _json(text)
    if not isinstance(entries, list) or len(entries) != 1 or not isinstance(entries[0], dict):
        said = f"etcdctl says something else than one endpoint's status: {text[:200]!r}"
        raise EtcdError(said)
    status: Mapping[str, Any] = entries[0].get("Status") or {}
    header = status.get("header") or {}
    return MemberStatus(
        cluster_id=_hex(header.get("cluster_id")),
        member_id=_hex(header.get("member_id")),
        version=str(status.get("version") or ""),
        leader=_hex(status.get("leader")),
        is_learner=bool(status.get("isLearner")),
        db_bytes=int(status.get("dbSize") or 0),
        errors=tuple(str(one) for one in status.get("errors") or ()),
        applied=int(status.get("raftAppliedIndex") or 0),
    )


def _object(text: str) -> dict[str, Any]:
    answer = _json(text)
    if not isinstance(answer, dict):
        said = f"etcdctl says something else than a list of members: {text[:200]!r}"
        raise EtcdError(said)
    return answer


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError as exc:
        said = f"etcdctl says something that is no JSON: {text[:200]!r}"
        raise EtcdError(said) from exc


def _hex(number: Any) -> str:
    """Ids as etcd writes them everywhere else."""
    return f"{int(number):x}" if number else ""
