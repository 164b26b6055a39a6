"""Members that do not hear one another, or remember what is no longer so."""

import time

import pymysql
import pytest

from tests.e2e.galera_service.members import Members, eventually
from tests.faults.storm.accidents import Accident, Accidents
from tests.faults.storm.ledger import StormLedger
from tests.faults.storm.supervised import NUMBERS, Supervised

pytestmark = [pytest.mark.faults, pytest.mark.timeout(1800)]

HEALING_SECONDS = 240.0


@pytest.fixture
def ledger(members: Members, supervised: Supervised) -> StormLedger:
    supervised.born(seconds=HEALING_SECONDS)
    made = StormLedger(members, NUMBERS)
    made.prepare()
    return made


def takes_writes(members: Members, n: int) -> bool:
    try:
        members.sql(n, "INSERT INTO storm.entries (entry, writer) VALUES ('alone', 0)")
    except (pymysql.Error, OSError, KeyError):
        return False
    return True


def primary(members: Members, n: int) -> bool:
    return members.status(n).get("wsrep_cluster_status") == "Primary"


@pytest.mark.parametrize("whom", [(1,), (2, 3), (1, 2, 3)])
def test_cut_off(
    members: Members, supervised: Supervised, ledger: StormLedger, whom: tuple[int, ...]
) -> None:
    """One alone leaves two that go on; two or three alone leave nobody. Nobody starts anything anew."""
    uuid = members.uuid(1)
    accidents = Accidents(supervised)
    with ledger:
        ledger.await_rows(20, seconds=120)
        accidents.happen(Accident(kind="cut", whom=whom, pause=0, lasts=40))
        lonely = whom if len(whom) == 1 else NUMBERS
        for n in lonely:
            eventually(f"galera-{n} is Primary no more", lambda n=n: not primary(members, n), 30)  # type: ignore[misc]
        until = time.monotonic() + 15
        while time.monotonic() < until:
            assert not any(takes_writes(members, n) for n in lonely)
            time.sleep(0.5)
        if len(whom) == 1:
            ledger.await_rows(20, seconds=120)
        accidents.heal()
        members.synced(*NUMBERS, seconds=HEALING_SECONDS)
        ledger.await_rows(20, seconds=120)
    ledger.verify()
    assert {members.uuid(n) for n in NUMBERS} == {uuid}
    assert supervised.ears.count("to bootstrap:") <= 1


def test_a_stale_member_that_claims_to_be_safe(
    members: Members, supervised: Supervised, ledger: StormLedger
) -> None:
    """Stopped first, with an old view, and marked safe by somebody: it waits for those who went on."""
    with ledger:
        ledger.await_rows(20, seconds=120)
        with supervised.held_down(*NUMBERS):
            members.stop(1)
            ledger.await_rows(20, seconds=120)
            members.stop(2)
            ledger.await_rows(20, seconds=120)
            members.kill(3)
            members.in_volume(
                1, "sed -i 's/safe_to_bootstrap: 0/safe_to_bootstrap: 1/' /var/lib/mysql/grastate.dat"
            )
            supervised.release(1)
            supervised.says(1, "galera-2, galera-3 did not answer", 60)
            supervised.release(2)
            supervised.says(2, "galera-3 did not answer", 60)
            assert not primary(members, 1)
            assert not primary(members, 2)
        members.synced(*NUMBERS, seconds=HEALING_SECONDS)
        ledger.await_rows(20, seconds=120)
    ledger.verify()
