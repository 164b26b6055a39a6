"""A stack is born although `pulumi up` is killed: as if nothing had happened."""

import functools
import signal

import pytest

from tests.e2e.cloud import control, guests, on_node, ordered
from tests.e2e.ledger import Endpoint, Ledger, endpoints_of, synced
from tests.e2e.stack import Stack

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(1200)]


def test_an_up_killed_at_every_stage_is_finished_by_the_next(stack: Stack) -> None:
    before = ordered("spine-")
    assert set(stack.changes()) == {"create"}, "nothing is known yet, and nothing is there to be replaced"

    run = stack.start("up", "--yes", "--skip-preview")
    run.wait_for("an order", lambda: ordered("spine-") != before)
    run.kill(signal.SIGKILL)

    # Ctrl-C lets the engine finish what is under way, so it comes second.
    for how in (signal.SIGKILL, signal.SIGINT):
        run = stack.start("up", "--yes", "--skip-preview")
        run.wait_for("host preparation", functools.partial(run.said, "-preparation", "packages"))
        run.kill(how)

    _up_until_synced(stack, "galera-1", signal.SIGKILL)
    with Ledger([_door_of_the_first()], _root_password()) as ledger:
        _up_until_synced(stack, "galera-2", signal.SIGINT)
        stack.up()
    made = {name: count - before.get(name, 0) for name, count in ordered("spine-").items()}
    assert made == {"spine-1": 1, "spine-2": 1, "spine-3": 1}
    assert guests("spine-") == ["spine-1", "spine-2", "spine-3"]
    outputs = stack.outputs()
    assert synced(endpoints_of(outputs), outputs["databaseRootPassword"])
    assert ledger.acknowledged, "no row was written between two members"
    for endpoint in endpoints_of(outputs):
        assert ledger.lost_on(endpoint) == set()
    assert stack.changes() == {}


def _up_until_synced(stack: Stack, member: str, how: signal.Signals) -> None:
    run = stack.start("up", "--yes", "--skip-preview")
    run.wait_for(member, functools.partial(run.said, f"{member}-synced", "created"))
    run.kill(how)


def _door_of_the_first() -> Endpoint:
    """As the cloud knows it: the stack has no outputs before its first `up` has ended."""
    (guest,) = [one for one in control("guests") if one["hostname"] == "spine-1"]
    return Endpoint("galera-1", guest["privateIp"], 3306)


def _root_password() -> str:
    """As the member has it."""
    container = "$(docker ps -q --filter label=com.docker.swarm.service.name=galera-1)"
    return on_node("spine-1", f"docker exec {container} cat /run/secrets/galera_root_password")
