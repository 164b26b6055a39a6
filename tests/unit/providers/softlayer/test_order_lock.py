"""The right to order a name: one holder on a machine, freed with its process."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from providers.softlayer.errors import OrderDoubtError
from providers.softlayer.order_lock import order_lock
from tests.unit.providers.softlayer.fakes import FakeClock

ENDPOINT = "https://api.example.com/xmlrpc/v3.1"


@pytest.fixture(autouse=True)
def _own_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))


def test_a_second_holder_waits_and_then_gives_up() -> None:
    clock = FakeClock()
    with (
        order_lock(ENDPOINT, "db-1.example.com", clock),
        pytest.raises(OrderDoubtError, match=r"db-1\.example\.com: another process"),
        order_lock(ENDPOINT, "db-1.example.com", clock, 60),
    ):
        pytest.fail("two holders at once")
    assert 60 <= clock.now <= 62


def test_a_second_holder_gets_it_after_the_first() -> None:
    clock = FakeClock()
    with order_lock(ENDPOINT, "db-1.example.com", clock):
        pass
    with order_lock(ENDPOINT, "db-1.example.com", clock, 0):
        assert clock.sleeps == []


@pytest.mark.parametrize(
    ("endpoint", "fqdn"), [(ENDPOINT, "db-2.example.com"), ("https://other.example.com/", "db-1.example.com")]
)
def test_other_names_and_other_clouds_do_not_wait(endpoint: str, fqdn: str) -> None:
    clock = FakeClock()
    with order_lock(ENDPOINT, "db-1.example.com", clock), order_lock(endpoint, fqdn, clock, 0):
        assert clock.sleeps == []


def test_it_dies_with_its_process(tmp_path: Path) -> None:
    program = (
        "import sys, tempfile, time; tempfile.tempdir = sys.argv[1]\n"
        "from providers.softlayer.clock import SystemClock\n"
        "from providers.softlayer.order_lock import order_lock\n"
        "with order_lock(sys.argv[2], 'db-1.example.com', SystemClock()):\n"
        "    print('held', flush=True); time.sleep(60)\n"
    )
    holder = subprocess.Popen(
        [sys.executable, "-c", program, str(tmp_path), ENDPOINT],
        cwd=Path(__file__).parents[4],
        stdout=subprocess.PIPE,
    )
    try:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        with pytest.raises(OrderDoubtError), order_lock(ENDPOINT, "db-1.example.com", FakeClock(), 0):
            pytest.fail("two holders at once")
    finally:
        holder.kill()
        holder.communicate()
    with order_lock(ENDPOINT, "db-1.example.com", FakeClock(), 0):
        pass


def test_nothing_stays_behind(tmp_path: Path) -> None:
    with order_lock(ENDPOINT, "db-1.example.com", FakeClock()):
        assert len(list(tmp_path.iterdir())) == 1
    assert list(tmp_path.iterdir()) == []


def test_a_file_removed_by_its_last_holder_guards_nothing(tmp_path: Path) -> None:
    """The waiter has the old file open when the holder removes it; it has to lock the new one."""
    clock = FakeClock()
    holder = order_lock(ENDPOINT, "db-1.example.com", FakeClock())
    holder.__enter__()
    clock.on_sleep = lambda: holder.__exit__(None, None, None) if len(clock.sleeps) == 1 else None
    with order_lock(ENDPOINT, "db-1.example.com", clock):
        assert len(list(tmp_path.iterdir())) == 1
        with pytest.raises(OrderDoubtError), order_lock(ENDPOINT, "db-1.example.com", FakeClock(), 0):
            pytest.fail("two holders at once")


def test_a_link_in_place_of_the_file_is_refused(tmp_path: Path) -> None:
    with order_lock(ENDPOINT, "db-1.example.com", FakeClock()):
        (path,) = tmp_path.iterdir()
    path.symlink_to(tmp_path / "elsewhere")
    with (
        pytest.raises(OrderDoubtError, match="cannot be opened"),
        order_lock(ENDPOINT, "db-1.example.com", FakeClock()),
    ):
        pytest.fail("a link was followed")
