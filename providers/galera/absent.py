"""Members that the operator names as gone for good (design section 6, rule 5), told to those left."""

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, ClassVar

import pulumi
from pulumi.dynamic import CreateResult, Resource, UpdateResult

from providers.galera.cluster_birth import MemberVolume
from providers.galera.errors import GaleraError
from providers.galera.volume_state import locating
from providers.ssh import SshError, Target, connect
from providers.stateless import StatelessProvider, without_provider

#: Seconds for the server of a member that is left to answer.
PATIENCE_SECONDS = 30.0

# The member reads the file each time it decides, so nobody has to start anew. No volume yet: nobody decides.
_WRITE = r"""
notes=$m/.galera-swarm/operator
mkdir -p "$notes" && chmod 0755 "$notes" && cat >"$notes/absent.new" && mv "$notes/absent.new" "$notes/absent"
"""


@dataclass(frozen=True, kw_only=True)
class AbsentMembersArgs:
    """members: all of the cluster. absent: names of those that no decision has to wait for any more."""

    members: Sequence[MemberVolume]
    absent: Sequence[str]


class AbsentMembersProvider(StatelessProvider):
    """Writes the names into the data volume of every member that is left, all of them at once."""

    INPUTS: ClassVar = ("members", "absent")
    COMPARED: ClassVar = ("absent",)

    def create(self, props: dict[str, Any]) -> CreateResult:
        """Nothing to tell is nothing to do. Raises GaleraError when a member that is left does not answer."""
        if props.get("absent"):
            _tell(props["members"], props["absent"])
        return CreateResult("absent", outs=without_provider(props))

    def update(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> UpdateResult:
        """The names as they are now; none ends the exception."""
        _tell(_news["members"], _news.get("absent") or ())
        return UpdateResult(outs=without_provider(_news))


class AbsentMembers(Resource, module="galera", name="AbsentMembers"):
    """The operator's word on who is gone for good."""

    def __init__(
        self, name: str, args: AbsentMembersArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        props = {"members": [dict(member) for member in args.members], "absent": list(args.absent)}
        super().__init__(AbsentMembersProvider(), name, props, opts)


def _tell(members: Sequence[Mapping[str, Any]], absent: Sequence[str]) -> None:
    left = [member for member in members if member["member"] not in absent]

    def one(member: Mapping[str, Any]) -> None:
        try:
            with connect(Target.from_inputs(member["ssh"]), deadline_seconds=PATIENCE_SECONDS) as server:
                server.must(
                    locating(member) + _WRITE,
                    doing=f"telling {member['member']} who is absent",
                    stdin=",".join(absent) + "\n",
                )
        except SshError as exc:
            said = (
                f"{member['member']} cannot be told that {', '.join(absent) or 'nobody'} is absent: {exc}; "
                "bring its server back, or name it in database.absent too if it is gone for good"
            )
            raise GaleraError(said) from exc

    with ThreadPoolExecutor(max_workers=max(1, len(left))) as pool:
        list(pool.map(one, left))
