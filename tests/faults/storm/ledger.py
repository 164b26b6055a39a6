"""Writers that remember what was acknowledged to them, and what every member must hold of it afterwards."""

import itertools
import threading
import time
from dataclasses import dataclass, field

import pymysql

from tests.e2e.galera_service.members import Members, eventually

#: One transaction: a row with a number of its own, and the sum of its writer. Both are there, or neither.
_TABLES = (
    "CREATE DATABASE IF NOT EXISTS storm",
    "CREATE TABLE IF NOT EXISTS storm.entries"
    " (n BIGINT AUTO_INCREMENT PRIMARY KEY, entry VARCHAR(40) NOT NULL UNIQUE, writer INT NOT NULL)",
    "CREATE TABLE IF NOT EXISTS storm.sums (writer INT PRIMARY KEY, total BIGINT NOT NULL)",
)
_CONTENT = (
    "SELECT COUNT(*), COALESCE(BIT_XOR(CRC32(CONCAT_WS(':', n, entry, writer))), 0), COALESCE(MAX(n), 0)"
    " FROM storm.entries",
    "SELECT writer, total FROM storm.sums ORDER BY writer",
)


@dataclass(frozen=True, kw_only=True)
class Entry:
    number: int
    entry: str
    writer: int


@dataclass
class StormLedger:
    """Writes through every member at once until it is left; can be entered again."""

    members: Members
    numbers: tuple[int, ...]
    acknowledged: list[Entry] = field(default_factory=list)
    attempts: int = 0
    _over: threading.Event = field(default_factory=threading.Event)
    _threads: list[threading.Thread] = field(default_factory=list)
    _serial: "itertools.count[int]" = field(default_factory=itertools.count)

    def prepare(self) -> None:
        for statement in _TABLES:
            self.members.sql(self.numbers[0], statement)

    def __enter__(self) -> "StormLedger":
        self._over.clear()
        self._threads = [threading.Thread(target=self._write, args=(n,)) for n in self.numbers]
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *exc: object) -> None:
        self._over.set()
        for thread in self._threads:
            thread.join()

    def _write(self, n: int) -> None:
        while not self._over.is_set():
            try:
                with self.members.connection(n) as made:
                    made.autocommit(False)
                    while not self._over.wait(0.03):
                        self._transact(made, n)
            except (pymysql.Error, OSError, AssertionError, KeyError):
                self._over.wait(0.2)

    def _transact(self, connection: "pymysql.Connection[pymysql.cursors.Cursor]", n: int) -> None:
        self.attempts += 1
        entry = f"{n}-{next(self._serial)}"
        with connection.cursor() as cursor:
            cursor.execute("INSERT INTO storm.entries (entry, writer) VALUES (%s, %s)", (entry, n))
            number = int(cursor.lastrowid or 0)
            cursor.execute(
                "INSERT INTO storm.sums VALUES (%s, 1) ON DUPLICATE KEY UPDATE total = total + 1", (n,)
            )
        connection.commit()
        self.acknowledged.append(Entry(number=number, entry=entry, writer=n))

    def verify(self) -> str:
        """Every acknowledged entry is on every member, under its number; all hold the same; says what."""
        eventually("all members have applied the same", self._level, 60)
        contents = {n: tuple(self.members.sql(n, statement) for statement in _CONTENT) for n in self.numbers}
        assert len(set(contents.values())) == 1, f"the members hold different content: {contents}"
        entries, sums = next(iter(contents.values()))
        for n in self.numbers:
            held = {
                (int(str(number)), str(entry), int(str(writer)))
                for number, entry, writer in self.members.sql(n, "SELECT n, entry, writer FROM storm.entries")
            }
            lost = [one for one in self.acknowledged if (one.number, one.entry, one.writer) not in held]
            assert not lost, (
                f"galera-{n} lost {len(lost)} of {len(self.acknowledged)} acknowledged rows: {lost[:5]}"
            )
            per_writer = {w: sum(1 for _, _, writer in held if writer == w) for w in self.numbers}
            totals = {int(str(writer)): int(str(total)) for writer, total in sums}
            for writer, count in per_writer.items():
                assert totals.get(writer, 0) == count, f"writer {writer}: {count} rows, but the sum {totals}"
        return f"{entries[0][0]} rows, {len(self.acknowledged)} acknowledged, {self.attempts} tried"

    def _level(self) -> bool:
        marks = {self.members.status(n).get("wsrep_last_committed") for n in self.numbers}
        return len(marks) == 1 and None not in marks

    def await_rows(self, more: int, seconds: float) -> None:
        """Until so many more are acknowledged."""
        wanted, until = len(self.acknowledged) + more, time.monotonic() + seconds
        while len(self.acknowledged) < wanted:
            assert time.monotonic() < until, f"no {more} rows acknowledged within {seconds} s"
            time.sleep(0.05)
