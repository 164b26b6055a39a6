"""A member's data volume is full, while the cluster writes and while it recovers. Nothing is lost, the member
says what is wrong, and with room again all heals by itself.
"""

import contextlib
from collections.abc import Iterator

import pymysql
import pytest

from tests.e2e.galera_service.members import Members, docker, eventually
from tests.faults.storm.ledger import StormLedger
from tests.faults.storm.supervised import NUMBERS, Supervised

pytestmark = [pytest.mark.faults, pytest.mark.timeout(1800)]

#: Room for a member of a small cluster, most of it the gcache and the redo log.
MEGABYTES = 640
#: Where an SST does not clear it away.
FILLER = "/var/lib/mysql/lost+found/filler"
HEALING_SECONDS = 240.0


@pytest.fixture
def small(members: Members) -> Iterator[Members]:
    """The members' volumes are small file systems in memory; a container of each keeps them there."""
    for n in NUMBERS:
        docker(
            *("volume", "create", "--driver", "local", "--opt", "type=tmpfs", "--opt", "device=tmpfs"),
            *("--opt", f"o=size={MEGABYTES}m", members.name(n)),
        )
        docker(
            *("run", "--detach", "--name", f"{members.name(n)}-keeper", "--entrypoint", "sleep"),
            *("--volume", f"{members.name(n)}:/var/lib/mysql", members.image, "infinity"),
        )
    try:
        yield members
    finally:
        for n in NUMBERS:
            docker("rm", "-f", f"{members.name(n)}-keeper", check=False)


@pytest.fixture
def whole_cluster(small: Members, supervised: Supervised) -> StormLedger:
    """Three Synced members on small volumes, started again whenever they end, and a ledger."""
    supervised.born(seconds=HEALING_SECONDS)
    ledger = StormLedger(small, NUMBERS)
    ledger.prepare()
    small.sql(1, "CREATE TABLE storm.ballast (n INT PRIMARY KEY, b LONGBLOB)")
    return ledger


def fill(members: Members, *numbers: int) -> None:
    script = f"mkdir -p $(dirname {FILLER}); for s in 1M 4K 1; do dd if=/dev/zero bs=$s >>{FILLER}; done"
    for n in numbers:
        docker("exec", f"{members.name(n)}-keeper", "bash", "-c", script, check=False)


def make_room(members: Members, *numbers: int) -> None:
    for n in numbers:
        docker("exec", f"{members.name(n)}-keeper", "rm", "-f", FILLER)


def write_ballast(members: Members, n: int, rows: int) -> set[int]:
    """Rows too large for what is left in a table's file; tells which were taken."""
    taken = set()
    for number in range(rows):
        with contextlib.suppress(pymysql.Error):
            members.sql(n, f"INSERT INTO storm.ballast VALUES ({number}, REPEAT('x', 1000000))")
            taken.add(number)
    return taken


def lost_ballast(members: Members, n: int, taken: set[int]) -> set[int]:
    return taken - {row[0] for row in members.sql(n, "SELECT n FROM storm.ballast")}


def test_one_full_while_all_write(small: Members, supervised: Supervised, whole_cluster: StormLedger) -> None:
    with whole_cluster as ledger:
        ledger.await_rows(20, seconds=120)
        fill(small, 3)
        taken = write_ballast(small, 1, 30)
        assert len(taken) > 20, f"only {len(taken)} of 30 rows were taken while one of three volumes was full"
        supervised.says(3, "its volume has only", HEALING_SECONDS)
        small.synced(1, 2, seconds=HEALING_SECONDS)
        ledger.await_rows(20, seconds=120)
        make_room(small, 3)
        small.synced(*NUMBERS, seconds=HEALING_SECONDS)
        ledger.await_rows(20, seconds=120)
    ledger.verify()
    assert [lost_ballast(small, n, taken) for n in NUMBERS] == [set()] * 3


def test_two_full_while_the_third_takes_writes(
    small: Members, supervised: Supervised, whole_cluster: StormLedger
) -> None:
    """Both fail to apply for the same reason: the one that holds what was acknowledged has to prevail."""
    with whole_cluster as ledger:
        ledger.await_rows(20, seconds=120)
        fill(small, 2, 3)
        taken = write_ballast(small, 1, 30)
        print(f"two of three volumes full: {len(taken)} of 30 rows acknowledged")
        assert taken
        make_room(small, 2, 3)
        small.synced(*NUMBERS, seconds=HEALING_SECONDS)
        ledger.await_rows(20, seconds=120)
    ledger.verify()
    assert [lost_ballast(small, n, taken) for n in NUMBERS] == [set()] * 3


def test_one_full_while_all_recover(
    small: Members, supervised: Supervised, whole_cluster: StormLedger
) -> None:
    with whole_cluster as ledger:
        ledger.await_rows(20, seconds=120)
        with supervised.held_down(*NUMBERS):
            small.kill(*NUMBERS)
            fill(small, 3)
        supervised.says(3, "its volume has only", HEALING_SECONDS)
        make_room(small, 3)
        small.synced(*NUMBERS, seconds=HEALING_SECONDS)
        ledger.await_rows(20, seconds=120)
    ledger.verify()


def test_all_full_and_all_killed(small: Members, supervised: Supervised, whole_cluster: StormLedger) -> None:
    """They run in step, so they fill up in step. Who counts is written down all the same."""
    uuid = small.uuid(1)
    with whole_cluster as ledger:
        ledger.await_rows(20, seconds=120)
    fill(small, *NUMBERS)
    small.kill(2)
    eventually(
        "one of them says what is wrong",
        lambda: supervised.ears.count("its volume has only") > 0,
        HEALING_SECONDS,
    )
    with supervised.held_down(*NUMBERS):
        small.kill(*(n for n in NUMBERS if supervised.running(n)))
    make_room(small, *NUMBERS)
    small.synced(*NUMBERS, seconds=HEALING_SECONDS)
    with ledger:
        ledger.await_rows(20, seconds=120)
    ledger.verify()
    assert small.uuid(2) == uuid
