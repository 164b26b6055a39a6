"""The sandbox's memory: SQLite in WAL mode, committed before any answer.

One connection serves all threads under a lock. Whatever changes state does so inside `write()`, which
commits at its end or leaves no trace; killing the process at any moment loses no committed order.
"""

import ipaddress
import json
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

from sandbox.api.errors import refuse_as
from sandbox.api.records import Guest, Order, PriceLine, SshKey, Transaction

_TABLES = """
create table if not exists sequences (kind text primary key, next integer not null);
create table if not exists ssh_keys (id integer primary key, key text not null unique, document text not
null); create table if not exists guests (id integer primary key, gone integer not null, document text not
null); create table if not exists orders (id integer primary key, document text not null); create table if
not exists transactions (
    id integer primary key, guest_id integer not null, done integer not null, document text not null
);
create table if not exists addresses (address text primary key, network text not null, guest_id integer not
null); create table if not exists tags (id integer primary key, name text not null unique); create table if
not exists edits (kind text not null, id integer not null, document text not null,
    primary key (kind, id));
"""

_FIRST_IDS = {
    "guest": 100001,
    "order": 500001,
    "transaction": 700001,
    "ssh_key": 200001,
    "billing": 900001,
    "order_item": 800001,
    "tag": 300001,
}


class Store:
    """All records of one sandbox."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._lock = threading.RLock()
        self._depth = 0
        self._db = sqlite3.connect(path, check_same_thread=False, isolation_level=None, timeout=30)
        self._db.execute("pragma journal_mode=wal")
        self._db.execute("pragma synchronous=full")
        self._db.executescript(_TABLES)

    def close(self) -> None:
        """Close the database; no call may follow."""
        with self._lock:
            self._db.close()

    @contextmanager
    def write(self) -> Iterator[None]:
        """All changes inside are committed together at the end, or, on any exception, none of them."""
        with self._lock:
            if self._depth == 0:
                self._db.execute("begin immediate")
            self._depth += 1
            try:
                yield
            except BaseException:
                self._depth -= 1
                if self._depth == 0:
                    self._db.execute("rollback")
                raise
            self._depth -= 1
            if self._depth == 0:
                self._db.execute("commit")

    def _rows(self, sql: str, *values: object) -> list[tuple[Any, ...]]:
        with self._lock:
            return self._db.execute(sql, values).fetchall()

    def _change(self, sql: str, *values: object) -> None:
        with self.write():
            self._db.execute(sql, values)

    def next_id(self, kind: str) -> int:
        """A number that was never given before for this kind. Call it inside `write()`."""
        with self.write():
            found = self._rows("select next from sequences where kind = ?", kind)
            given = int(found[0][0]) if found else _FIRST_IDS[kind]
            self._db.execute("insert or replace into sequences values (?, ?)", (kind, given + 1))
            return given

    # SSH keys

    def put_key(self, key: SshKey) -> None:
        """Store a key; raises sqlite3.IntegrityError when another key has the same text."""
        self._change(
            "insert into ssh_keys values (?, ?, ?)"
            " on conflict (id) do update set document = excluded.document",
            key.id,
            key.key,
            json.dumps(asdict(key)),
        )

    def drop_key(self, key_id: int) -> None:
        """Forget a key."""
        self._change("delete from ssh_keys where id = ?", key_id)

    def ssh_keys(self) -> list[SshKey]:
        """All keys, oldest first."""
        rows = self._rows("select document from ssh_keys order by id")
        return [SshKey(**json.loads(row[0])) for row in rows]

    # Guests

    def put_guest(self, guest: Guest) -> None:
        """Store a guest as it is now."""
        document = json.dumps(asdict(guest))
        self._change("insert or replace into guests values (?, ?, ?)", guest.id, guest.gone, document)

    def guest(self, guest_id: int) -> Guest | None:
        """A guest, also one that is gone."""
        rows = self._rows("select document from guests where id = ?", guest_id)
        return _guest(rows[0][0]) if rows else None

    def guests(self) -> list[Guest]:
        """All guests that are not gone, oldest first."""
        rows = self._rows("select document from guests where gone = 0 order by id")
        return [_guest(row[0]) for row in rows]

    def all_guests(self) -> list[Guest]:
        """All guests there ever were, oldest first."""
        return [_guest(row[0]) for row in self._rows("select document from guests order by id")]

    # Orders

    def put_order(self, order: Order) -> None:
        """Store an order."""
        self._change("insert or replace into orders values (?, ?)", order.id, json.dumps(asdict(order)))

    def orders(self) -> list[Order]:
        """All orders there ever were, oldest first."""
        return [_order(row[0]) for row in self._rows("select document from orders order by id")]

    def order(self, order_id: int) -> Order | None:
        """One order."""
        rows = self._rows("select document from orders where id = ?", order_id)
        return _order(rows[0][0]) if rows else None

    # Transactions

    def put_transaction(self, transaction: Transaction) -> None:
        """Store a transaction as it is now."""
        self._change(
            "insert or replace into transactions values (?, ?, ?, ?)",
            transaction.id,
            transaction.guest_id,
            transaction.done,
            json.dumps(asdict(transaction)),
        )

    def transaction(self, transaction_id: int) -> Transaction | None:
        """One transaction."""
        rows = self._rows("select document from transactions where id = ?", transaction_id)
        return Transaction(**json.loads(rows[0][0])) if rows else None

    def unfinished(self, guest_id: int | None = None) -> list[Transaction]:
        """The transactions that are not done, of one guest or of all, oldest first."""
        rows = self._rows("select document, guest_id from transactions where done = 0 order by id")
        return [Transaction(**json.loads(row[0])) for row in rows if guest_id in (None, row[1])]

    def last_transaction(self, guest_id: int) -> Transaction | None:
        """The newest transaction of a guest."""
        sql = "select document from transactions where guest_id = ? order by id desc limit 1"
        rows = self._rows(sql, guest_id)
        return Transaction(**json.loads(rows[0][0])) if rows else None

    # Addresses

    def take_address(self, network: ipaddress.IPv4Network, first: int, guest_id: int) -> str:
        """Give a guest the lowest free address from the network's `first` host on."""
        name = str(network)
        with self.write():
            taken = {row[0] for row in self._rows("select address from addresses where network = ?", name)}
            for offset in range(first, network.num_addresses - 1):
                address = str(network[offset])
                if address not in taken:
                    self._change("insert into addresses values (?, ?, ?)", address, name, guest_id)
                    return address
        code = "Network_Subnet_InsufficientAddresses"
        refuse_as(code, f"Could not place order. All addresses of {network} are taken.")

    def release_addresses(self, guest_id: int) -> None:
        """Make the addresses of a guest free again."""
        self._change("delete from addresses where guest_id = ?", guest_id)

    # Tags and edits of objects that are otherwise fixed

    def tag_id(self, name: str) -> int:
        """The id of a tag, made when it is new."""
        with self.write():
            rows = self._rows("select id from tags where name = ?", name)
            if rows:
                return int(rows[0][0])
            made = self.next_id("tag")
            self._db.execute("insert into tags values (?, ?)", (made, name))
            return made

    def tags(self) -> list[tuple[int, str]]:
        """All tags that were ever used, with their ids."""
        return [(int(row[0]), str(row[1])) for row in self._rows("select id, name from tags order by name")]

    def edit(self, kind: str, object_id: int, changes: dict[str, Any]) -> None:
        """Remember changed properties of a catalogue object such as a VLAN."""
        with self.write():
            document = json.dumps(self.edits(kind, object_id) | changes)
            self._db.execute("insert or replace into edits values (?, ?, ?)", (kind, object_id, document))

    def edits(self, kind: str, object_id: int) -> dict[str, Any]:
        """The changed properties of a catalogue object."""
        rows = self._rows("select document from edits where kind = ? and id = ?", kind, object_id)
        return dict(json.loads(rows[0][0])) if rows else {}


def _guest(document: str) -> Guest:
    values = json.loads(document)
    values["lines"] = [PriceLine(**line) for line in values["lines"]]
    return Guest(**values)


def _order(document: str) -> Order:
    values = json.loads(document)
    values["lines"] = [PriceLine(**line) for line in values["lines"]]
    return Order(**values)
