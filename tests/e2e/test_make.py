"""The two commands of the README, as written, and that nothing is left behind afterwards."""

import subprocess
from collections.abc import Iterator

import pytest

from tests.e2e.cloud import answers, docker
from tests.e2e.stack import ROOT

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(1200)]


def make(target: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["make", "--no-print-directory", target],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=900,
        check=False,
    )


@pytest.fixture
def free_checkout() -> Iterator[None]:
    """The dev stack is the developer's: it is not touched while it, or anything on its sandbox, is in use."""
    if answers():
        pytest.skip("a sandbox is up, and the test would take it down")
    yield
    down = make("down")
    assert down.returncode == 0, down.stdout + down.stderr


def test_up_twice_then_down_leaves_nothing(free_checkout: None) -> None:
    first = make("up")
    assert first.returncode == 0, first.stdout + first.stderr
    assert "3 of 3 members Synced" in first.stdout
    assert docker("ps", "-q", "--filter", "label=galera-swarm.sandbox")

    second = make("up")
    assert second.returncode == 0, second.stdout + second.stderr
    assert second.stdout.rstrip().endswith("no changes")

    status = make("status")
    assert status.returncode == 0
    assert status.stdout.count("Synced  Primary  3") == 3

    down = make("down")
    assert down.returncode == 0, down.stdout + down.stderr
    for kind in (("ps", "-aq"), ("volume", "ls", "-q"), ("network", "ls", "-q")):
        assert docker(*kind, "--filter", "label=galera-swarm.sandbox") == "", f"left behind: {kind[0]}"
    loops = subprocess.run(
        ["losetup", "--list", "--noheadings", "--output", "BACK-FILE"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert str(ROOT) not in loops.stdout
