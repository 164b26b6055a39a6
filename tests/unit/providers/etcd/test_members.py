"""Members come, are replaced and go, one at a time, and never as an empty cluster beside data."""

import shutil
from collections.abc import Callable
from typing import Any

import pytest
from pulumi.runtime.rpc import UNKNOWN

from providers.etcd import EtcdError, EtcdMemberProvider, EtcdSeatProvider
from tests.unit.providers.etcd.fake_etcd import FakeEtcd, FakeEtcdServer
from tests.unit.providers.galera.fake_server import FakeClock

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


class TestComing:
    def test_the_first_is_born_alone_and_the_others_join_it(self, etcd: Make, clock: FakeClock) -> None:
        cluster = etcd(3)
        up(cluster, 3)
        first, second, third = (server.config for server in cluster.servers)
        assert (first["initial-cluster-state"], first["initial-cluster"]) == (
            "new",
            "etcd-1=https://10.141.0.1:2380",
        )
        assert second["initial-cluster-state"] == third["initial-cluster-state"] == "existing"
        assert third["initial-cluster"].count("=https://") == 3
        assert third["quota-backend-bytes"] == 1
        assert [entry.is_learner for entry in cluster.entries] == [False] * 3

    def test_a_learner_votes_when_the_leader_lets_it(self, etcd: Make, clock: FakeClock) -> None:
        cluster = etcd(3)
        up(cluster, 1)
        take_seat(cluster.servers[1], 3)
        cluster.servers[1].start()
        cluster.refusals = 4
        assert prove(cluster.servers[1], 3)["state"] == "Voter"
        assert clock.now > 0.5

    def test_a_seat_that_was_interrupted_is_taken_again(self, etcd: Make, clock: FakeClock) -> None:
        cluster = etcd(3)
        up(cluster, 1)
        take_seat(cluster.servers[1], 3)
        take_seat(cluster.servers[1], 3)
        assert [entry.url for entry in cluster.entries] == [server.url for server in cluster.servers[:2]]

    def test_a_cluster_that_has_just_changed_is_given_time(self, etcd: Make, clock: FakeClock) -> None:
        cluster = etcd(3)
        up(cluster, 1)
        cluster.unsettled = 10
        up(cluster, 3, start=1)
        assert 5 < clock.now < 60
        cluster.unsettled = 1000
        with pytest.raises(EtcdError, match=r"removing etcd-3 through etcd-1.*unhealthy cluster"):
            EtcdMemberProvider().delete("etcd-3", props(cluster.servers[2], 3))

    def test_growth_from_three_to_five(self, etcd: Make, clock: FakeClock) -> None:
        cluster = etcd(5)
        up(cluster, 3)
        up(cluster, 5, start=3)
        assert len(cluster.entries) == 5


class TestReplaced:
    @pytest.mark.parametrize("lost", [0, 1, 2])
    def test_an_empty_server_takes_the_place_of_its_old_entry(
        self, etcd: Make, clock: FakeClock, lost: int
    ) -> None:
        cluster = etcd(3)
        up(cluster, 3)
        old = {entry.member_id for entry in cluster.entries}
        server = cluster.servers[lost]
        server.is_running = False
        shutil.rmtree(server.volume)
        _again(server)
        assert sorted(entry.name for entry in cluster.entries) == ["etcd-1", "etcd-2", "etcd-3"]
        assert len({entry.member_id for entry in cluster.entries} & old) == 2
        assert server.config["initial-cluster-state"] == "existing"

    def test_data_of_a_member_that_was_removed_is_put_aside(self, etcd: Make, clock: FakeClock) -> None:
        cluster = etcd(3)
        up(cluster, 3)
        third = cluster.servers[2]
        EtcdMemberProvider().delete("etcd-3", props(third, 3))
        third.is_running = False
        take_seat(third, 3)
        assert not third.has_data
        assert (third.volume / "data.removed" / "member").is_dir()

    def test_a_member_with_its_data_and_its_entry_keeps_both(self, etcd: Make, clock: FakeClock) -> None:
        cluster = etcd(3)
        up(cluster, 3)
        ids = [entry.member_id for entry in cluster.entries]
        take_seat(cluster.servers[1], 3)
        assert cluster.servers[1].has_data
        assert [entry.member_id for entry in cluster.entries] == ids

    @pytest.mark.parametrize("silent", [False, True])
    def test_no_empty_cluster_beside_data_or_silence(
        self, etcd: Make, clock: FakeClock, silent: bool
    ) -> None:
        cluster = etcd(3)
        up(cluster, 3)
        for server in cluster.servers:
            server.is_running = False
        shutil.rmtree(cluster.servers[0].volume)
        if silent:
            for server in cluster.servers[1:]:
                server.is_up = False
        with pytest.raises(EtcdError, match="not answer" if silent else "data of the cluster lies on etcd-2"):
            take_seat(cluster.servers[0], 3)
        assert not (cluster.servers[0].volume / "etcd.yaml").exists()

    def test_only_the_first_begins_a_cluster(self, etcd: Make, clock: FakeClock) -> None:
        with pytest.raises(EtcdError, match="etcd-2 has no data"):
            take_seat(etcd(3).servers[1], 3)

    def test_a_lost_volume_is_seen_by_a_refresh(self, etcd: Make, clock: FakeClock) -> None:
        cluster = etcd(3)
        up(cluster, 3)
        server = cluster.servers[1]
        seat = take_seat(server, 3)
        assert EtcdSeatProvider().read("id", seat).id == "id"
        shutil.rmtree(server.volume)
        assert EtcdSeatProvider().read("id", seat).id == ""
        server.is_up = False
        assert EtcdSeatProvider().read("id", seat).id == "id"


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


class TestProof:
    def test_it_waits_for_every_member_and_says_who_is_missing(self, etcd: Make, clock: FakeClock) -> None:
        cluster = etcd(3)
        up(cluster, 3)
        cluster.servers[2].is_running = False
        with pytest.raises(EtcdError, match=r"etcd-1: not every member is healthy.*etcd-3"):
            prove(cluster.servers[0], 3)

    def test_clients_that_write_are_no_sign_of_progress(self, etcd: Make, clock: FakeClock) -> None:
        cluster = etcd(3)
        up(cluster, 3)
        cluster.servers[2].is_running, cluster.growth = False, 8192
        with pytest.raises(EtcdError, match="nothing has moved for 60 s"):
            prove(cluster.servers[0], 3)
        assert clock.now < 120

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


@pytest.mark.parametrize(
    ("change", "changes", "replaces"),
    [
        ({}, False, []),
        ({"server_id": "7002"}, True, ["server_id"]),
        ({"server_id": UNKNOWN}, True, ["server_id"]),
        ({"peers": []}, False, []),
        ({"settings": "{}"}, True, []),
        ({"peer_url": "https://10.141.0.1:2390"}, True, []),
        ({"ssh": {"host": "10.141.0.1", "privateKey": "another"}}, True, []),
        ({"settings": UNKNOWN}, None, []),
    ],
)
def test_what_changes_a_seat(
    etcd: Make, change: dict[str, Any], changes: bool | None, replaces: list[str]
) -> None:
    server = etcd(3).servers[0]
    answer = EtcdSeatProvider().diff("id", seat_props(server, 3), seat_props(server, 3, **change))
    assert (answer.changes, answer.replaces or []) == (changes, replaces)


def test_new_settings_are_written_under_the_old_decision(etcd: Make, clock: FakeClock) -> None:
    cluster = etcd(3)
    up(cluster, 3)
    server = cluster.servers[2]
    initial = server.config["initial-cluster"]
    olds = {
        **seat_props(server, 3),
        "initial": {"initial-cluster": initial, "initial-cluster-state": "existing"},
    }
    EtcdSeatProvider().update("id", olds, seat_props(server, 3, settings='{"quota-backend-bytes": 2}'))
    assert (server.config["quota-backend-bytes"], server.config["initial-cluster"]) == (2, initial)
    assert server.has_data


def test_another_peer_port_is_noted_by_the_cluster_first(etcd: Make, clock: FakeClock) -> None:
    cluster = etcd(3)
    up(cluster, 3)
    server = cluster.servers[0]
    olds = {**seat_props(server, 3), "initial": {"initial-cluster": "x", "initial-cluster-state": "new"}}
    moved = "https://10.141.0.1:2390"
    EtcdSeatProvider().update("id", olds, seat_props(server, 3, peer_url=moved))
    assert [entry.url for entry in cluster.entries if entry.name == "etcd-1"] == [moved]
    assert server.config["initial-advertise-peer-urls"] == moved
    for other in cluster.servers[1:]:
        other.is_running = False
    with pytest.raises(EtcdError, match="etcd-1 cannot move"):
        EtcdSeatProvider().update("id", olds, seat_props(server, 3, peer_url=moved))


def _again(server: FakeEtcdServer) -> None:
    take_seat(server, 3)
    server.start()
    assert prove(server, 3)["state"] == "Voter"
