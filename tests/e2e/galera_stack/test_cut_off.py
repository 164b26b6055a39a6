"""A server that vanishes from the network while `pulumi up` works on it, for a moment and for good."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.e2e.cloud import guests, ordered, sandbox
from tests.e2e.ledger import endpoints_of, synced
from tests.e2e.stack import EngineRun, temporary_stack

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(1200)]

SERVER = "cut-off-1"
MOMENT_SECONDS = 8.0
"""Shorter than what SSH and the engine wait for a silent server."""


@contextmanager
def _hidden() -> Iterator[None]:
    """The server runs on, and nothing outside reaches it."""
    assert sandbox("fault", "node", SERVER, "hide").returncode == 0
    try:
        yield
    finally:
        assert sandbox("fault", "node", SERVER, "unhide").returncode == 0


def _said(run: EngineRun, *words: str) -> bool:
    return any(all(word in line for word in words) for line in run.lines)


def test_a_server_that_vanishes_is_named_and_found_again(running_sandbox: None, tmp_path: Path) -> None:
    before = ordered(SERVER)
    with temporary_stack(
        "cut-off",
        tmp_path,
        servers__hostnamePrefix="cut-off",
        servers__count=1,
        network__subnet="172.16.102.0/24",
    ) as stack:
        run = stack.start("up", "--yes", "--skip-preview")
        run.wait_for("host preparation", lambda: _said(run, "-preparation", "packages"))
        with _hidden():
            assert run.process.wait(timeout=400) != 0, "an up without its server counts as done"
        lost = [line for line in run.lines if "on 10.140.0." in line and "connection was lost" in line]
        assert lost, "\n".join(run.lines)

        run = stack.start("up", "--yes", "--skip-preview")
        run.wait_for("host preparation", lambda: _said(run, "-preparation", "packages"))
        with _hidden():
            time.sleep(MOMENT_SECONDS)
        assert run.process.wait(timeout=600) == 0, "\n".join(run.lines)

        assert guests("cut-off-") == [SERVER]
        assert ordered(SERVER).get(SERVER, 0) - before.get(SERVER, 0) == 1
        outputs = stack.outputs()
        assert synced(endpoints_of(outputs), outputs["databaseRootPassword"])
        assert stack.changes() == {}
