"""What a member of etcd tells about who can do without it."""

from typing import Any

import pytest

from providers.etcd import EtcdError, EtcdLeewayProvider
from tests.unit.providers.etcd.chain import Make
from tests.unit.providers.etcd.fake_etcd import FakeEtcdServer
from tests.unit.providers.galera.fake_server import FakeClock


def change(server: FakeEtcdServer) -> dict[str, Any]:
    props = {"ssh": {"host": server.name, "privateKey": "p"}, "member": server.member}
    old, new = {**props, "triggers": ["old"]}, {**props, "triggers": ["new"]}
    return dict(EtcdLeewayProvider().update(server.member, old, new).outs or {})


def test_a_member_is_not_restarted_beside_one_that_is_away(etcd: Make, clock: FakeClock) -> None:
    cluster = etcd(3)
    cluster.grow(3)
    assert change(cluster.servers[0])["triggers"] == ["new"]
    cluster.servers[2].is_running = False
    with pytest.raises(EtcdError, match="etcd-1 is not restarted for this change: with etcd-3 away"):
        change(cluster.servers[0])
    assert change(cluster.servers[2])["triggers"] == ["new"], "the one that is away is to be repaired"
    cluster.servers[1].is_running = False
    assert change(cluster.servers[0])["triggers"] == ["new"], "without a majority nothing is left to lose"
    cluster.servers[0].is_up = False
    assert change(cluster.servers[0])["triggers"] == ["new"]


def test_a_learner_and_a_full_database_hold_no_change_up(etcd: Make, clock: FakeClock) -> None:
    cluster = etcd(3)
    cluster.grow(3)
    cluster.add("etcd-4", "https://10.141.0.4:2380", is_learner=True)
    cluster.alarms = ["NOSPACE"]
    assert change(cluster.servers[0])["triggers"] == ["new"]
