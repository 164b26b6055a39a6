"""Birth, joining, and coming back from every kind of end, on the real image."""

import threading
import time

import pytest

from tests.e2e.galera_service.members import NOTES, Ledger, Members, docker, eventually

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(600)]


def test_birth_join_and_crash_of_all(lasting: Members) -> None:
    lasting.born(1, 2, 3)
    uuid = lasting.uuid(1)
    with Ledger(lasting, (1, 2, 3)) as ledger:
        eventually("rows are written", lambda: len(ledger.acknowledged) > 100)
        lasting.kill(1, 2, 3)
    lasting.start(1, 2, 3)
    lasting.synced(1, 2, 3)
    assert {lasting.uuid(n) for n in (1, 2, 3)} == {uuid}
    ledger.verify(1, 2, 3)
    assert lasting.sql(2, "SELECT @@max_connections") == ((77,),)


def test_one_member_dies(lasting: Members) -> None:
    lasting.born(1, 2, 3)
    with Ledger(lasting, (1, 2, 3)) as ledger:
        eventually("rows are written", lambda: len(ledger.acknowledged) > 50)
        died = time.monotonic()
        lasting.kill(3)
        lasting.start(3)
        lasting.synced(1, 2, 3)
        known = len(ledger.acknowledged)
        eventually("rows are written again", lambda: len(ledger.acknowledged) > known)
    assert ledger.longest_gap(died) < 60
    ledger.verify(1, 2, 3)


def test_the_majority_dies_and_comes_back(lasting: Members) -> None:
    lasting.born(1, 2, 3)
    with Ledger(lasting, (1, 2, 3)) as ledger:
        eventually("rows are written", lambda: len(ledger.acknowledged) > 50)
        lasting.kill(2, 3)
    lasting.start(2, 3)
    lasting.synced(1, 2, 3)
    ledger.verify(1, 2, 3)


def test_members_on_a_machine_that_is_far_too_slow(members: Members) -> None:
    """No answer comes within a second; they hear one another all the same."""
    members.born(1, 2, 3)
    with Ledger(members, (1, 2)) as ledger:
        eventually("rows are written", lambda: len(ledger.acknowledged) > 50)
        members.kill(1, 2, 3)
    members.start(1, 2, 3)
    for n in (1, 2, 3):
        docker("update", "--cpus", "0.1", members.name(n))
    for n in (1, 2, 3):
        eventually(
            f"galera-{n} knows what to do",
            lambda n=n: ": decided after " in members.evidence(n),
            240,  # type: ignore[misc]
        )
    for n in (1, 2, 3):
        docker("update", "--cpus", "2", members.name(n))
    members.synced(1, 2, 3)
    ledger.verify(1, 2, 3)


@pytest.mark.parametrize("order", [(1, 2, 3), (3, 2, 1), (2, 3, 1)])
def test_stopped_in_order_and_started_in_any_order(lasting: Members, order: tuple[int, ...]) -> None:
    lasting.born(1, 2, 3)
    uuid = lasting.uuid(1)
    for n in (1, 2, 3):
        with Ledger(lasting, tuple(range(n, 4))) as ledger:
            eventually("rows are written", lambda ledger=ledger: len(ledger.acknowledged) > 20)  # type: ignore[misc]
        lasting.stop(n)
    for n in order:
        lasting.start(n)
        if n != 3 and order.index(n) < order.index(3):
            lasting.parked(n, "galera-3")
    lasting.synced(1, 2, 3)
    assert lasting.uuid(1) == uuid
    ledger.verify(1, 2, 3)


def test_all_stopped_at_once(lasting: Members) -> None:
    lasting.born(1, 2, 3)
    with Ledger(lasting, (1, 2, 3)) as ledger:
        eventually("rows are written", lambda: len(ledger.acknowledged) > 50)
    stops = [threading.Thread(target=lasting.stop, args=(n,)) for n in (1, 2, 3)]
    for thread in stops:
        thread.start()
    for thread in stops:
        thread.join()
    lasting.start(1, 2, 3)
    lasting.synced(1, 2, 3)
    ledger.verify(1, 2, 3)


def test_two_volumes_wiped_and_the_third_away(members: Members) -> None:
    members.born(1, 2, 3)
    members.kill(1, 2, 3)
    members.wipe(1)
    members.wipe(2)
    members.start(1, 2)
    members.parked(1, "no data")
    members.parked(2, "no data")
    members.begun_anew(1, 2)
    members.start(3)
    members.synced(1, 2, 3)


def test_one_volume_wiped_after_a_crash_of_all(members: Members) -> None:
    members.born(1, 2, 3)
    with Ledger(members, (1, 2, 3)) as ledger:
        eventually("rows are written", lambda: len(ledger.acknowledged) > 50)
        members.kill(1, 2, 3)
    members.wipe(1)
    members.start(1, 2, 3)
    members.synced(1, 2, 3)
    ledger.verify(1, 2, 3)


def test_null_position_marked_safe(members: Members) -> None:
    """A member with a null UUID that claims to be safe never wins against two with data."""
    members.born(1, 2, 3)
    uuid = members.uuid(1)
    with Ledger(members, (1, 2, 3)) as ledger:
        eventually("rows are written", lambda: len(ledger.acknowledged) > 50)
        members.kill(1, 2, 3)
    null = "00000000-0000-0000-0000-000000000000"
    text = f"version: 2.1\\nuuid:    {null}\\nseqno:   -1\\nsafe_to_bootstrap: 1\\n"
    members.in_volume(1, f"printf '{text}' >/var/lib/mysql/grastate.dat")
    members.start(1, 2, 3)
    members.synced(1, 2, 3)
    assert members.uuid(1) == uuid
    ledger.verify(1, 2, 3)


def test_a_silent_member_holds_the_others_until_it_is_declared_absent(members: Members) -> None:
    members.born(1, 2, 3)
    with Ledger(members, (1, 2)) as ledger:
        eventually("rows are written", lambda: len(ledger.acknowledged) > 50)
        members.kill(1, 2, 3)
    members.start(1, 2)
    members.parked(1, "galera-3 did not answer")
    members.parked(2, "galera-3 did not answer")
    members.start(1, 2, absent="galera-3")
    members.synced(1, 2)
    ledger.verify(1, 2)


def test_who_was_left_behind_does_not_mix_in(members: Members) -> None:
    """Declared absent with rows nobody else has, it comes back: its rows go by the operator's word alone."""
    members.born(1, 2, 3)
    uuid = members.uuid(1)
    members.sql(3, "CREATE TABLE mysql.lonely (id INT PRIMARY KEY) ENGINE=InnoDB")
    members.stop(1)
    members.stop(2)
    members.synced(3, size=1)
    members.sql(3, "INSERT INTO mysql.lonely VALUES (3)")
    members.kill(3)
    members.start(1, 2, absent="galera-3")
    members.synced(1, 2)
    for row in range(10, 20):
        members.sql(1, f"INSERT INTO mysql.lonely VALUES ({row})")
    members.start(3)
    members.parked(3, "went on without them")
    assert members.uuid(1) == uuid
    members.inside(3, f"mkdir -p {NOTES}/operator && echo {uuid} >{NOTES}/operator/discard")
    members.synced(1, 2, 3)
    assert members.sql(3, "SELECT MIN(id) FROM mysql.lonely") == ((10,),)


def test_data_of_another_cluster_is_not_thrown_away(members: Members) -> None:
    members.born(1)
    members.kill(1)
    members.start(2, permit="permit-2")
    members.synced(2, size=1)
    other = members.uuid(2)
    members.start(1)
    members.parked(1, "joining would throw the data away", other)
    mine = members.inside(1, f"cut -d' ' -f1 {NOTES}/view")
    members.inside(1, f"mkdir -p {NOTES}/operator && echo {mine} >{NOTES}/operator/discard")
    members.synced(1, 2)
    assert members.uuid(1) == other


def test_two_histories_and_nobody_primary(members: Members) -> None:
    members.born(1)
    mine = members.uuid(1)
    members.kill(1)
    members.start(2, permit="permit-2")
    members.synced(2, size=1)
    other = members.uuid(2)
    members.kill(2)
    members.in_volume(1, f"sed -i 's/galera-1/galera-1,galera-2/' {NOTES}/view")
    members.in_volume(2, f"sed -i 's/galera-2/galera-1,galera-2/' {NOTES}/view")
    members.start(1, 2)
    for n in (1, 2):
        members.parked(n, mine, other)


def test_a_joiner_killed_in_its_sst(members: Members) -> None:
    begin_a_slow_sst(members)
    members.kill(1, 2, 3)
    assert "SST succeeded" not in members.log(3), "it was killed too late"
    members.start(1, 2, 3)
    members.synced(1, 2, 3)
    assert members.sql(3, "SELECT COUNT(*) FROM big.t") == ((8,),)


def test_a_joiner_whose_donor_loses_its_power(members: Members) -> None:
    """Nothing tells it: its half of the connection stays open."""
    begin_a_slow_sst(members)
    for n in (1, 2):
        docker("network", "disconnect", members.prefix, members.name(n))
    members.kill(1, 2)
    assert "SST succeeded" not in members.log(3), "it was cut off too late"
    members.start(1, 2)
    members.synced(1, 2, 3)
    assert members.sql(3, "SELECT COUNT(*) FROM big.t") == ((8,),)


def begin_a_slow_sst(members: Members) -> None:
    """Two members and data; the third has begun to receive it, and will for some time."""
    members.born(1, 2)
    members.sql(1, "CREATE DATABASE big")
    members.sql(1, "CREATE TABLE big.t (id INT PRIMARY KEY AUTO_INCREMENT, x LONGBLOB) ENGINE=InnoDB")
    for _ in range(8):
        members.sql(1, "INSERT INTO big.t (x) VALUES (REPEAT('x', 12000000))")
    for n in (1, 2):
        docker("update", "--cpus", "0.2", members.name(n))  # the transfer lasts until it was seen
    members.start(3)
    eventually("the SST has begun", lambda: "Requesting state transfer: success" in members.log(3))
