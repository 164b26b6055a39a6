"""With every service on: what the engine may delete along with a server that it replaces."""

import base64
from pathlib import Path
from typing import Any

import pytest

from components.stack import deploy
from settings import Settings, parse
from settings.stack_file import read
from tests.unit.components.fake_engine import FakeEngine, RefusedError, run
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


@pytest.mark.parametrize("preview", [False, True])
@pytest.mark.parametrize(
    "changes",
    [
        {"servers.overrides.db-2.datacenter": "tor04"},
        {"servers.overrides.db-2.memoryMb": 16384},
        {"servers.domain": "example.org"},
    ],
    ids=str,
)
def test_a_run_restricted_to_servers_does_not_go_past_the_guard(
    stacks: Stacks, preview: bool, changes: dict[str, Any]
) -> None:
    with pytest.raises(RefusedError, match=r"guest db-.*guard.*--target"):
        stacks.deployed(changes, previous=stacks.first(3), preview=preview, targets=frozenset({GUEST}))


def test_a_restricted_run_may_do_what_the_guard_has_no_say_in(stacks: Stacks) -> None:
    changes = {"servers.notes": "the database", "servers.count": 4}
    after = stacks.deployed(changes, previous=stacks.first(3), targets=frozenset({GUEST}))
    done = [after[GUEST, f"db-{number}"].operation for number in (1, 2, 3, 4)]
    assert done == ["update", "update", "update", "create"]
