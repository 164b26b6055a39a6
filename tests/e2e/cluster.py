"""The members of a deployed stack, and what can befall them on the servers, past the program."""

import functools
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from tests.e2e.cloud import docker, node_container
from tests.e2e.ledger import Endpoint, ask, endpoints_of, synced, wsrep
from tests.e2e.stack import await_condition

VOLUME = "/var/lib/docker/volumes/galera-data/_data"

#: How long three members may take to come back before a test or measurement gives up.
PATIENCE_SECONDS = 180.0


@dataclass(frozen=True)
class Member:
    """One member, and the server that carries it with the container that this server is.

    seat: the label of its swarm node that has a task of its service run there; none for a service of its own.
    """

    name: str
    hostname: str
    container: str
    endpoint: Endpoint
    service: str
    seat: str | None


def _nothing() -> None:
    """For waits in which nothing is to be done."""


@dataclass(frozen=True)
class Cluster:
    """The members in their order; the first server is a manager."""

    members: Sequence[Member]
    password: str
    uuid: str

    @classmethod
    def of(cls, outputs: dict[str, Any]) -> "Cluster":
        """The cluster that a stack's outputs describe."""
        hosts = {
            one["member"]: (host["hostname"], one["service"])
            for host in outputs["access"]["hosts"]
            for one in host["members"]
        }
        seated = outputs["database"]["mode"] == "homogeneous"
        return cls(
            members=[
                Member(
                    name=endpoint.member,
                    hostname=hosts[endpoint.member][0],
                    container=node_container(hosts[endpoint.member][0]),
                    endpoint=endpoint,
                    service=hosts[endpoint.member][1],
                    seat=f"galera-swarm.seat.{hosts[endpoint.member][1]}" if seated else None,
                )
                for endpoint in endpoints_of(outputs)
            ],
            password=outputs["databaseRootPassword"],
            uuid=outputs["database"]["clusterUuid"],
        )

    @property
    def endpoints(self) -> list[Endpoint]:
        return [member.endpoint for member in self.members]

    def on(self, member: Member, command: str) -> str:
        """Output of a shell command on the member's server, past SSH and firewall."""
        return docker("exec", member.container, "sh", "-c", command)

    def status(self, member: Member) -> dict[str, str]:
        """The member's wsrep status; empty when it does not answer."""
        return wsrep(member.endpoint, self.password)

    def ask(self, member: Member, sql: str) -> list[tuple[Any, ...]]:
        """Rows of one statement on one member."""
        return ask(member.endpoint, self.password, sql)

    def synced(self) -> bool:
        return synced(self.endpoints, self.password)

    def await_synced(
        self, timeout: float = PATIENCE_SECONDS, meanwhile: Callable[[], None] = _nothing
    ) -> float:
        """Wait until all members are Synced in one Primary; the seconds it took.

        meanwhile: done at each look.
        """

        def are_synced() -> bool:
            meanwhile()
            return self.synced()

        try:
            return await_condition("all members Synced", are_synced, timeout, every=0.1)
        except AssertionError as exc:
            said = "\n".join(f"{member.name}:\n{self.evidence(member)}" for member in self.members)
            message = f"{exc}; the members say:\n{said}"
            raise AssertionError(message) from exc

    def await_fallen(self) -> None:
        """Wait until the members are not all Synced: the accident has been noticed."""
        await_condition("the fall", lambda: not self.synced(), timeout=30, every=0.05)

    def kill(self, *members: Member) -> None:
        """kill -9 of the database process of each, as near together as the machine allows."""
        for member in members:
            self.on(member, "kill -9 $(pidof mariadbd)")

    def start(self, *members: Member) -> None:
        """Ask the swarm for a task of each member, without waiting for it."""
        self.await_managers()
        self.on(self.members[0], " && ".join(_switched(member, on=True) for member in members))

    def stop(self, *members: Member) -> None:
        """Stop members in order through the swarm, and wait until their containers are gone."""
        self.await_managers()
        self.on(self.members[0], " && ".join(_switched(member, on=False) for member in members))
        for member in members:
            await_condition(
                f"the end of {member.name}", functools.partial(self._is_gone, member), timeout=120, every=0.1
            )

    def await_managers(self) -> float:
        """Wait until the swarm has a leader, who is elected some time after its managers found together."""
        look = "docker node ls >/dev/null 2>&1 && echo yes || true"
        return await_condition(
            "the swarm's leader", lambda: bool(self.on(self.members[0], look)), timeout=180
        )

    def await_recovered(self, timeout: float = PATIENCE_SECONDS) -> float:
        """As `await_synced`, and on until the swarm has begun anew whatever it means to."""
        took = self.await_synced(timeout)
        self._await_settled()
        self.await_synced(timeout)
        return took

    def _await_settled(self) -> float:
        """Wait until the swarm sees every node, and runs whatever should run.

        After an accident to most of its managers it finds together later than the members, and begins the
        tasks of a server anew that it had missed: that member runs, and is about to be stopped once more.
        `service ls` counts it as running all the while, so it is asked which tasks should run.
        """
        self.await_managers()
        look = (
            "docker node ls --format 'node {{.Status}}'; docker service ls --format 'wanted {{.Replicas}}';"
            " docker service ps $(docker service ls -q) --filter desired-state=running"
            " --format 'task {{.CurrentState}}' || true"
        )
        said: list[str] = []

        def is_whole() -> bool:
            said[:] = self.on(self.members[0], look).splitlines()
            return _is_whole(said)

        try:
            return await_condition("a swarm that misses nothing", is_whole, timeout=180)
        except AssertionError as exc:
            message = f"{exc}; it says:\n" + "\n".join(said)
            raise AssertionError(message) from exc

    def _is_gone(self, member: Member) -> bool:
        return not self.on(member, f"docker ps -q --filter {_of_service(member)}")

    def wipe(self, member: Member) -> None:
        """Remove everything from a stopped member's data volume."""
        self.on(member, f"find {VOLUME} -mindepth 1 -delete")

    def has_data(self, member: Member) -> bool:
        found = self.on(member, f"ls -A {VOLUME} | grep -cE '^(ibdata1|grastate.dat|mysql)$' || true")
        return int(found) > 0

    def evidence(self, member: Member, lines: int = 12) -> str:
        """The last lines in which the member's newest container explains itself."""
        return self.on(
            member,
            f"c=$(docker ps -aq --filter {_of_service(member)} | head -n 1);"
            f" [ -z \"$c\" ] || docker logs --tail 400 $c 2>&1 | grep '^galera-swarm: ' | tail -n {lines}",
        )


def _switched(member: Member, *, on: bool) -> str:
    """The command on a manager that has the member run, or end in order.

    A service that has its number already is left alone: its new version would have the swarm forget a task
    that waits for its server (moby/moby#53722).
    """
    if member.seat is None:
        wanted, number = int(on), "{{.Spec.Mode.Replicated.Replicas}}"
        has_it = f"[ \"$(docker service inspect --format '{number}' {member.service})\" = {wanted} ]"
        return f"{{ {has_it} || docker service scale --detach {member.service}={wanted}; }}"
    change = f"--label-add {member.seat}=yes" if on else f"--label-rm {member.seat}"
    return f"docker node update {change} {member.hostname}"


def _of_service(member: Member) -> str:
    return f"label=com.docker.swarm.service.name={member.service}"


def _is_whole(said: Sequence[str]) -> bool:
    """Whether all nodes are ready and all tasks run.

    Of lines such as `node Ready`, `wanted 3/3 (max 1 per node)`, `task Running 5 seconds ago`.
    """
    found: dict[str, list[str]] = {"node": [], "wanted": [], "task": []}
    for line in said:
        kind, state, *_ = line.split()
        found[kind].append(state)
    wanted = sum(int(count.partition("/")[2]) for count in found["wanted"])
    return set(found["node"]) == {"Ready"} and found["task"] == ["Running"] * wanted
