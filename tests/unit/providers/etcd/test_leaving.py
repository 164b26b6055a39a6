"""Members go in order, and nothing of one that never came stays in the list."""

import pytest

from providers.etcd import EtcdMemberProvider, EtcdSeatProvider
from tests.unit.providers.etcd.chain import Make, props, seat_props, take_seat, up
from tests.unit.providers.galera.fake_server import FakeClock


class TestGoing:
    def test_from_five_to_nothing_in_order(self, etcd: Make, clock: FakeClock) -> None:
        cluster = etcd(5)
        up(cluster, 5)
        for server in reversed(cluster.servers):
            EtcdMemberProvider().delete(server.member, props(server, 5))
            server.is_running = False
            EtcdSeatProvider().delete("id", seat_props(server, 5))
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

    @pytest.mark.parametrize("provider", [EtcdMemberProvider, EtcdSeatProvider])
    def test_nobody_is_waited_for_when_all_goes(
        self, etcd: Make, clock: FakeClock, provider: type[EtcdMemberProvider | EtcdSeatProvider]
    ) -> None:
        cluster = etcd(3)
        cluster.grow(3)
        for server in cluster.servers:
            server.is_running = False
        for server in reversed(cluster.servers):
            provider().delete("id", seat_props(server, 3))
        assert clock.now == 0

    @pytest.mark.parametrize("is_learner", [True, False])
    @pytest.mark.parametrize("has_started", [True, False])
    def test_a_growth_that_was_taken_back_leaves_no_entry(
        self, etcd: Make, clock: FakeClock, has_started: bool, is_learner: bool
    ) -> None:
        cluster = etcd(5)
        up(cluster, 3)
        fourth = cluster.servers[3]
        take_seat(fourth, 5)
        if has_started:
            fourth.start()
            cluster.entries[-1].is_learner = is_learner
        fourth.is_running = False
        for _ in range(2):
            EtcdSeatProvider().delete("id", seat_props(fourth, 5))
            assert [entry.name for entry in cluster.entries] == ["etcd-1", "etcd-2", "etcd-3"]
