"""Members of a quorum whose certificates have ended, and how the new ones get past each other all the same.

A certificate is looked at when a connection is made. Once those of all members have ended, a member that
starts with a new one reaches nobody, and nobody reaches it: a rollout that wants the whole cluster after each
member would never come to the second one.

| The cluster misses | The certificates that are shown now | The next member may be touched |
| --- | --- | --- |
| nobody | any | yes, as ever |
| some members, by its own word | those of all whom it misses have ended | yes |
| some members, by its own word | one of them shows a good one, or none | no |
| it has no majority | good ones make a majority, so that it can come | no |
| it has no majority | somebody shows none: it is away for another reason | no |
| it has no majority | good ones make no majority, and all others have ended | yes |
"""

import sys
from collections.abc import Collection, Mapping
from datetime import UTC, datetime

from providers.patience import Patience
from providers.pki.served import served_until
from providers.ssh import Session

#: Seconds until the certificates of those who are missing are looked at, and between two such looks.
FIRST_LOOK_SECONDS, LOOK_SECONDS = 5.0, 10.0


class ExpiryLooks:
    """The looks at what all voters show, within one wait: few of them, each is a handshake with everybody.

    who: the member that waits, for people. kind: what the others are, such as "member".
    """

    def __init__(self, patience: Patience, who: str, kind: str) -> None:
        self._patience, self._who, self._kind = patience, who, kind
        self._next = FIRST_LOOK_SECONDS
        self.expired = ""
        """Whose certificates had ended at the last look."""

    def only_renewal_lacks(
        self,
        server: Session,
        member: str,
        doors: Mapping[str, tuple[str, int]],
        missing: Collection[str] | None,
    ) -> bool:
        """`waits_for_renewal_only` by a look now; False while none is due. Says so, where it holds.

        doors: name of each voter to where it shows its certificate to the others.
        """
        if self._patience.elapsed < self._next:
            return False
        self._next = self._patience.elapsed + LOOK_SECONDS
        until = {name: served_until(server, *door) for name, door in doors.items()}
        now = datetime.now(UTC)
        self.expired = ", ".join(name for name, end in until.items() if end is not None and end <= now)
        if not waits_for_renewal_only(member, until, missing=missing, now=now):
            return False
        said = (
            f"warning: {self._who} runs with its new certificate; those of {self.expired} have expired,"
            f" so that not every {self._kind} can be healthy before they have new ones"
        )
        print(said, file=sys.stderr, flush=True)
        return True


def waits_for_renewal_only(
    member: str, until: Mapping[str, datetime | None], *, missing: Collection[str] | None, now: datetime
) -> bool:
    """The table above, for a member that was just given its certificate.

    until: when the certificate ends that each voter shows, the member itself among them; None for one that
    shows none. missing: whom the cluster misses, or None where no majority answers.
    """
    good = {name for name, end in until.items() if end is not None and end > now}
    ended = {name for name, end in until.items() if end is not None and end <= now}
    if member not in good or not ended:
        return False
    if missing is not None:
        return bool(missing) and set(missing) <= ended
    return good | ended == set(until) and 2 * len(good) <= len(until)
