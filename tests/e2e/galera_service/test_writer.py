"""Who takes the writes of the load balancers: two of them, three members, all plain containers."""

import contextlib
import json
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pymysql
import pytest
from pymysql.converters import escape_string

from components.load_balancer_config import BalancerPlan, configuration, statistics_page
from tests.e2e.cloud import ROOT, build_image
from tests.e2e.galera_service.conftest import closed_at_the_end
from tests.e2e.galera_service.members import Members, docker, eventually
from tests.e2e.ledger import Endpoint, Ledger, ask, connect, is_alive

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(600)]

IMAGE = "haproxy:2.6"
SERVE = ROOT / "services" / "load_balancer" / "serve"
#: Longest time without an acknowledged write on a busy machine; design section 10 has 3 s, for a quiet one.
KILLED_LIMIT_SECONDS = 20.0


@dataclass
class Balancers:
    """Load balancers beside the members, with the configuration that a stack gives them."""

    members: Members
    scratch: Path
    doors: list[Endpoint] = field(default_factory=list)

    def start(self, count: int) -> None:
        plan = BalancerPlan(members_name=f"{self.members.prefix}-peers", members=3)
        (self.scratch / "haproxy.cfg").write_text(configuration(plan) + statistics_page("a-password"))
        for number in range(1, count + 1):
            name = self.name(number)
            docker(
                *("run", "--detach", "--name", name, "--network", self.members.prefix),
                *("--volume", f"{self.scratch / 'haproxy.cfg'}:/haproxy.cfg:ro"),
                *("--volume", f"{SERVE}:/serve:ro"),
                *(IMAGE, "/serve", plan.members_name, "haproxy", "-W", "-db", "-f", "/haproxy.cfg"),
            )
            networks = json.loads(docker("inspect", "--format", "{{json .NetworkSettings.Networks}}", name))
            self.doors.append(Endpoint(name, networks[self.members.prefix]["IPAddress"], 6446))

    def restart(self, number: int) -> float:
        """Stops one in order and starts it again, at the same address; the seconds that its stop took."""
        start = time.monotonic()
        docker("stop", "--time", "60", self.name(number))
        took = time.monotonic() - start
        docker("start", self.name(number))
        return took

    def name(self, number: int) -> str:
        return f"{self.members.prefix}-balancer-{number}"

    def writers(self) -> set[str]:
        """Members behind the writer ports; "nobody" for a port that does not answer."""
        found = set()
        for door in self.doors:
            try:
                rows = ask(door, self.members.password, "SELECT @@wsrep_node_name")
                found.add(str(rows[0][0]))
            except Exception:  # noqa: BLE001 -- whatever the client says, nobody answered
                found.add("nobody")
        return found

    def agreed(self) -> str:
        """The one writer of all, as soon as there is one."""
        found: set[str] = set()

        def agree() -> bool:
            found.clear()
            found.update(self.writers())
            return len(found) == 1 and "nobody" not in found

        eventually("one writer of all", agree)
        return found.pop()

    def await_checks(self, number: int, said: str) -> None:
        """Until both load balancers have gone on asking a member for two seconds after it said that.

        One that was started again may have had another address before.
        """
        notes = "/dev/shm/galera-swarm"
        eventually(said, lambda: said in self.members.inside(number, f"cat {notes}/serves"))
        told = int(self.members.inside(number, "date +%s"))
        asked = f"cut -d ' ' -f 1 {notes}/asked/*-writer"

        def asked_since() -> bool:
            stamps = map(int, self.members.inside(number, asked).split())
            return sum(stamp >= told + 2 for stamp in stamps) == len(self.doors)

        eventually("checks", asked_since)

    def close(self) -> None:
        for number in range(1, len(self.doors) + 1):
            docker("rm", "-f", self.name(number), check=False)


@pytest.fixture(scope="module")
def balancers(
    database_image: None, tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest
) -> Iterator[Balancers]:
    """Three members and two load balancers for all tests here; each leaves all of them running."""
    build_image(IMAGE)
    scratch = tmp_path_factory.mktemp("writer")
    for members in closed_at_the_end(Members(scratch), request):
        made = Balancers(members, scratch)
        try:
            members.born(1, 2, 3)
            made.start(2)
            yield made
        finally:
            for number in range(1, len(made.doors) + 1):
                print(f"--- balancer {number}\n{docker('logs', made.name(number), check=False)[-3000:]}")
            made.close()


def writes(ledger: Ledger, more: int) -> None:
    enough = len(ledger.acknowledged) + more
    eventually(f"{more} writes", lambda: len(ledger.acknowledged) >= enough)


def test_the_oldest_member_takes_the_writes_and_does_not_get_them_back(balancers: Balancers) -> None:
    members = balancers.members
    assert balancers.agreed() == "galera-1", "it is the one that was born"
    eventually("the one that was born", lambda: balancers.writers() == {"galera-1"})
    with Ledger(balancers.doors, members.password, name="killed") as ledger:
        writes(ledger, 100)
        members.kill(1)
        writes(ledger, 100)
        assert balancers.agreed() == "galera-2", "the next oldest"
        members.start(1)
        members.synced(1, 2, 3)
        writes(ledger, 200)
        assert balancers.agreed() == "galera-2"
    print(f"killed: {ledger.longest_pause_seconds:.1f} s without a write")
    assert ledger.longest_pause_seconds <= KILLED_LIMIT_SECONDS
    for number in (1, 2, 3):
        assert ledger.lost_on(Endpoint(f"galera-{number}", members.address(number), 3306)) == set()


def test_members_that_stop_in_order_refuse_no_write(balancers: Balancers) -> None:
    members = balancers.members
    balancers.agreed()
    with Ledger(balancers.doors, members.password, name="rolled", pings=True) as ledger:
        writes(ledger, 100)
        for number in (1, 2, 3):
            took = members.stop(number)
            print(f"galera-{number} stopped in {took:.1f} s; {balancers.agreed()} takes the writes")
            members.start(number)
            members.synced(1, 2, 3)
            writes(ledger, 50)
    print(f"{len(ledger.acknowledged)} writes, {ledger.longest_pause_seconds:.1f} s without one at most")
    assert ledger.refusals == []
    for number in (1, 2, 3):
        assert ledger.lost_on(Endpoint(f"galera-{number}", members.address(number), 3306)) == set()


def test_a_member_whose_secret_is_roots_password_of_before_refuses_no_write_when_it_stops(
    balancers: Balancers,
) -> None:
    members = balancers.members
    number = int(balancers.agreed().removeprefix("galera-"))
    with Ledger(balancers.doors, members.password, name="changed", pings=True) as ledger:
        writes(ledger, 100)
        set_roots_password(balancers, f"another-{members.password}")
        try:
            members.stop(number)
            said = members.evidence(number)
            writes(ledger, 50)
        finally:
            set_roots_password(balancers, members.password)
        members.start(number)
        members.synced(1, 2, 3)
    assert ledger.refusals == []
    assert "hands its clients over" in said
    assert "made no pause" not in said


def set_roots_password(balancers: Balancers, password: str) -> None:
    """Of the root that members are, on the socket; who comes over TCP is another account."""
    balancers.agreed()
    said = f"ALTER USER root@localhost IDENTIFIED BY '{escape_string(password)}'"
    ask(balancers.doors[0], balancers.members.password, said)


def test_a_load_balancer_that_stops_in_order_refuses_no_write(balancers: Balancers) -> None:
    balancers.agreed()
    password = balancers.members.password
    with Ledger(balancers.doors, password, name="walked", pings=True, finds_another_door=True) as ledger:
        writes(ledger, 100)
        for number in (1, 2):
            took = balancers.restart(number)
            print(f"load balancer {number} stopped in {took:.1f} s")
            writes(ledger, 50)
    print(f"{len(ledger.acknowledged)} writes, {ledger.longest_pause_seconds:.1f} s without one at most")
    assert ledger.refusals == []


def test_a_member_taken_out_by_hand_gives_the_writes_away(balancers: Balancers) -> None:
    writer = balancers.agreed()
    number = int(writer.removeprefix("galera-"))
    balancers.members.sql(number, "SET GLOBAL wsrep_desync=ON")
    eventually("the next oldest", lambda: balancers.agreed() != writer)
    balancers.members.sql(number, "SET GLOBAL wsrep_desync=OFF")
    eventually("the oldest again", lambda: balancers.agreed() == writer)


def fill(held: contextlib.ExitStack, door: Endpoint) -> None:
    """Take more sessions than a member has."""
    for _ in range(100):
        held.enter_context(contextlib.closing(connect(door, "a-word", user="visitor")))


def test_a_member_full_of_clients_refuses_the_next_and_keeps_those_it_has(balancers: Balancers) -> None:
    members = balancers.members
    number = int(balancers.agreed().removeprefix("galera-"))
    door = balancers.doors[0]
    # A user without the right to the seat that a full member keeps for its administrator.
    members.sql(number, "CREATE USER IF NOT EXISTS visitor@'%' IDENTIFIED BY 'a-word'")
    with contextlib.ExitStack() as held:
        kept = held.enter_context(contextlib.closing(connect(door, "a-word", user="visitor")))
        with pytest.raises(pymysql.err.OperationalError, match="Too many connections"):
            fill(held, door)
        balancers.await_checks(number, "full of clients")
        with kept.cursor() as cursor:
            cursor.execute("SELECT @@wsrep_node_name")
            assert cursor.fetchall() == ((f"galera-{number}",),)
    assert balancers.agreed() == f"galera-{number}"


def test_writes_that_go_back_to_who_was_frozen_take_their_sessions_along(balancers: Balancers) -> None:
    members = balancers.members
    oldest = balancers.agreed()
    number = int(oldest.removeprefix("galera-"))
    docker("pause", members.name(number))
    try:
        eventually("another writer", lambda: balancers.writers().isdisjoint({oldest, "nobody"}))
        held = connect(balancers.doors[0], members.password, seconds=60)
    finally:
        docker("unpause", members.name(number))
    members.synced(1, 2, 3)
    eventually("the oldest again", lambda: balancers.writers() == {oldest})
    eventually("the end of the session with the other one", lambda: not is_alive(held))


def test_without_load_balancers_a_member_stops_at_once(members: Members) -> None:
    members.born(1)
    members.stop(1)
    assert "hands its clients over" not in members.evidence(1)
