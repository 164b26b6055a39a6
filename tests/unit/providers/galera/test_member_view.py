"""What a member says of itself, and how many of them there are."""

import pytest

from providers.galera.member_view import data_kilobytes, expected_size, seat_label, sql_view
from providers.swarm.docker_view import SERVER_LABEL, Node
from tests.unit.providers.fake_manager import FakeManager


@pytest.mark.parametrize(
    ("names", "absent", "size"),
    [
        ("galera-1\ngalera-2\ngalera-3\n", [], 3),
        ("galera-1\ngalera-2\ngalera-3\n", ["galera-3"], 2),
        ("galera-1\n", ["galera-9"], 1),
        ("", [], 1),
    ],
)
def test_expected_size(names: str, absent: list[str], size: int) -> None:
    assert expected_size(FakeManager(names), "galera", absent) == size


@pytest.mark.parametrize(("answer", "kilobytes"), [("385024\n", 385024), ("", 0), ("du: gone\n", 0)])
def test_data_kilobytes(answer: str, kilobytes: int) -> None:
    assert data_kilobytes(FakeManager(answer), "c") == kilobytes


def test_sql_view_of_a_joiner_that_says_little(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("providers.galera.member_view.values", lambda _connection, _statement: {})
    seen = sql_view(object())  # type: ignore[arg-type]
    assert (seen.size, seen.is_synced) == (0, False)


@pytest.mark.parametrize(
    ("state", "component", "ready", "is_synced"),
    [
        ("Synced", "Primary", "ON", True),
        ("Synced", "Primary", "OFF", False),
        ("Synced", "non-Primary", "ON", False),
        ("Donor/Desynced", "Primary", "ON", False),
    ],
)
def test_sql_view(
    state: str, component: str, ready: str, is_synced: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = {
        "wsrep_local_state_comment": state,
        "wsrep_cluster_status": component,
        "wsrep_ready": ready,
        "wsrep_cluster_size": "3",
        "version": "10.11.19-MariaDB",
        "wsrep_node_address": "10.77.0.4",
    }
    monkeypatch.setattr("providers.galera.member_view.values", lambda _connection, _statement: answers)
    seen = sql_view(object())  # type: ignore[arg-type]
    assert (seen.size, seen.version, seen.address) == (3, "10.11.19-MariaDB", "10.77.0.4")
    assert seen.is_synced is is_synced


def server(number: int, *services: str) -> Node:
    """A node that is a server of the stack, with seats of these services."""
    labels = {SERVER_LABEL: f"db-{number}", **{seat_label(service): "yes" for service in services}}
    return Node(
        node_id=f"n{number}",
        hostname="h",
        role="manager",
        state="ready",
        availability="active",
        labels=labels,
        reachable=True,
        address="a",
    )


ONE = "galera 3/3 (max 1 per node)\n"
SEATED = [server(number, "galera") for number in (1, 2, 3)]


@pytest.mark.parametrize(
    ("services", "servers", "absent", "size"),
    [
        (ONE, SEATED, [], 3),
        ("galera 1/3 (max 1 per node)\n", SEATED, [], 3),
        (
            f"{ONE}galera-scale 2/2 (max 1 per node)\n",
            [SEATED[0], server(2, "galera", "galera-scale"), server(3, "galera", "galera-scale")],
            [],
            5,
        ),
        (f"{ONE}galera-scale 0/0 (max 1 per node)\n", SEATED, [], 3),
        ("galera 2/3 (max 1 per node)\n", SEATED, ["galera-db-3"], 2),
        ("galera 2/2 (max 1 per node)\n", SEATED, [], 2),
        ("galera 2/3 (max 1 per node)\n", [*SEATED[:2], server(3)], [], 2),
        ("galera 2/3 (max 1 per node)\n", [*SEATED[:2], server(3)], ["galera-db-3"], 2),
        ("galera-1 1/1\ngalera-2 0/0\ngalera-3 0/1\n", [], [], 3),
    ],
    ids=[
        "all there",
        "two of them away",
        "two services",
        "a service that ends",
        "one gone for good",
        "a seat that is about to go",
        "a server that took another's place",
        "and the one before was named as gone for good",
        "pinned ones",
    ],
)
def test_expected_size_by_tasks_and_seats(
    monkeypatch: pytest.MonkeyPatch, services: str, servers: list[Node], absent: list[str], size: int
) -> None:
    monkeypatch.setattr("providers.galera.member_view.nodes", lambda _: servers)
    assert expected_size(FakeManager(services), "galera", absent) == size
