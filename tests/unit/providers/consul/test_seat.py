"""A refresh looks into the agent's volume: what is lost is made anew by the next `up`."""

import shutil
from typing import Any

import pytest

from providers.consul import AgentSeatProvider
from providers.consul.seat import PEERS_FILE
from tests.unit.providers.consul.fake_consul import FakeServer, FakeSites, seat, ssh


@pytest.fixture
def seated(sites: FakeSites) -> FakeSites:
    for name in sites.servers:
        AgentSeatProvider().create(seat(name))
    return sites


def refreshed(**changes: Any) -> dict[str, Any] | None:
    """What a refresh of db-3's seat leaves in the state; None if it takes it out."""
    found = AgentSeatProvider().read("db-3-1a2b", seat(**changes))
    return found.outs if found.id else None


def lose_volume(server: FakeServer) -> None:
    shutil.rmtree(server.root / "volumes" / "consul-data")


def lose_peers(server: FakeServer) -> None:
    server.volume_file(PEERS_FILE).unlink()


def empty_peers(server: FakeServer) -> None:
    server.volume_file(PEERS_FILE).write_text("")


def remake_volume(server: FakeServer) -> None:
    """As the engine does when the container is started without it."""
    lose_volume(server)
    (server.root / "volumes" / "consul-data").mkdir()


def neighbour(server: FakeServer) -> None:
    """Another volume whose name is longer."""
    lose_volume(server)
    (server.root / "volumes" / "consul-data-2").mkdir()


@pytest.mark.parametrize("loss", [lose_volume, lose_peers, empty_peers, remake_volume, neighbour])
def test_one_whose_peers_are_lost_is_gone_and_made_anew(seated: FakeSites, loss: Any) -> None:
    loss(seated.servers["db-3"])
    assert refreshed() is None
    AgentSeatProvider().create(seat())
    assert refreshed() == seat()


def test_one_that_is_made_anew_is_another_one(seated: FakeSites) -> None:
    ids = {AgentSeatProvider().create(seat()).id for _ in "12"}
    assert len(ids) == 2
    assert all(id_.startswith("db-3-") for id_ in ids)


def test_one_that_is_whole_stays_and_plans_nothing(seated: FakeSites) -> None:
    found = refreshed()
    assert found is not None
    assert AgentSeatProvider().diff("db-3-1a2b", found, seat()).changes is False


@pytest.mark.parametrize("trouble", ["no SSH", "no Docker"])
def test_where_nobody_can_tell_what_was_recorded_stands(
    seated: FakeSites, capsys: pytest.CaptureFixture[str], trouble: str
) -> None:
    server = seated.servers["db-3"]
    if trouble == "no SSH":
        server.is_up = False
    else:
        (server.root / "no-docker").touch()
    assert refreshed(ssh=ssh("db-3")) == seat()
    assert "db-3-1a2b is taken as recorded" in capsys.readouterr().err
