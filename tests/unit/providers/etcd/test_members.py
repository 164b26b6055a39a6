"""Members come and are replaced, one at a time, and never as an empty cluster beside data."""

import shutil
from typing import Any

import pytest
from pulumi.runtime.rpc import UNKNOWN

from providers.etcd import EtcdError, EtcdMemberProvider, EtcdSeatProvider
from tests.unit.providers.etcd.chain import Make, props, prove, seat_props, take_seat, up
from tests.unit.providers.etcd.fake_etcd import FakeEtcdServer
from tests.unit.providers.galera.fake_server import FakeClock


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

    def test_after_a_lost_majority_it_begins_anew_once_what_is_left_is_taken_away(
        self, etcd: Make, clock: FakeClock
    ) -> None:
        cluster = etcd(3)
        up(cluster, 3)
        seat = seat_props(cluster.servers[2], 3)
        for server in cluster.servers[:2]:
            server.is_running = False
            shutil.rmtree(server.volume)
        with pytest.raises(EtcdError, match="data of the cluster lies on etcd-3"):
            take_seat(cluster.servers[0], 3)
        cluster.servers[2].is_running = False
        shutil.rmtree(cluster.servers[2].volume)
        cluster.entries.clear()
        assert EtcdSeatProvider().read("id", seat).id == ""
        up(cluster, 3)
        assert [entry.name for entry in cluster.entries] == ["etcd-1", "etcd-2", "etcd-3"]

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
