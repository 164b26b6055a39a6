"""What happens at an `EtcdMember`: a wait that ends when the member votes and every voter is healthy."""

import sys
from collections.abc import Mapping
from typing import Any, ClassVar

from pulumi.dynamic import CreateResult, ReadResult, UpdateResult

from providers.etcd.control import MemberStatus, etcdctl, last_words, member_status
from providers.etcd.errors import EtcdError
from providers.etcd.health import FULL, health_of_voters
from providers.etcd.leave import leave
from providers.etcd.peers import others_of, through_any
from providers.patience import Patience
from providers.ssh import Session, SshError, Target, connect
from providers.stateless import StatelessProvider, whole, without_provider

#: Seconds for a server to answer again after its session broke.
RECONNECT_SECONDS = 20.0
REFRESH_SECONDS = 5.0
#: Seconds between two entries for a member that does not answer, and those that a lease lives.
STIR_SECONDS, LEASE_SECONDS = 10.0, 10


class EtcdMemberProvider(StatelessProvider):
    """The proof that the next member waits for; taken away, the member leaves its cluster in order."""

    INPUTS: ClassVar = ("server_id", "ssh", "name", "peer_url", "peers", "triggers", "timeout_seconds")
    IDENTITY: ClassVar = ("server_id", "name")
    GOES_WITH: ClassVar = ("server_id",)
    COMPARED: ClassVar = ("ssh", "peer_url", "peers", "triggers")
    DELETE_FIRST: ClassVar = True

    def create(self, props: dict[str, Any]) -> CreateResult:
        """Wait. Raises EtcdError with the member's own words when nothing moves any more."""
        return CreateResult(str(props["name"]), outs={**without_provider(props), **_proved(props)})

    def update(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> UpdateResult:
        """Wait again: something that restarts the member, or the way to it, has changed."""
        return UpdateResult(outs={**self.taken_over(_olds, _news), **_proved(_news)})

    def read(self, id_: str, props: dict[str, Any]) -> ReadResult:
        """The state now. A member that is down is a state, not an error, and never a change to be made."""
        try:
            with connect(Target.from_inputs(props["ssh"]), deadline_seconds=REFRESH_SECONDS) as server:
                status = member_status(server, str(props["name"]))
        except (SshError, EtcdError):
            status = None
        return self.found(id_, {**props, **(_outputs(status) if status else {"state": "Unreachable"})})

    def delete(self, _id: str, _props: dict[str, Any]) -> None:
        """Leave while the others still run, so that the majority shrinks before its container goes."""
        leave(_props)


class _Wait:
    """One wait for one member."""

    def __init__(self, props: Mapping[str, Any]) -> None:
        self._props = props
        self._name, self._peer_url = str(props["name"]), str(props["peer_url"])
        self._others = others_of(props)
        self._patience = Patience(float(whole(props, "timeout_seconds", 300)))
        self._phase, self._words = "not seen yet", ""
        self._next_stir = STIR_SECONDS

    def until_healthy(self) -> MemberStatus:
        for _ in self._patience.pauses():
            try:
                seen = self._look()
            except SshError as exc:
                self._phase, seen = str(exc), None
            if seen is not None:
                return seen
            if self._patience.is_time_to_report():
                self._patience.report(
                    self._name, f"{self._phase}; {self._words}" if self._words else self._phase
                )
        said = f"{self._name}: {self._phase}, and nothing has moved for {self._patience.seconds:.0f} s"
        raise EtcdError(said + (f"; its log ends with: {self._words}" if self._words else ""))

    def _look(self) -> MemberStatus | None:
        target = Target.from_inputs(self._props["ssh"])
        with connect(target, deadline_seconds=RECONNECT_SECONDS) as server:
            status = member_status(server, self._name)
            if status is None:
                self._phase, self._words = "it does not answer", last_words(server, self._name)
                self._ask_the_others(stir=True)
                return None
            # A voter's data grows as long as clients write: that is no sign of progress, a learner's is.
            grown = status.db_bytes if status.is_learner else 0
            self._patience.saw("status", (status.is_learner, status.leader, grown))
            if status.is_learner:
                self._promote(status.member_id)
                return None
            return status if self._is_healthy(server) else None

    def _is_healthy(self, server: Session) -> bool:
        """Whether every voter answers; a full database is no reason to wait, since no wait clears it.

        It must not stop a rollout either: another quota comes with one.
        """
        now = health_of_voters(server, self._name)
        if now.sick:
            self._phase = "not every member is healthy"
            self._words = "; ".join(f"{who}: {why}" for who, why in now.sick.items())
            self._ask_the_others(stir=False)
            return False
        if now.is_full:
            print(f"warning: {self._name}: {FULL}", file=sys.stderr, flush=True)
        return True

    def _ask_the_others(self, *, stir: bool) -> None:
        """Whether they still list it (EtcdError if not: no wait brings it back); and an entry for their log.

        A member that has taken a snapshot over counts it only with the next entry after it; where the log is
        5000 entries ahead until then, it refuses its own first word and answers nobody (seen with 3.6.6).
        A lease that ends by itself leaves nothing behind.
        """
        if self._patience.elapsed < self._next_stir:
            return
        self._next_stir = self._patience.elapsed + STIR_SECONDS
        with through_any(self._others) as way:
            if way is None:
                return
            if not way[2].of(self._name, self._peer_url):
                said = (
                    f"{self._name}: the cluster has removed it, though its seat is in the state: run"
                    " `pulumi refresh`, which sees that, and then `make up`, which takes the seat anew"
                )
                raise EtcdError(said)
            if stir:
                etcdctl(way[0], way[1], "lease", "grant", str(LEASE_SECONDS))

    def _promote(self, member_id: str) -> None:
        """Refused by the leader until the learner has caught up; then it votes."""
        self._phase, self._words = "a learner that catches up", ""
        with through_any(self._others) as way:
            if way is None:
                self._phase = "a learner, and no member answers that could let it vote"
                return
            done = etcdctl(way[0], way[1], "member", "promote", member_id)
            self._words = "" if done.ok else done.reason()


def _proved(props: Mapping[str, Any]) -> dict[str, Any]:
    return _outputs(_Wait(props).until_healthy())


def _outputs(status: MemberStatus) -> dict[str, Any]:
    return {
        "state": "Learner" if status.is_learner else "Voter" if status.leader else "Leaderless",
        "cluster_id": status.cluster_id,
        "member_id": status.member_id,
        "version": status.version,
    }
