"""Taking away what the sandboxes of other checkouts hold."""

import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import MappingProxyType

import pytest

from sandbox.cli import lifecycle, serving
from sandbox.cli.parser import build_parser
from sandbox.nodes.layout import Layout, checkout_layout
from tests.unit.sandbox_nodes.fakes import FakeDocker

OURS = checkout_layout().sandbox_id


def down_others(
    monkeypatch: pytest.MonkeyPatch, docker: FakeDocker, processes: Mapping[int, Path] = MappingProxyType({})
) -> int:
    """Of the processes of this machine, none but these are seen."""
    monkeypatch.setattr(lifecycle, "Docker", lambda: docker)
    monkeypatch.setattr(serving, "elsewhere", lambda _layout: processes)
    options = build_parser().parse_args(["down", "--others"])
    return int(options.run(options))


def test_a_checkout_that_is_gone_is_found_by_its_labels(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    gone = Layout(tmp_path / "gone")
    docker = FakeDocker(
        answers={
            "ps --all --format": (0, f"{gone.sandbox_id}\t\n{OURS}\t\n", ""),
            "network ls --format={{.Label": (0, f"{gone.sandbox_id}\t{gone.checkout}\n", ""),
            "ps --all --quiet": (0, "abc\n", ""),
        }
    )
    assert down_others(monkeypatch, docker) == 0
    wanted = f"--filter=label={gone.label}"
    assert docker.said("rm") == [["rm", "--force", "--volumes", "abc"]]
    assert docker.said("ps", "--all", "--quiet") == [["ps", "--all", "--quiet", wanted]]
    assert not gone.checkout.exists()


def test_a_checkout_that_is_there_loses_its_records_too(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    other = Layout(tmp_path)
    other.state.mkdir()
    other.database.touch()
    docker = FakeDocker(
        answers={"network ls --format={{.Label": (0, f"{other.sandbox_id}\t{other.checkout}\n", "")}
    )
    assert down_others(monkeypatch, docker) == 0
    assert not other.database.exists()


def test_our_own_sandbox_is_left_alone(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    docker = FakeDocker(answers={"ps --all --format": (0, f"{OURS}\t\n", "")})
    assert down_others(monkeypatch, docker) == 0
    assert not docker.said("rm")
    assert "no other checkout" in capsys.readouterr().err


@pytest.fixture
def serving_elsewhere(tmp_path: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A process that looks like the API of another checkout."""
    package = tmp_path / "sandbox"
    package.mkdir()
    (package / "__init__.py").touch()
    (package / "__main__.py").write_text("import sys; print(flush=True); sys.stdin.read()")
    process = subprocess.Popen(
        [sys.executable, "-m", "sandbox", "serve"],
        cwd=tmp_path,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert process.stdout is not None
    process.stdout.readline()
    with process:
        yield process
        process.kill()


def test_an_api_whose_servers_are_all_gone_is_found_and_ended(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, serving_elsewhere: subprocess.Popen[bytes]
) -> None:
    pid = serving_elsewhere.pid
    assert serving.elsewhere(checkout_layout())[pid] == tmp_path
    assert pid not in serving.elsewhere(Layout(tmp_path))
    assert down_others(monkeypatch, FakeDocker(), {pid: tmp_path}) == 0
    assert serving_elsewhere.wait(timeout=10) != 0
