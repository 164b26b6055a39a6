"""What happens at a `SyncedMember`: a wait that ends when the member is Synced, and reads it on refresh."""

import time
from collections.abc import Mapping
from contextlib import ExitStack
from typing import Any, ClassVar

from pulumi.dynamic import CreateResult, ReadResult, UpdateResult

from providers.galera.errors import GaleraError
from providers.galera.evidence import evidence, last_words
from providers.galera.member_view import SqlView, data_kilobytes, expected_size, sql_view
from providers.galera.sql import NoSqlError, SqlDeniedError, sql
from providers.patience import Patience, size_text
from providers.ssh import Session, SshError, Target, connect
from providers.stateless import StatelessProvider, whole, without_provider
from providers.swarm.docker_view import local_swarm
from providers.swarm.errors import NoServiceError, SwarmError
from providers.swarm.manager_link import any_manager
from providers.swarm.task_view import TaskView, spec_digest, task_view

#: Seconds for a server to answer again after its session broke.
RECONNECT_SECONDS = 30.0
#: Seconds that a refresh waits for a member that may be down.
REFRESH_PATIENCE_SECONDS = 4.0
#: A member whose task was replaced this often during one wait is not on its way.
MOST_RESTARTS = 6
#: Seconds after which the task of a member that does not answer is looked at again: three docker commands.
RECHECK_SECONDS = 3.0
#: How the trigger begins that a refresh adds when the service is not what it was.
ALTERED = "changed past the program: "
#: Refusals of the password in a row; a member that is being set up may refuse it for a moment.
MOST_REFUSALS = 15


class SyncedMemberProvider(StatelessProvider):
    """Makes nothing; it is the proof that the next wave of members waits for."""

    INPUTS: ClassVar = (
        "ssh",
        "manager_ssh",
        "member",
        "service",
        "port",
        "cluster_name",
        "cluster_uuid",
        "password",
        "triggers",
        "absent",
        "node_id",
        "if_there",
        "timeout_seconds",
    )
    COMPARED: ClassVar = (
        "ssh",
        "manager_ssh",
        "member",
        "service",
        "port",
        "cluster_name",
        "cluster_uuid",
        "password",
        "triggers",
    )

    def create(self, props: dict[str, Any]) -> CreateResult:
        """Wait. Raises GaleraError with the member's own evidence when nothing moves any more."""
        return CreateResult(str(props["member"]), outs={**without_provider(props), **_await_synced(props)})

    def update(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> UpdateResult:
        """Wait again: something that restarts the member, or the way to it, has changed."""
        return UpdateResult(outs={**self.taken_over(_olds, _news), **_await_synced(_news)})

    def read(self, id_: str, props: dict[str, Any]) -> ReadResult:
        """The state now. A member that is down is a state, not an error, and never a change to be made."""
        try:
            with (
                connect(
                    Target.from_inputs(props["ssh"]), deadline_seconds=REFRESH_PATIENCE_SECONDS
                ) as server,
                sql(server, whole(props, "port"), str(props["password"])) as connection,
            ):
                seen = _outputs(sql_view(connection))
        except (SshError, GaleraError):
            seen = {"state": "Unreachable", "size": 0}
        return self.found(id_, {**props, **seen, "triggers": _triggers_now(props)})


def _triggers_now(props: Mapping[str, Any]) -> list[Any]:
    """The recorded triggers, with one more while the service has another spec than when the member was seen.

    Whoever repairs a service that was changed past the program restarts its member: with this, the proof is
    made again, and the members after it wait for it.
    """
    recorded = [one for one in props.get("triggers") or () if not str(one).startswith(ALTERED)]
    try:
        # A spec that several members share changes with each of them, by the program itself.
        seen = "" if props.get("node_id") else _spec_now(props)
    except (SshError, SwarmError):
        seen = ""
    was = str(props.get("spec") or "")
    return [*recorded, f"{ALTERED}{seen}"] if seen and was and seen != was else recorded


def _spec_now(props: Mapping[str, Any]) -> str:
    with any_manager(props["manager_ssh"], patience_seconds=REFRESH_PATIENCE_SECONDS) as (manager, _):
        return spec_digest(manager, str(props["service"]))


class _Wait:
    """One wait for one member: two servers that are asked, and what they said last."""

    def __init__(self, props: Mapping[str, Any], stack: ExitStack) -> None:
        self._props, self._stack = props, stack
        self._member, self._service = str(props["member"]), str(props["service"])
        self._patience = Patience(float(whole(props, "timeout_seconds", 600)))
        self._tasks: set[str] = set()
        self._refusals = 0
        self._server: Session | None = None
        self._manager: Session | None = None
        self._task: TaskView | None = None
        self._is_settled, self._noted = False, 0.0
        self._phase = "not seen yet"
        self._node_id = str(props.get("node_id") or "")

    def is_there(self) -> bool:
        """Whether the swarm wants the member to run at all."""
        for _ in self._patience.pauses():
            try:
                return bool(task_view(self._sessions()[1], self._service, self._node_id).task)
            except NoServiceError:
                return False
            except (SshError, SwarmError) as exc:
                self._phase = str(exc)
                self._disconnect()
        raise GaleraError(self._failure(f"no manager tells of it for {self._patience.seconds:.0f} s"))

    def until_synced(self) -> SqlView:
        for _ in self._patience.pauses():
            try:
                seen = self._look(*self._sessions())
            except NoServiceError as exc:
                raise GaleraError(self._failure(str(exc))) from exc
            except (SshError, SwarmError) as exc:
                self._phase = str(exc)
                self._disconnect()
                continue
            if seen is not None:
                return seen
            if self._patience.is_time_to_report():
                self._report()
        still = f"not Synced, and nothing has moved for {self._patience.seconds:.0f} s"
        raise GaleraError(self._failure(still))

    def spec(self) -> str:
        """Digest of the spec by which the member runs; empty where several members share it."""
        if self._node_id or self._manager is None:
            return ""
        try:
            return spec_digest(self._manager, self._service)
        except SshError:
            return ""

    def _look(self, server: Session, manager: Session) -> SqlView | None:
        """The member over SQL if everything about it is as it has to be."""
        if not self._is_settled:
            self._note(task_view(manager, self._service, self._node_id))
            if not self._is_settled:
                return None
        try:
            with sql(server, whole(self._props, "port"), str(self._props["password"])) as connection:
                seen = sql_view(connection)
        except NoSqlError:
            self._is_settled = time.monotonic() - self._noted < RECHECK_SECONDS
            self._phase = "SQL does not answer yet"
            return None
        except SqlDeniedError as exc:
            self._refusals += 1
            self._phase = "SQL refuses the password"
            if self._refusals > MOST_REFUSALS:
                raise GaleraError(self._failure(str(exc))) from exc
            return None
        self._refusals = 0
        return seen if self._is_there(manager, seen) else None

    def _is_there(self, manager: Session, seen: SqlView) -> bool:
        self._patience.saw("state", (seen.state, seen.component, seen.size))
        self._phase = f"{seen.state or 'starting'}, {seen.component or 'no component'}"
        if not seen.is_synced:
            self._patience.saw("committed", seen.committed)
            return False
        wanted = str(self._props.get("cluster_uuid") or "")
        if wanted and seen.uuid != wanted:
            said = f"in the wrong cluster, {seen.uuid}: the one born with this stack is {wanted}"
            raise GaleraError(self._failure(said))
        size = expected_size(manager, str(self._props["cluster_name"]), self._props.get("absent") or ())
        if seen.size < size:
            self._phase = f"Synced, but the cluster has {seen.size} of {size} members"
            return False
        return True

    def _note(self, task: TaskView) -> None:
        self._task, self._is_settled, self._noted = task, task.is_current, time.monotonic()
        if not task.is_current:
            self._phase = task.phase
        self._patience.saw("task", (task.task, task.phase))
        self._tasks.add(task.task)
        if len(self._tasks) > MOST_RESTARTS:
            raise GaleraError(self._failure(f"started {len(self._tasks)} times, and ended each time"))

    def _report(self) -> None:
        said = self._phase
        if self._server is not None and self._task is not None and self._task.container:
            kilobytes = data_kilobytes(self._server, self._task.container)
            if not self._phase.startswith("Synced"):
                self._patience.saw("kilobytes", kilobytes)
            said += f", {size_text(kilobytes)} of data"
        if self._server is not None:
            words = last_words(self._server, self._service)
            said += f"; {words[0]}" if words else ""
        self._patience.report(self._member, said)

    def _failure(self, reason: str) -> str:
        said = f"{self._member}: {reason} (last seen: {self._phase})"
        return said + (evidence(self._server, self._service) if self._server is not None else "")

    def _sessions(self) -> tuple[Session, Session]:
        """To the member's server and to a manager, which may be the same."""
        if self._server is None:
            target = Target.from_inputs(self._props["ssh"])
            self._server = self._stack.enter_context(connect(target, deadline_seconds=RECONNECT_SECONDS))
        if self._manager is None:
            doors = self._props["manager_ssh"]
            local = local_swarm(self._server)
            if local is not None and local.is_manager:
                self._manager = self._server
            else:
                link = any_manager(doors, patience_seconds=RECONNECT_SECONDS)
                self._manager = self._stack.enter_context(link)[0]
        return self._server, self._manager

    def _disconnect(self) -> None:
        self._stack.close()
        self._server = self._manager = None
        self._is_settled = False


def _await_synced(props: Mapping[str, Any]) -> dict[str, Any]:
    with ExitStack() as stack:
        wait = _Wait(props, stack)
        if props.get("if_there") and not wait.is_there():
            return {"state": "", "size": 0, "version": "", "node_address": ""}
        return {**_outputs(wait.until_synced()), "spec": wait.spec()}


def _outputs(seen: SqlView) -> dict[str, Any]:
    return {
        "state": seen.state,
        "size": seen.size,
        "version": seen.version,
        "node_address": seen.address,
    }
