"""Whether members answer with a majority behind them, and the one alarm under which they still do."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from providers.etcd.control import etcdctl, member_list
from providers.etcd.errors import EtcdError
from providers.ssh import Session

#: What a full database means, and what helps.
FULL = (
    "the database is full (alarm NOSPACE) and takes no writes: run `make etcd-defrag`, and if that is not"
    " enough, raise etcd.quotaMb, run `make up`, and `make etcd-defrag` again"
)
_ALARMS = "Active Alarm(s):"
_NOSPACE = "NOSPACE"


@dataclass(frozen=True, kw_only=True)
class Health:
    """sick: who does not answer as it should, and why; the alarm NOSPACE does not count there.

    is_full: that alarm stands. Members under it keep their quorum and answer reads, so that they can be
    restarted and defragmented one by one, but they take no writes.
    """

    sick: Mapping[str, str] = field(default_factory=dict)
    is_full: bool = False


def health(session: Session, service: str) -> Health:
    """The health of one member; EtcdError if etcdctl says something that is no health."""
    return _asked(session, service)


def health_of_voters(session: Session, service: str) -> Health:
    """The health of every voting member, asked on one of them; EtcdError as for `health`.

    A learner refuses every question about health, and counts for no majority.
    """
    now = _asked(session, service, "--cluster")
    view = member_list(session, service) if now.sick else None
    if view is None:
        return now
    learners = {url for one in view.members if one.is_learner for url in one.client_urls}
    return Health(
        sick={who: why for who, why in now.sick.items() if who not in learners}, is_full=now.is_full
    )


def _asked(session: Session, service: str, *words: str) -> Health:
    """etcdctl ends with status 1 while any alarm stands, so that what it printed decides."""
    done = etcdctl(session, service, "endpoint", "health", *words, "--write-out=json")
    if not done.stdout.strip():
        return Health(sick={service: done.reason()})
    found = parse_health(done.stdout)
    if not done.ok and not found.sick and not found.is_full:
        return Health(sick={service: done.reason()})
    return found


def parse_health(text: str) -> Health:
    """What `endpoint health --write-out=json` prints. Raises EtcdError for anything else."""
    try:
        entries: Any = json.loads(text)
    except ValueError:
        entries = None
    if not isinstance(entries, list) or not all(isinstance(one, dict) for one in entries) or not entries:
        said = f"etcdctl says something else than the health of endpoints: {text[:200]!r}"
        raise EtcdError(said)
    sick, is_full = {}, False
    for one in entries:
        error = str(one.get("error") or ("" if one.get("health") else "not healthy"))
        full = _is_full(error)
        is_full = is_full or full
        if error and not full:
            sick[str(one.get("endpoint") or "?")] = error
    return Health(sick=sick, is_full=is_full)


def _is_full(error: str) -> bool:
    """Whether alarms are all that is wrong, and all of them are NOSPACE."""
    if not error.startswith(_ALARMS):
        return False
    return set(error.removeprefix(_ALARMS).split()) == {_NOSPACE}
