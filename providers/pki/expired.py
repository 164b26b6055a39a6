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

from collections.abc import Collection, Mapping
from datetime import datetime


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
