"""Taking away what the sandboxes of other checkouts hold."""

from pathlib import Path

import pytest

from sandbox.cli import lifecycle
from sandbox.cli.parser import build_parser
from sandbox.nodes.layout import Layout, checkout_layout
from tests.unit.sandbox_nodes.fakes import FakeDocker

OURS = checkout_layout().sandbox_id


def down_others(monkeypatch: pytest.MonkeyPatch, docker: FakeDocker) -> int:
    monkeypatch.setattr(lifecycle, "Docker", lambda: docker)
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
