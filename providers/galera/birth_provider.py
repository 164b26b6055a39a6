"""What happens at a `ClusterBirth`: nobody has data, one is permitted to begin, its history UUID is kept."""

import base64
import hashlib
import json
import shlex
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import replace
from typing import Any, ClassVar

from pulumi.dynamic import CreateResult

from providers.galera.errors import GaleraError
from providers.galera.evidence import evidence, last_words
from providers.galera.volume_state import NULL_UUID, VolumeState, look
from providers.patience import Patience
from providers.ssh import (
    CommandTimedOutError,
    ConnectionLostError,
    Session,
    SshError,
    Target,
    UnreachableError,
    connect,
)
from providers.stateless import StatelessProvider, whole, without_provider

#: Seconds for the server of a member to answer.
PATIENCE_SECONDS = 60.0
#: Two tries of one birth differ by less than this.
_STEP_KILOBYTES = 64


class ClusterBirthProvider(StatelessProvider):
    """A fact of the past once it is made: nothing in its diff, so it never runs again."""

    INPUTS: ClassVar = ("ssh_of_members", "first", "cluster_name", "init_scripts", "timeout_seconds")

    def create(self, props: dict[str, Any]) -> CreateResult:
        """Refuse if any member has data; else permit the first to bootstrap, and wait until it is Primary.

        The permit's id follows from the inputs, so an interrupted birth is recognised and brought to its end.
        Raises GaleraError with the evidence: what lies where, or what the member waits for.
        """
        members = {str(one["member"]): one for one in props["ssh_of_members"]}
        first = members[str(props["first"])]
        permit = permit_id(str(props["cluster_name"]), str(first["member"]), str(first["volume"]))
        states = _look_everywhere(list(members.values()))
        _refuse_data(str(props["first"]), states, permit)
        uuid = _Birth(first, permit, props).until_primary()
        return CreateResult(permit, outs={**without_provider(props), "cluster_uuid": uuid})


def permit_id(cluster_name: str, first: str, volume: str) -> str:
    """The same for the same cluster, member and volume, however often the birth is tried."""
    text = json.dumps([cluster_name, first, volume])
    return f"birth-{hashlib.sha256(text.encode()).hexdigest()[:24]}"


def _look_everywhere(members: Sequence[Mapping[str, Any]]) -> dict[str, VolumeState]:
    """All volumes at once. A server that does not answer stops the birth: silence is not emptiness."""

    def one(member: Mapping[str, Any]) -> tuple[str, VolumeState]:
        with connect(Target.from_inputs(member["ssh"]), deadline_seconds=PATIENCE_SECONDS) as server:
            return str(member["member"]), look(server, member)

    with ThreadPoolExecutor(max_workers=len(members)) as pool:
        return dict(pool.map(one, members))


def _refuse_data(first: str, states: Mapping[str, VolumeState], permit: str) -> None:
    """Data is only taken for ours if the first member's was made by this very permit."""
    mine = states[first]
    is_ours = permit in (mine.born, mine.made_by, mine.permit)
    foreign = {
        member: state
        for member, state in states.items()
        if not state.is_blank and not (is_ours and _belongs(member, state, first, mine))
    }
    if not foreign:
        return
    listed = "; ".join(f"{member}: {state.shown()}" for member, state in sorted(foreign.items()))
    said = (
        "no cluster is born where data lies already: if it is this cluster's, import its state or restore the"
        f" stack's; if nobody needs it, remove the volume on that server; found {listed}"
    )
    raise GaleraError(said)


def _belongs(member: str, state: VolumeState, first: str, mine: VolumeState) -> bool:
    return member == first or (bool(state.history) and state.history == mine.history)


class _Birth:
    """One wait for one first member, which goes on when a session breaks off: another one is opened."""

    def __init__(self, first: Mapping[str, Any], permit: str, props: Mapping[str, Any]) -> None:
        self._first, self._permit = first, permit
        self._scripts = props.get("init_scripts") or {}
        self._member, self._service = str(first["member"]), str(first.get("service") or first["member"])
        self._patience = Patience(float(whole(props, "timeout_seconds", 900)))
        self._server: Session | None = None
        self._mountpoint = ""
        self._most = 0

    def until_primary(self) -> str:
        """The history UUID, once the permit has been used up."""
        with ExitStack() as stack:
            for _ in self._patience.pauses():
                try:
                    uuid, lack = self._look(stack), ""
                except (ConnectionLostError, CommandTimedOutError, UnreachableError) as exc:
                    stack.close()
                    self._server, uuid, lack = None, "", str(exc)
                if uuid:
                    return uuid
                if self._patience.is_time_to_report():
                    self._report(lack)
            raise GaleraError(self._failure(lack))

    def _look(self, stack: ExitStack) -> str:
        if self._server is None:
            target = Target.from_inputs(self._first["ssh"])
            self._server = stack.enter_context(connect(target, deadline_seconds=PATIENCE_SECONDS))
        if not self._mountpoint:
            self._mountpoint = _permit(self._server, self._first, self._permit, self._scripts)
        return _history_born_by(self._server, self._mountpoint, self._permit) if self._mountpoint else ""

    def _report(self, lack: str) -> None:
        if self._server is not None:
            words = last_words(self._server, self._service)
            lack = words[0] if words else "has not said anything yet"
            try:
                self._see(look(self._server, self._first))
            except SshError as exc:
                lack = str(exc)
        self._patience.report(self._member, lack)

    def _see(self, state: VolumeState) -> None:
        """More data than ever is progress; less, and as much again, is another try of a birth that failed."""
        self._most = max(self._most, state.kilobytes // _STEP_KILOBYTES)
        self._patience.saw("volume", replace(state, kilobytes=self._most))

    def _failure(self, lack: str) -> str:
        said = (
            f"{self._member} was permitted to bootstrap but is not Primary, and nothing has moved for"
            f" {self._patience.seconds:.0f} s: see what it says, then run `pulumi up` again"
        )
        if self._server is None:
            return f"{said} (last seen: {lack})"
        return said + evidence(self._server, self._service)


def _permit(server: Session, member: Mapping[str, Any], permit: str, scripts: Mapping[str, str]) -> str:
    """Where the volume lies, with the permit in it or used up; empty while the member has not made it yet."""
    state = look(server, member)
    if state.mountpoint and permit not in (state.permit, state.made_by, state.born):
        _place_permit(server, state.mountpoint, permit, scripts)
    return state.mountpoint


def _history_born_by(server: Session, mountpoint: str, permit: str) -> str:
    """The history UUID once the member has noted the end of this birth; empty before."""
    at = shlex.quote(mountpoint)
    said = server.must(
        f"cat {at}/.galera-swarm/born 2>/dev/null; sed -n 's/^uuid: */uuid=/p' {at}/grastate.dat"
        " 2>/dev/null; true",
        doing="looking for the end of the birth",
    ).split()
    uuid = next((word.removeprefix("uuid=") for word in said if word.startswith("uuid=")), "")
    return uuid if permit in said and uuid != NULL_UUID else ""


def _place_permit(server: Session, mountpoint: str, permit: str, scripts: Mapping[str, str]) -> None:
    """The permit appears together with the init scripts, or not at all."""
    draft = f"{shlex.quote(mountpoint)}/.galera-swarm/birth.draft"
    server.must(
        f"rm -rf {draft} && mkdir -p {draft}/initdb.d", doing="preparing the birth", timeout_seconds=30.0
    )
    for name, text in sorted(scripts.items()):
        if "/" in name or name.startswith("."):
            said = f"the init script {name!r} needs a plain file name"
            raise GaleraError(said)
        server.must(
            f"base64 -d >{draft}/initdb.d/{shlex.quote(name)}",
            stdin=base64.b64encode(base64.b64decode(text)).decode(),
            doing=f"handing over the init script {name}",
            timeout_seconds=300.0,
        )
    keep = f"{shlex.quote(mountpoint)}/.galera-swarm"
    server.must(
        f"cat >{draft}/permit && chmod -R a+rX {draft} && rm -rf {keep}/birth && sync && mv {draft}"
        f" {keep}/birth",
        stdin=f"{permit}\n",
        doing="handing over the birth permit",
        timeout_seconds=60.0,
    )
