"""The status screen's part on Aerospike."""

import io
from typing import Any

import pytest
from rich.console import Console

from providers.aerospike.info_protocol import framed
from providers.ssh import Session, UnreachableError
from status.aerospike import AerospikeNow, aerospike_nodes, aerospike_table, ask_aerospike

OUTPUTS: dict[str, Any] = {
    "aerospike": {
        "nodes": [{"node": "aerospike-1", "server": "db-1", "id": "A01", "version": "8.1.2.3"}],
        "endpoints": [{"node": "aerospike-1", "host": "10.141.0.10", "port": 3000.0}],
    }
}
STATISTICS = (
    "cluster_size=2;cluster_key=1ADD;cluster_integrity=true;cluster_is_member={};"
    "migrate_partitions_remaining=7"
)


class FakeServer(Session):
    """A server whose node gives one answer to everything; None: nothing listens."""

    def __init__(self, statistics: str | None) -> None:
        self.name, self._statistics = "db-1", statistics

    def open_channel(self, host: str, port: int) -> Any:
        assert (host, port) == ("127.0.0.1", 3000)
        if self._statistics is None:
            raise UnreachableError(host)
        return FakeChannel(self._statistics)


class FakeChannel(io.BytesIO):
    """The channel to that node."""

    def __init__(self, statistics: str) -> None:
        said = {
            "node": "A01",
            "build": "8.1.2.3",
            "edition": "Aerospike Community Edition",
            "statistics": statistics,
            "get-config:context=network": "",
        }
        super().__init__(framed("".join(f"{key}\t{value}\n" for key, value in said.items()).encode()))

    def settimeout(self, seconds: float) -> None:
        assert seconds > 0

    def sendall(self, data: bytes) -> None:
        assert data

    def recv(self, size: int) -> bytes:
        return self.read(size)


def test_which_server_carries_which_node() -> None:
    assert aerospike_nodes(OUTPUTS) == {"db-1": ("aerospike-1", 3000)}
    assert aerospike_nodes({}) == {}


@pytest.mark.parametrize(
    ("statistics", "state", "size"),
    [
        (STATISTICS.format("true"), "joined", "2"),
        (STATISTICS.format("false"), "apart", "2"),
        ("ERROR:80:not authenticated", "does not answer", "-"),
        (None, "does not answer", "-"),
    ],
)
def test_what_a_node_says(statistics: str | None, state: str, size: str) -> None:
    seen = ask_aerospike(FakeServer(statistics), "db-1", ("aerospike-1", 3000))
    assert (seen.state, seen.size) == (state, size)


def test_the_table_has_a_line_for_each_node() -> None:
    seen = ask_aerospike(FakeServer(STATISTICS.format("true")), "db-1", ("aerospike-1", 3000))
    silent = AerospikeNow(server="db-2", node="aerospike-2")
    console = Console(file=io.StringIO(), width=160)
    console.print(aerospike_table(OUTPUTS, [seen, silent]))
    assert isinstance(console.file, io.StringIO)
    lines = [line.split() for line in console.file.getvalue().splitlines()]
    assert lines[1] == [
        "aerospike-1", "db-1", "joined", "A01", "2", "1ADD", "7", "Community", "8.1.2.3", "10.141.0.10:3000",
    ]  # fmt: skip
    assert lines[2][:3] == ["aerospike-2", "db-2", "silent"]
