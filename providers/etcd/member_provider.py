"""What happens at an `EtcdMember`: a wait that ends when the member votes and every voter is healthy."""

import sys
from collections.abc import Mapping
from typing import Any, ClassVar
from urllib.parse import urlsplit

from pulumi.dynamic import CreateResult, ReadResult, UpdateResult

from providers.etcd.control import MemberStatus, etcdctl, last_words, member_status
from providers.etcd.errors import EtcdError
from providers.etcd.health import FULL, health_of_voters
from providers.etcd.leave import leave
from providers.etcd.peers import others_of, through_any
from providers.patience import Patience
from providers.pki import ExpiryLooks
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
        found = _Wait(props, is_new=True).until_healthy()
        return CreateResult(str(props["name"]), outs={**without_provider(props), **found})

    def update(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> UpdateResult:
        """Wait again: something that restarts the member, or the way to it, has changed.

        While certificates of others have expired, what was found out before stands (`pki.expired`).
        """
        found = _Wait(_news, is_new=False).until_healthy()
        return UpdateResult(outs={**self.taken_over(_olds, _news), **found})

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

    def __init__(self, props: Mapping[str, Any], *, is_new: bool) -> None:
        self._props, self._is_new = props, is_new
        self._name, self._peer_url = str(props["name"]), str(props["peer_url"])
        self._others = others_of(props)
        self._patience = Patience(float(whole(props, "timeout_seconds", 300)))
        self._phase, self._words = "not seen yet", ""
        self._next_stir = STIR_SECONDS
        self._looks = ExpiryLooks(self._patience, self._name, "member")

    def until_healthy(self) -> dict[str, Any]:
        """What was found out: all outputs, or none where only certificates of others are in the way."""
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
        said += f"; expired certificates: {self._looks.expired}" if self._looks.expired else ""
        raise EtcdError(said + (f"; its log ends with: {self._words}" if self._words else ""))

    def _look(self) -> dict[str, Any] | None:
        target = Target.from_inputs(self._props["ssh"])
        with connect(target, deadline_seconds=RECONNECT_SECONDS) as server:
            status = member_status(server, self._name)
            if status is None:
                self._phase, self._words = "it does not answer", last_words(server, self._name)
                if self._waits_for_renewal_only(server, None):
                    return {}
                self._ask_the_others(stir=True)
                return None
            # A voter's data grows as long as clients write: that is no sign of progress, a learner's is.
            grown = status.db_bytes if status.is_learner else 0
            self._patience.saw("status", (status.is_learner, status.leader, grown))
            if status.is_learner:
                self._promote(status.member_id)
                return None
            return _outputs(status) if self._is_healthy(server) else None

    def _is_healthy(self, server: Session) -> bool:
        """Whether every voter that can answers; a full database is no reason to wait: no wait clears it.

        It must not stop a rollout either: another quota comes with one.
        """
        now = health_of_voters(server, self._name)
        if now.sick:
            self._phase = "not every member is healthy"
            self._words = "; ".join(f"{who}: {why}" for who, why in now.sick.items())
            if self._waits_for_renewal_only(server, now.sick):
                return True
            self._ask_the_others(stir=False)
            return False
        if now.is_full:
            print(f"warning: {self._name}: {FULL}", file=sys.stderr, flush=True)
        return True

    def _waits_for_renewal_only(self, server: Session, sick: Mapping[str, str] | None) -> bool:
        """Whether nothing but certificates of other members that have ended is in the way (`pki.expired`).

        sick: by their client URLs; None, or the member's own name among them, where no majority answers. One
        without a majority answers no client, but shows its certificate to its peers.
        """
        if self._is_new:
            return False
        urls = {str(peer["name"]): urlsplit(str(peer["peer_url"])) for peer in self._props["peers"]}
        doors = {name: (url.hostname or "", url.port or 0) for name, url in urls.items()}
        names = {url.hostname: name for name, url in urls.items()}
        missing = None
        if sick is not None and self._name not in sick:
            missing = [names.get(urlsplit(url).hostname, url) for url in sick]
        return self._looks.only_renewal_lacks(server, self._name, doors, missing)

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


def _outputs(status: MemberStatus) -> dict[str, Any]:
    return {
        "state": "Learner" if status.is_learner else "Voter" if status.leader else "Leaderless",
        "cluster_id": status.cluster_id,
        "member_id": status.member_id,
        "version": status.version,
    }
