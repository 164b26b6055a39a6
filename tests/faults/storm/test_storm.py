"""Random ends of members at random moments, again and again; then all are well again and nothing is lost.

GALERA_SWARM_STORM_SEED repeats the accidents of a storm (what comes of them depends on the machine as well),
GALERA_SWARM_STORM_ROUNDS makes it longer, GALERA_SWARM_STORM_HEALING gives a busy machine more seconds.
What was said meanwhile is kept in the directory that a failure names.
"""

import os
import random
import time
from pathlib import Path

import pytest

from tests.e2e.galera_service.members import Members
from tests.faults.storm.accidents import Accidents, drawn
from tests.faults.storm.ledger import StormLedger
from tests.faults.storm.supervised import NUMBERS, Ears, Supervised

SEED = int(os.environ.get("GALERA_SWARM_STORM_SEED") or random.SystemRandom().randrange(10**6))
ROUNDS = int(os.environ.get("GALERA_SWARM_STORM_ROUNDS") or 4)
#: By then all are Synced again, without a word of an operator. A loaded machine needs most of it.
HEALING_SECONDS = float(os.environ.get("GALERA_SWARM_STORM_HEALING") or 150)

pytestmark = [pytest.mark.faults, pytest.mark.timeout(300 + (150 + 2 * HEALING_SECONDS) * ROUNDS)]


class Storm:
    """One cluster, its writers and what happens to it."""

    def __init__(self, members: Members, directory: Path) -> None:
        self.chance = random.Random(SEED)  # noqa: S311 - a seed to repeat is what is wanted
        self.ears = Ears(directory)
        self.members = members
        self.supervised = Supervised(members, self.ears, self.chance, permit="permit-1")
        self.accidents = Accidents(self.supervised)
        self.ledger = StormLedger(members, NUMBERS)

    def healed(self) -> float:
        """Until all are Synced together; tells how long that took."""
        self.accidents.heal()
        begun = time.monotonic()
        try:
            self.members.synced(*NUMBERS, seconds=HEALING_SECONDS)
        except (AssertionError, KeyError) as error:
            msg = f"did not heal in {HEALING_SECONDS} s: {error}\n{self.evidence()}"
            raise AssertionError(msg) from error
        return time.monotonic() - begun

    def evidence(self) -> str:
        said = [
            f"--- galera-{n}\n{self.supervised.notes(n)}\n{self.members.evidence(n)[-3000:]}" for n in NUMBERS
        ]
        return "\n".join([f"seed {SEED}, log files in {self.ears.directory}", *said])

    def birth(self) -> None:
        """All at once, the first with the permit, under fire."""
        self.supervised.release(*NUMBERS)
        for _ in range(self.chance.randint(0, 3)):
            self.accidents.happen(drawn(self.chance))
        self.ears.note(f"birth, healed in {self.healed():.1f} s")
        self.uuid = self.members.uuid(1)
        self.ledger.prepare()

    def round(self, number: int) -> None:
        with self.ledger:
            self.ledger.await_rows(20, seconds=120)
            if self.chance.random() < 0.25:
                self.wipe(self.chance.choice(NUMBERS))
            for _ in range(self.chance.randint(2, 7)):
                self.accidents.happen(drawn(self.chance))
            took = self.healed()
            self.ledger.await_rows(20, seconds=120)
        assert {self.members.uuid(n) for n in NUMBERS} == {self.uuid}, self.evidence()
        try:
            text = self.ledger.verify()
        except AssertionError as error:
            msg = f"round {number}: {error}\n{self.evidence()}"
            raise AssertionError(msg) from error
        self.ears.note(f"round {number}: healed in {took:.1f} s, {text}, {self.accidents.counts}")

    def wipe(self, n: int) -> None:
        """Its volume is gone. Not before the others have gone on without it: until then a write that it
        acknowledged may be on no other disk, and no database survives the loss of its only copy.
        """
        others = [other for other in NUMBERS if other != n]
        self.ears.note(f"now: wipe {n}")
        with self.supervised.held_down(n):
            self.members.kill(n)
            self.members.synced(*others, seconds=HEALING_SECONDS)
            self.members.wipe(n)


def test_storm(members: Members, tmp_path: Path) -> None:
    storm = Storm(members, tmp_path)
    print(f"seed {SEED}, {ROUNDS} rounds, log files in {tmp_path}")
    try:
        with storm.supervised:
            storm.birth()
            for number in range(1, ROUNDS + 1):
                storm.round(number)
            assert storm.ears.count("to birth:") <= storm.supervised.starts
            print(f"{storm.accidents.counts} ends, {storm.supervised.starts} starts, {storm.ledger.verify()}")
    finally:
        storm.ears.close()
