"""What the program does with a member, one step after another: seat, start, proof."""

from collections.abc import Callable
from typing import Any

from providers.etcd import EtcdMemberProvider, EtcdSeatProvider
from tests.unit.providers.etcd.fake_etcd import FakeEtcd, FakeEtcdServer

Make = Callable[[int], FakeEtcd]
SETTINGS = '{"data-dir": "/var/lib/etcd/data", "quota-backend-bytes": 1}'


def props(server: FakeEtcdServer, count: int, **changes: Any) -> dict[str, Any]:
    return {
        "server_id": "7001",
        "ssh": {"host": server.name, "privateKey": "p"},
        "name": server.member,
        "peer_url": server.url,
        "peers": server.cluster.peers(count),
        **changes,
    }


def seat_props(server: FakeEtcdServer, count: int, **changes: Any) -> dict[str, Any]:
    own = {"volume": "etcd-data", "token": "t", "settings": SETTINGS}
    return props(server, count, **{**own, **changes})


def take_seat(server: FakeEtcdServer, count: int) -> dict[str, Any]:
    return dict(EtcdSeatProvider().create(seat_props(server, count)).outs or {})


def prove(server: FakeEtcdServer, count: int) -> dict[str, Any]:
    made = EtcdMemberProvider().create(props(server, count, triggers=["s"], timeout_seconds=60.0))
    return dict(made.outs or {})


def up(cluster: FakeEtcd, count: int, start: int = 0) -> None:
    for server in cluster.servers[start:count]:
        take_seat(server, count)
        server.start()
        assert prove(server, count)["state"] == "Voter"
