"""The proof of a member: what it waits for, what it passes, and what it says when it gives up."""

import pytest

from providers.etcd import EtcdError, EtcdMemberProvider
from tests.unit.providers.etcd.chain import Make, props, prove, take_seat, up
from tests.unit.providers.galera.fake_server import FakeClock


class TestProof:
    def test_it_waits_for_every_member_and_says_who_is_missing(self, etcd: Make, clock: FakeClock) -> None:
        cluster = etcd(3)
        up(cluster, 3)
        cluster.servers[2].is_running = False
        with pytest.raises(
            EtcdError, match=r"etcd-1: not every member is healthy.*10\.141\.0\.3:2379: context"
        ):
            prove(cluster.servers[0], 3)

    def test_clients_that_write_are_no_sign_of_progress(self, etcd: Make, clock: FakeClock) -> None:
        cluster = etcd(3)
        up(cluster, 3)
        cluster.servers[2].is_running, cluster.growth = False, 8192
        with pytest.raises(EtcdError, match="nothing has moved for 60 s"):
            prove(cluster.servers[0], 3)
        assert clock.now < 120

    @pytest.mark.parametrize(
        ("alarms", "passes"), [((), True), (("NOSPACE",), True), (("NOSPACE", "CORRUPT"), False)]
    )
    def test_a_full_database_is_told_and_does_not_stop_a_rollout(
        self,
        etcd: Make,
        clock: FakeClock,
        capsys: pytest.CaptureFixture[str],
        alarms: tuple[str, ...],
        passes: bool,
    ) -> None:
        cluster = etcd(3)
        up(cluster, 3)
        cluster.alarms = list(alarms)
        if passes:
            assert prove(cluster.servers[0], 3)["state"] == "Voter"
            assert clock.now < 5
        else:
            with pytest.raises(EtcdError, match="CORRUPT"):
                prove(cluster.servers[0], 3)
        assert ("`make etcd-defrag`" in capsys.readouterr().err) == (alarms == ("NOSPACE",))

    @pytest.mark.parametrize("runs", [True, False])
    def test_a_learner_that_was_left_is_no_reason_to_wait(
        self, etcd: Make, clock: FakeClock, runs: bool
    ) -> None:
        cluster = etcd(4)
        up(cluster, 3)
        take_seat(cluster.servers[3], 4)
        cluster.servers[3].start()
        cluster.servers[3].is_running = runs
        assert prove(cluster.servers[0], 3)["state"] == "Voter"
        assert clock.now < 5

    def test_it_ends_when_the_last_one_is_back(self, etcd: Make, clock: FakeClock) -> None:
        cluster = etcd(3)
        up(cluster, 3)
        third = cluster.servers[2]
        third.is_running = False

        def come_back() -> None:
            if clock.now > 20 and not third.is_running:
                third.start()

        clock.on_sleep = come_back
        assert prove(cluster.servers[0], 3)["cluster_id"] == "c1"

    def test_a_member_that_does_not_start_is_quoted(self, etcd: Make, clock: FakeClock) -> None:
        cluster = etcd(3)
        up(cluster, 1)
        server = cluster.servers[1]
        take_seat(server, 3)
        (server.root / "log").write_text(
            '{"level":"info","msg":"starting"}\n{"level":"fatal","msg":"discovery failed","error":"why"}\n'
            '{"level":"info","msg":"bye"}\n'
        )
        with pytest.raises(EtcdError, match=r"etcd-2: it does not answer.*discovery failed why"):
            prove(server, 3)

    def test_one_that_took_a_long_log_over_is_given_the_entry_that_it_waits_for(
        self, etcd: Make, clock: FakeClock
    ) -> None:
        cluster = etcd(3)
        up(cluster, 3)
        cluster.needs_an_entry = cluster.servers[2]
        assert prove(cluster.servers[2], 3)["state"] == "Voter"
        assert clock.now < 20

    def test_a_refresh_tells_the_state(self, etcd: Make, clock: FakeClock) -> None:
        cluster = etcd(3)
        up(cluster, 3)
        known = {**props(cluster.servers[0], 3), "state": "Voter"}
        states = []
        for down in ((), (1, 2), (0,)):
            for number, server in enumerate(cluster.servers):
                server.is_running = number not in down
            answer = EtcdMemberProvider().read("etcd-1", known)
            states.append((answer.outs or {})["state"])
            assert "state" not in (answer.inputs or {})
        assert states == ["Voter", "Leaderless", "Unreachable"]
