"""What happens at a `ServingBalancer`: a wait that ends when SQL answers behind both of its ports."""

import shlex
from collections.abc import Mapping
from contextlib import ExitStack
from typing import Any, ClassVar

from pulumi.dynamic import CreateResult, ReadResult, UpdateResult

from providers.galera.errors import GaleraError
from providers.galera.sql import SqlDeniedError, sql, values
from providers.load_balancer.errors import LoadBalancerError
from providers.patience import Patience
from providers.ssh import Session, SshError, Target, connect
from providers.stateless import StatelessProvider, whole, without_provider
from providers.swarm.errors import SwarmError
from providers.swarm.manager_link import any_manager
from providers.swarm.task_view import task_view

#: Seconds for a server to answer again after its session broke.
RECONNECT_SECONDS = 30.0
#: Seconds that a refresh waits for a server that may be down.
REFRESH_PATIENCE_SECONDS = 4.0
#: Lines of its log that a failure shows, and seconds that reading them may take.
EVIDENCE_LINES, READ_SECONDS = 8, 30.0


class ServingBalancerProvider(StatelessProvider):
    """Makes nothing; it is the proof that the change of the next load balancer waits for."""

    INPUTS: ClassVar = (
        "ssh",
        "manager_ssh",
        "service",
        "writer_port",
        "reader_port",
        "password",
        "triggers",
        "timeout_seconds",
    )
    COMPARED: ClassVar = (
        "ssh",
        "manager_ssh",
        "service",
        "writer_port",
        "reader_port",
        "password",
        "triggers",
    )

    def create(self, props: dict[str, Any]) -> CreateResult:
        """Wait. Raises LoadBalancerError with the last words of its log when nothing moves any more."""
        return CreateResult(str(props["service"]), outs={**without_provider(props), "writer": _await(props)})

    def update(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> UpdateResult:
        """Wait again: something that restarts it, or the way to it, has changed."""
        return UpdateResult(outs={**self.taken_over(_olds, _news), "writer": _await(_news)})

    def read(self, id_: str, props: dict[str, Any]) -> ReadResult:
        """The writer now. A load balancer that is down is a state, not an error, and never a change."""
        try:
            with connect(
                Target.from_inputs(props["ssh"]), deadline_seconds=REFRESH_PATIENCE_SECONDS
            ) as server:
                writer = _member_behind(server, props, "writer_port")
        except (SshError, GaleraError):
            writer = ""
        return self.found(id_, {**props, "writer": writer})


def _await(props: Mapping[str, Any]) -> str:
    """The member behind the writer port, once both ports lead to one."""
    patience = Patience(float(whole(props, "timeout_seconds", 120)))
    service, seen = str(props["service"]), "not seen yet"
    with ExitStack() as stack:
        server: Session | None = None
        for _ in patience.pauses():
            try:
                if server is None:
                    target = Target.from_inputs(props["ssh"])
                    server = stack.enter_context(connect(target, deadline_seconds=RECONNECT_SECONDS))
                seen = _phase(props)
                if seen == "running":
                    writer = _member_behind(server, props, "writer_port")
                    _member_behind(server, props, "reader_port")
                    return writer
            except SqlDeniedError as exc:
                said = f"{service}: {exc}"
                raise LoadBalancerError(said) from exc
            except (SshError, SwarmError) as exc:
                stack.close()
                server, seen = None, str(exc)
            except GaleraError as exc:
                seen = str(exc)
            patience.saw("phase", seen)
            if patience.is_time_to_report():
                patience.report(service, seen)
        words = "" if server is None else _last_words(server, service)
    said = (
        f"{service} does not lead to the database, and nothing has moved for {patience.seconds:.0f} s"
        f" (last seen: {seen}); see `make status` for the members{words}"
    )
    raise LoadBalancerError(said)


def _phase(props: Mapping[str, Any]) -> str:
    """ "running" if the task runs by the current spec, else what it is at."""
    with any_manager(props["manager_ssh"], patience_seconds=RECONNECT_SECONDS) as (manager, _):
        task = task_view(manager, str(props["service"]))
    return "running" if task.is_current else task.phase


def _member_behind(server: Session, props: Mapping[str, Any], port: str) -> str:
    """Name of the member that answers SQL behind a port. Raises GaleraError if none does."""
    with sql(server, whole(props, port), str(props["password"])) as connection:
        return values(connection, "SHOW GLOBAL VARIABLES LIKE 'wsrep_node_name'").get("wsrep_node_name", "")


def _last_words(server: Session, service: str) -> str:
    label = shlex.quote(f"label=com.docker.swarm.service.name={service}")
    done = server.run(
        f'c=$(docker ps -aq --filter {label} | head -n 1) && [ -n "$c" ] &&'
        f' docker logs --tail {EVIDENCE_LINES} "$c" 2>&1',
        timeout_seconds=READ_SECONDS,
    )
    return "".join(f"\n  {line}" for line in done.stdout.splitlines())
