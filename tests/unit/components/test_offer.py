"""When a preview asks for prices, and what for."""

from pathlib import Path
from typing import Any

import pulumi
import pytest

from components import offer
from components.server_plan import server_identity
from components.stack import deploy
from providers.topology import TopologyArgs
from tests.unit.components.fake_engine import FakeEngine, run
from tests.unit.components.stacks import Stacks


class FakeCloud:
    """Notes what is asked about, and answers with one line for each."""

    def __init__(self) -> None:
        self.asked: list[tuple[list[str], set[str]]] = []

    def __call__(self, guests: Any, replaced: Any, *, username: str, api_key: str) -> list[str]:
        assert (username, api_key) == ("sandbox", "sandbox-key")
        self.asked.append(([guest.fqdn for guest in guests], set(replaced)))
        return [f"{guest.hostname}: dear" for guest in guests]


@pytest.mark.parametrize(
    ("changes", "replaced"),
    [
        ({}, set()),
        ({"servers.overrides.db-2.datacenter": "tor04"}, {"db-2"}),
        ({"servers.cpus": 4}, set()),
    ],
)
@pytest.mark.parametrize("preview", [False, True])
@pytest.mark.parametrize("deployed_before", [False, True])
def test_a_preview_shows_what_would_be_ordered_and_an_up_does_not(
    stacks: Stacks,
    monkeypatch: pytest.MonkeyPatch,
    changes: dict[str, Any],
    replaced: set[str],
    preview: bool,
    deployed_before: bool,
) -> None:
    cloud, said = FakeCloud(), list[str]()
    monkeypatch.setattr(offer, "offer", cloud)
    monkeypatch.setattr(pulumi.log, "info", lambda line: said.append(line))
    before: FakeEngine | None = stacks.first(3) if deployed_before else None
    settings = stacks.settings(changes)

    def program() -> None:
        topology = TopologyArgs(
            servers=[server_identity(server) for server in settings.servers], managers=3, members=[]
        )
        offer.show_offer(
            settings, topology, pulumi.StackReference("deployed", "organization/galera-swarm/dev")
        )

    run(program, previous=before, preview=preview)
    names = [f"db-{number}.sandbox.test" for number in (1, 2, 3)]
    assert cloud.asked == ([(names, replaced if deployed_before else set())] if preview else [])
    assert said == ([f"db-{number}: dear" for number in (1, 2, 3)] if preview else [])


def test_the_program_tells_its_onlooker_what_it_is_about_to_do(tmp_path: Path) -> None:
    settings = Stacks(tmp_path).settings()
    told = []
    run(lambda: deploy(settings, onlooker=lambda *what: told.append(what)))
    ((seen, topology, deployed),) = told
    assert seen is settings
    assert [server["name"] for server in topology.servers] == ["db-1", "db-2", "db-3"]
    assert isinstance(deployed, pulumi.StackReference)
