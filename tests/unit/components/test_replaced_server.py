"""With every service on: what the engine may delete along with a server that it replaces."""

import base64
from pathlib import Path

import pytest

from components.stack import deploy
from settings import Settings, parse
from settings.stack_file import read
from tests.unit.components.fake_engine import FakeEngine, run
from tests.unit.components.stacks import CONFIG, GUARD, GUEST, NETWORK, ROOT, SECRET, Stacks


@pytest.fixture(scope="module")
def everything(stacks: Stacks) -> FakeEngine:
    parsed = parse(read(ROOT / "Pulumi.dev-full.yaml"), "dev", stacks.root)
    assert isinstance(parsed, Settings), parsed
    return run(lambda: deploy(parsed))


def test_what_a_service_may_be_using_is_not_made_of_a_servers_properties(everything: FakeEngine) -> None:
    """The engine deletes, before the server, all that an unknown property of it would replace."""
    guests = {one.urn for one in everything.of_type(GUEST)}
    used = everything.of_type(CONFIG, SECRET, NETWORK)
    assert len(guests) == 3
    assert used
    for one in used:
        made_of = frozenset[str]().union(*one.property_dependencies.values())
        assert not made_of & guests, one.name


def test_the_contents_know_the_servers_all_the_same(everything: FakeEngine) -> None:
    site = base64.b64decode(everything[CONFIG, "wordpress-site-json"].plain["data"]).decode()
    for one in everything.of_type(GUEST):
        assert one.outputs["private_ip"] in site


@pytest.mark.parametrize("preview", [False, True])
def test_its_order_is_verified_before_any_server_is_touched(
    tmp_path: Path, unverified: list[str], preview: bool
) -> None:
    stacks = Stacks(tmp_path)
    changes = {"servers.overrides.db-2.datacenter": "tor04"}
    after = stacks.deployed(changes, previous=stacks.first(3), preview=preview)
    assert unverified == ["db-2", "db-2"], "by the guard, for all at once, and by the guest itself"
    assert "orders" not in after[GUARD, "topology"].checked
