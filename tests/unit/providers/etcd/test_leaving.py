"""Members go in order, and nothing of one that never came stays in the list."""

from typing import Any

import pytest

from providers.etcd import EtcdError, EtcdMemberProvider, EtcdSeatProvider
from tests.unit.providers.etcd.chain import Make, props, prove, seat_props, take_seat, up
from tests.unit.providers.etcd.fake_etcd import FakeEtcd
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


class TestWithoutALeader:
    @pytest.mark.parametrize("away", [(), (0,)], ids=["all there", "with its server"])
    def test_a_shrink_waits_for_the_next_leader(
        self, etcd: Make, clock: FakeClock, away: tuple[int, ...]
    ) -> None:
        cluster = etcd(5)
        cluster.grow(5)
        for number in away:
            cluster.servers[number].is_up = False
        cluster.leaderless = 9
        EtcdMemberProvider().delete("etcd-5", props(cluster.servers[4], 5))
        assert [entry.name for entry in cluster.entries] == ["etcd-1", "etcd-2", "etcd-3", "etcd-4"]
        assert 0 < clock.now < 20

    def test_a_removal_whose_answer_was_lost_is_no_error(self, etcd: Make, clock: FakeClock) -> None:
        cluster = etcd(3)
        cluster.grow(3)
        cluster.unheard = 1
        EtcdMemberProvider().delete("etcd-3", props(cluster.servers[2], 3))
        assert [entry.name for entry in cluster.entries] == ["etcd-1", "etcd-2"]

    def test_a_member_that_stays_listed_is_named_with_the_remedy(
        self,
        etcd: Make,
        clock: FakeClock,
        monkeypatch: pytest.MonkeyPatch,
        capsys: pytest.CaptureFixture[str],
    ) -> None:
        cluster = etcd(3)
        cluster.grow(3)
        cluster.leaderless = 100_000
        leaver = props(cluster.servers[2], 3)
        with pytest.raises(EtcdError, match=r"etcd-3 is still in the member list.*GALERA_SWARM_SILENT=gone"):
            EtcdMemberProvider().delete("etcd-3", leaver)
        waited = clock.now
        assert 60 < waited < 90
        monkeypatch.setenv("GALERA_SWARM_SILENT", "gone")
        EtcdMemberProvider().delete("etcd-3", leaver)
        assert clock.now == waited
        assert "stays in their list" in capsys.readouterr().err
        cluster.leaderless, cluster.unsettled = 0, 100_000
        EtcdMemberProvider().delete("etcd-3", leaver)
        assert "warning: etcd-3 is still in the member list" in capsys.readouterr().err

    @pytest.mark.parametrize("lost", [(0, 1, 2), (0, 1, 2, 3)])
    def test_a_majority_that_is_lost_is_not_waited_for(
        self, etcd: Make, clock: FakeClock, lost: tuple[int, ...]
    ) -> None:
        cluster = etcd(5)
        cluster.grow(5)
        for number in lost:
            cluster.servers[number].is_running = False
        EtcdMemberProvider().delete("etcd-5", props(cluster.servers[4], 5))
        assert clock.now == 0


class TestShrinkThatIsTakenBack:
    @pytest.mark.parametrize(
        ("down", "is_kept"), [((), False), ((0,), False), ((0, 1, 3), True), ((0, 1, 2, 3), True)]
    )
    def test_a_refresh_believes_a_majority_and_nobody_else(
        self, etcd: Make, clock: FakeClock, down: tuple[int, ...], is_kept: bool
    ) -> None:
        cluster, seats = _shrunk(etcd)
        for number in down:
            cluster.servers[number].is_up = False
        assert EtcdSeatProvider().read("id", seats[2]).id == "id"
        assert EtcdSeatProvider().read("id", seats[4]).id == ("id" if is_kept else "")

    def test_the_proof_names_the_way_back_at_once_and_a_refresh_opens_it(
        self, etcd: Make, clock: FakeClock
    ) -> None:
        cluster, seats = _shrunk(etcd)
        fifth = cluster.servers[4]
        with pytest.raises(EtcdError, match=r"etcd-5: the cluster has removed it.*`pulumi refresh`"):
            prove(fifth, 5)
        assert clock.now < 20
        assert EtcdSeatProvider().read("id", seats[4]).id == ""
        up(cluster, 5, start=4)
        assert [entry.name for entry in cluster.entries] == [server.member for server in cluster.servers]
        assert (fifth.volume / "data.removed" / "member").is_dir()


def _shrunk(etcd: Make) -> tuple[FakeEtcd, list[dict[str, Any]]]:
    """Five members and their seats; the fifth was removed, and then the run was interrupted."""
    cluster = etcd(5)
    up(cluster, 5)
    seats = [seat_props(server, 5) for server in cluster.servers]
    EtcdMemberProvider().delete("etcd-5", props(cluster.servers[4], 5))
    return cluster, seats
