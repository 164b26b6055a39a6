"""Whether a service with a quorum can do without one of its voters for as long as that one restarts.

The proofs keep a change from the next member until all are well again; this is asked before the first one.
"""

import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from pulumi.dynamic import CreateResult, UpdateResult

from providers.patience import Patience
from providers.stateless import StatelessProvider, without_provider

#: Seconds for the server of the member that is asked to answer.
SERVER_SECONDS = 20.0
#: Seconds for members that are away to come back by themselves.
BLIP_SECONDS = 30.0
#: Set in the environment, it says that a quorum may be lost for the time of a restart.
RESTART_VARIABLE, RESTART_ANYWAY = "GALERA_SWARM_RESTART", "anyway"


@dataclass(frozen=True, kw_only=True)
class Voters:
    """Who votes, as a quorum of them has it.

    well: name of each voter, and whether it answers as it should. missing: who should vote and does not.
    """

    well: Mapping[str, bool]
    missing: Sequence[str] = ()

    def away(self, member: str) -> list[str]:
        """Who is away, where a restart of the member besides would cost the quorum; else nobody.

        One that is not well itself has no vote to lose, and a small cluster whose voters are all well has no
        better moment.
        """
        away = sorted({name for name, is_well in self.well.items() if not is_well} | set(self.missing))
        others = sum(is_well for name, is_well in self.well.items() if name != member)
        majority = len(self.well) // 2 + 1
        is_needed = self.well.get(member, False) and others + 1 >= majority > others
        return away if is_needed else []


class LeewayProvider(StatelessProvider):
    """Looks before a member is changed, and only then: neither in a preview nor before its first start."""

    COMPARED: ClassVar = ("triggers",)
    ERROR: ClassVar[type[Exception]] = Exception

    def voters(self, props: Mapping[str, Any]) -> Voters | None:
        """The voters, asked through the member itself; None where it does not answer with a quorum."""
        raise NotImplementedError

    def create(self, props: dict[str, Any]) -> CreateResult:
        """A member that is new takes nobody's vote away."""
        return CreateResult(str(props["member"]), outs=without_provider(props))

    def update(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> UpdateResult:
        """Raises ERROR if a restart of the member would cost the quorum, by who is away now."""
        away = self._away(_news)
        if away and os.environ.get(RESTART_VARIABLE) == RESTART_ANYWAY:
            print(f"warning: {_news['member']} restarts while {', '.join(away)} is away", file=sys.stderr)
        elif away:
            said = (
                f"{_news['member']} is not restarted for this change: with {', '.join(away)} away already,"
                " the quorum would be lost; bring that back (`docker service ps` on a manager tells what it"
                " lacks) and run this again, or, if only this change brings it back, run it with"
                f" {RESTART_VARIABLE}={RESTART_ANYWAY} in the environment"
            )
            raise self.ERROR(said)
        return UpdateResult(outs=self.taken_over(_olds, _news))

    def _away(self, props: Mapping[str, Any]) -> list[str]:
        patience, away = Patience(BLIP_SECONDS), list[str]()
        for _ in patience.pauses():
            seen = self.voters(props)
            away = seen.away(str(props["member"])) if seen else []
            if not away:
                break
            if patience.is_time_to_report():
                patience.report(str(props["member"]), f"waits with its restart for {', '.join(away)}")
        return away
