"""Certificates of members have expired, and a deployment brings new ones from member to member."""

from typing import Any

import pytest

from providers.etcd import EtcdError, EtcdMemberProvider
from tests.unit.providers.etcd.chain import Make, props, prove, up
from tests.unit.providers.etcd.fake_etcd import FakeEtcd, FakeEtcdServer
from tests.unit.providers.galera.fake_server import FakeClock


def prove_again(server: FakeEtcdServer, count: int) -> dict[str, Any]:
    """The proof of a member that was restarted, after one that is recorded."""
    recorded = {"state": "Voter", "cluster_id": "c1", "member_id": "m", "version": "3.6.6"}
    news = props(server, count, triggers=["renewed"], timeout_seconds=60.0)
    olds = {**props(server, count, triggers=["s"]), **recorded}
    return dict(EtcdMemberProvider().update(server.member, olds, news).outs or {})


def all_expired(cluster: FakeEtcd, count: int) -> None:
    up(cluster, count)
    cluster.expired = set(cluster.servers[:count])


@pytest.mark.parametrize("count", [3, 5])
def test_the_chain_comes_to_its_end_and_the_last_one_sees_the_whole(
    etcd: Make, clock: FakeClock, count: int, capsys: pytest.CaptureFixture[str]
) -> None:
    cluster = etcd(count)
    all_expired(cluster, count)
    for number, server in enumerate(cluster.servers, 1):
        cluster.expired.discard(server)
        made = prove_again(server, count)
        assert (made["state"], made["cluster_id"], made["triggers"]) == ("Voter", "c1", ["renewed"])
        assert ("have expired" in capsys.readouterr().err) == (number < count)
    assert clock.now < 20 * count


def test_the_last_one_demands_the_whole(etcd: Make, clock: FakeClock) -> None:
    cluster = etcd(3)
    up(cluster, 3)
    cluster.servers[1].is_running = False
    with pytest.raises(EtcdError, match="not every member is healthy"):
        prove_again(cluster.servers[2], 3)


def test_a_member_that_is_away_for_another_reason_stops_it(etcd: Make, clock: FakeClock) -> None:
    cluster = etcd(3)
    all_expired(cluster, 3)
    cluster.expired.discard(cluster.servers[0])
    cluster.servers[2].is_running = False
    with pytest.raises(EtcdError, match=r"expired certificates: etcd-2"):
        prove_again(cluster.servers[0], 3)


def test_beside_a_majority_with_good_ones_only_expired_ones_may_be_missing(
    etcd: Make, clock: FakeClock
) -> None:
    cluster = etcd(5)
    up(cluster, 5)
    cluster.expired = {cluster.servers[4]}
    assert prove_again(cluster.servers[0], 5)["member_id"] != "m", "it answers, and is asked"
    cluster.servers[3].is_running = False
    with pytest.raises(EtcdError, match=r"10\.141\.0\.4:2379"):
        prove_again(cluster.servers[0], 5)


def test_one_that_was_not_given_a_new_certificate_is_no_step_on_the_way(etcd: Make, clock: FakeClock) -> None:
    cluster = etcd(3)
    all_expired(cluster, 3)
    with pytest.raises(EtcdError, match="it does not answer"):
        prove_again(cluster.servers[0], 3)


def test_a_new_member_is_never_taken_on_trust(etcd: Make, clock: FakeClock) -> None:
    cluster = etcd(3)
    all_expired(cluster, 3)
    cluster.expired.discard(cluster.servers[0])
    with pytest.raises(EtcdError, match="it does not answer"):
        prove(cluster.servers[0], 3)
