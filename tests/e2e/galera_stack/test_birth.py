"""A stack is born although `pulumi up` is killed: as if nothing had happened."""

import functools
import signal

import pytest

from tests.e2e.cloud import guests, ordered
from tests.e2e.ledger import endpoints_of, synced
from tests.e2e.stack import Stack

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(1200)]


def test_an_up_killed_at_every_stage_is_finished_by_the_next(stack: Stack) -> None:
    before = ordered("spine-")

    run = stack.start("up", "--yes", "--skip-preview")
    run.wait_for("an order", lambda: ordered("spine-") != before)
    run.kill(signal.SIGKILL)

    # Ctrl-C lets the engine finish what is under way, so it comes second.
    for how in (signal.SIGKILL, signal.SIGINT):
        run = stack.start("up", "--yes", "--skip-preview")
        run.wait_for("host preparation", functools.partial(run.said, "-preparation", "packages"))
        run.kill(how)

    for member, how in (("galera-1", signal.SIGKILL), ("galera-2", signal.SIGINT)):
        run = stack.start("up", "--yes", "--skip-preview")
        run.wait_for(member, functools.partial(run.said, f"{member}-synced", "created"))
        run.kill(how)

    stack.up()
    made = {name: count - before.get(name, 0) for name, count in ordered("spine-").items()}
    assert made == {"spine-1": 1, "spine-2": 1, "spine-3": 1}
    assert guests("spine-") == ["spine-1", "spine-2", "spine-3"]
    outputs = stack.outputs()
    assert synced(endpoints_of(outputs), outputs["databaseRootPassword"])
    assert stack.changes() == {}
