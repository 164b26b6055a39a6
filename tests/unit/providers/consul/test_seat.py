"""A refresh looks into the agent's volume: what is lost is made anew by the next `up`."""

import shutil
from typing import Any

import pytest

from providers.consul import AgentSeatProvider
from providers.consul.leaving import MARK
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


@pytest.mark.parametrize(
    ("role", "mark", "is_taken_back"),
    [
        ("server", "server", True),
        ("client", "client", True),
        ("client", "server", False),
        ("server", "client", False),
        ("server", None, False),
    ],
)
def test_one_that_left_in_its_own_role_is_taken_back_after_a_refresh(
    seated: FakeSites, role: str, mark: str | None, is_taken_back: bool
) -> None:
    """The run that made it leave was killed before it could record anything, and is taken back."""
    left = seated.servers["db-3"].volume_file(MARK)
    if mark:
        left.write_text(f"{mark}\n")
    found = refreshed(role=role)
    assert found is not None
    assert found["role"] == role
    assert AgentSeatProvider().diff("db-3-1a2b", found, seat(role=role)).changes is is_taken_back
    AgentSeatProvider().update("db-3-1a2b", found, seat(role=role))
    assert left.exists() is (mark is not None and not is_taken_back)
    assert refreshed(role=role) == seat(role=role)


def test_a_voter_that_left_for_nothing_is_wanted_again(seated: FakeSites) -> None:
    """5 → 3, recorded, killed before the service was changed, and taken back to 5."""
    left = seated.servers["db-3"].volume_file(MARK)
    AgentSeatProvider().update("db-3", seat(), seat(role="client"))
    assert left.read_text() == "server\n"
    AgentSeatProvider().update("db-3", seat(role="client"), seat())
    assert not left.exists()


def test_a_voter_that_left_stays_away_until_its_service_is_a_clients(seated: FakeSites) -> None:
    """5 → 3, recorded, killed, and gone on with while another peer has another address."""
    AgentSeatProvider().update("db-3", seat(), seat(role="client"))
    AgentSeatProvider().update(
        "db-3", seat(role="client"), seat(role="client", peer_addresses=["10.141.0.10"])
    )
    assert seated.servers["db-3"].volume_file(MARK).read_text() == "server\n"


def test_one_that_was_to_leave_and_is_refreshed_on_the_way_leaves_all_the_same(seated: FakeSites) -> None:
    """Killed between the mark and the leaving."""
    seated.servers["db-3"].volume_file(MARK).write_text("server\n")
    found = refreshed()
    assert found is not None
    AgentSeatProvider().update("db-3-1a2b", found, seat(role="client"))
    assert seated.consul.peers == ["db-1", "db-2"]


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
