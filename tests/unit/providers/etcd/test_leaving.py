"""Members go in order, and nothing of one that never came stays in the list."""

import pytest

from providers.etcd import EtcdMemberProvider
from tests.unit.providers.etcd.chain import Make, props, up
from tests.unit.providers.galera.fake_server import FakeClock


class TestGoing:
    def test_from_five_to_nothing_in_order(self, etcd: Make, clock: FakeClock) -> None:
        cluster = etcd(5)
        up(cluster, 5)
        for server in reversed(cluster.servers):
            EtcdMemberProvider().delete(server.member, props(server, 5))
            server.is_running = False
            assert len(cluster.entries) == max(1, int(server.member[-1]) - 1)
            assert cluster.has_majority or server is cluster.servers[0]

    def test_nobody_to_ask_is_no_error(
        self, etcd: Make, clock: FakeClock, capsys: pytest.CaptureFixture[str]
    ) -> None:
        cluster = etcd(3)
        cluster.grow(3)
        for server in cluster.servers:
            server.is_up = False
        EtcdMemberProvider().delete("etcd-3", props(cluster.servers[2], 3))
        assert "stays in their list" in capsys.readouterr().err
        EtcdMemberProvider().delete("etcd-1", props(cluster.servers[0], 3))
        assert capsys.readouterr().err == ""
