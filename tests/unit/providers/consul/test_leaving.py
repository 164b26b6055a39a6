"""An agent leaves in order, is put out by the others where it cannot, and its volume goes last."""

import pytest

from providers.consul import AgentSeatProvider, ConsulError
from providers.consul.leaving import MARK, come_back, leave
from providers.consul.seat import PEERS_FILE
from tests.unit.providers.consul.fake_consul import FakeSites, ssh
from tests.unit.providers.consul.fake_consul import seat as props


@pytest.fixture
def seated(sites: FakeSites) -> FakeSites:
    for name in sites.servers:
        AgentSeatProvider().create(props(name))
    return sites


def test_a_seat_is_a_volume_with_the_peers_in_it(seated: FakeSites) -> None:
    peers = seated.servers["db-1"].volume_file(PEERS_FILE)
    assert peers.read_text() == "10.141.0.10\n10.141.0.11\n10.141.0.12\n"


def test_a_server_leaves_by_itself_and_stays_parked(seated: FakeSites) -> None:
    leave(props())
    assert seated.consul.peers == ["db-1", "db-2"]
    mark = seated.servers["db-3"].volume_file(MARK)
    assert mark.read_text() == "server\n"
    come_back(seated.servers["db-3"], "consul-data")
    assert not mark.exists()


@pytest.mark.parametrize("lost", ["server", "agent"])
def test_one_that_cannot_leave_is_put_out_by_the_others(seated: FakeSites, lost: str) -> None:
    if lost == "server":
        seated.servers["db-3"].is_up = False
    else:
        seated.servers["db-3"].has_agent = False
    leave(props())
    assert seated.consul.peers == ["db-1", "db-2"]
    assert "PUT /v1/agent/force-leave/db-3?prune=true" in seated.consul.calls


def test_where_nobody_is_left_the_farewell_ends_all_the_same(
    seated: FakeSites, capsys: pytest.CaptureFixture[str]
) -> None:
    for server in seated.servers.values():
        server.is_up = False
    leave(props())
    assert "cannot leave Consul by itself" in capsys.readouterr().err


def test_a_server_that_shall_be_a_client_leaves_first(seated: FakeSites) -> None:
    AgentSeatProvider().update("db-3", props(), props(role="client", peers=[ssh("db-1"), ssh("db-2")]))
    assert seated.consul.peers == ["db-1", "db-2"]


def test_other_peers_are_written_and_nobody_leaves(seated: FakeSites) -> None:
    AgentSeatProvider().update("db-3", props(), props(peer_addresses=["10.141.0.10"]))
    assert seated.servers["db-3"].volume_file(PEERS_FILE).read_text() == "10.141.0.10\n"
    assert "PUT /v1/agent/leave" not in seated.consul.calls


def test_the_volume_goes_with_the_seat(seated: FakeSites) -> None:
    AgentSeatProvider().delete("db-3", props())
    AgentSeatProvider().delete("db-3", props())
    assert not seated.servers["db-3"].volume_file(PEERS_FILE).exists()


def test_a_volume_in_use_is_named_with_the_way_to_who_uses_it(seated: FakeSites) -> None:
    (seated.servers["db-3"].root / "in-use").touch()
    with pytest.raises(ConsulError, match=r"docker ps -a --filter volume=consul-data"):
        AgentSeatProvider().delete("db-3", props())


def test_a_server_that_is_gone_has_taken_its_volume_along(
    seated: FakeSites, capsys: pytest.CaptureFixture[str]
) -> None:
    seated.servers["db-3"].is_up = False
    AgentSeatProvider().delete("db-3", props())
    assert "left to its server" in capsys.readouterr().err
