"""The two commands of the README, as written, and that nothing is left behind afterwards."""

import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.cloud import answers, docker
from tests.e2e.stack import ROOT
from tools.checkout import PROJECT, STATE

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(1200)]


SECONDS_FOR_NOTHING = 60
"""Longest `make up` without a change on a busy machine; 11 s on a quiet one."""


def make(target: str, stack: str) -> subprocess.CompletedProcess[str]:
    words = [target] if stack == "dev" else [target, f"STACK={stack}"]
    return subprocess.run(
        ["make", "--no-print-directory", *words],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=900,
        check=False,
    )


@pytest.fixture(params=["dev", pytest.param("dev-full", marks=pytest.mark.long)])
def name(request: pytest.FixtureRequest) -> Iterator[str]:
    """A stack of the developer's: it is not touched while it, or anything on its sandbox, is in use."""
    if answers():
        pytest.skip("a sandbox is up, and the test would take it down")
    yield request.param
    down = make("down", request.param)
    assert down.returncode == 0, down.stdout + down.stderr


def test_up_twice_then_down_leaves_nothing(name: str) -> None:
    first = make("up", name)
    assert first.returncode == 0, first.stdout + first.stderr
    assert "3 of 3 members Synced" in first.stdout
    assert docker("ps", "-q", "--filter", "label=galera-swarm.sandbox")

    begun = time.monotonic()
    second = make("up", name)
    assert second.returncode == 0, second.stdout + second.stderr
    assert time.monotonic() - begun < SECONDS_FOR_NOTHING
    assert second.stdout.rstrip().endswith("no changes")

    status = make("status", name)
    assert status.returncode == 0
    assert status.stdout.count("Synced  Primary  3") == 3

    down = make("down", name)
    assert down.returncode == 0, down.stdout + down.stderr
    assert not answers()
    assert str(ROOT) not in Path("/proc/mounts").read_text()
    assert not (STATE / ".pulumi" / "stacks" / PROJECT / f"{name}.json").exists()
    for kind in (("ps", "-aq"), ("volume", "ls", "-q"), ("network", "ls", "-q")):
        assert docker(*kind, "--filter", "label=galera-swarm.sandbox") == "", f"left behind: {kind[0]}"
    loops = subprocess.run(
        ["losetup", "--list", "--noheadings", "--output", "BACK-FILE"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert str(ROOT) not in loops.stdout
