"""The discovery agent, against nodes that come, go and misbehave."""

import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from tests.contract.aerospike.nodes import eventually
from tests.unit.services.aerospike.agent import PROTOCOL, SCRIPT


class FakeNodes:
    """Nodes by address, as far as an agent sees them. `broken`: how many more times a line breaks."""

    def __init__(self, *addresses: str) -> None:
        self.seeds: dict[str, list[str]] = {address: [] for address in addresses}
        self.named = set(addresses)
        self.broken: dict[str, int] = {}
        self.refused: dict[str, str] = {}
        self.said: list[tuple[str, str]] = []

    def resolve(self, name: str) -> set[str]:
        assert name == "aerospike"
        if not self.named:
            raise OSError(-2, "Name or service not known")
        return set(self.named)

    def talk(self, address: str, *commands: str) -> dict[str, str]:
        if self.broken.get(address, 0):
            self.broken[address] -= 1
            raise ConnectionRefusedError(111, "Connection refused")
        if address not in self.seeds:
            raise TimeoutError
        return {command: self._answer(address, command) for command in commands}

    def _answer(self, address: str, command: str) -> str:
        verb = command.partition(":")[0]
        if verb in self.refused:
            return self.refused[verb]
        if verb == "node":
            return f"N{address[-1]}"
        if verb == "statistics":
            return f"cluster_size={len(self.seeds)};cluster_key=K"
        if verb == "get-config":
            return ";".join(f"heartbeat.mesh-seed-address-port={one}:3002" for one in self.seeds[address])
        if verb == "status":
            return "ok"
        self.said.append((address, command))
        if verb == "tip":
            self.seeds[address].append(command.split("=")[1].split(";")[0])
        if verb == "tip-clear":
            self.seeds[address].remove(command.split("=")[1].removesuffix(":3002"))
        return "ok"


@pytest.fixture
def nodes() -> FakeNodes:
    return FakeNodes("10.0.0.1", "10.0.0.2", "10.0.0.3")


@pytest.fixture
def agent(discovery: ModuleType, nodes: FakeNodes) -> Any:
    return discovery.Agent("aerospike", resolve=nodes.resolve, talk=nodes.talk, wait=lambda _seconds: None)


def test_each_node_is_told_of_each_other_once_and_never_of_itself(agent: Any, nodes: FakeNodes) -> None:
    agent.round()
    assert len(nodes.said) == 6
    assert all(f"host={address};" not in command for address, command in nodes.said)
    agent.round()
    assert len(nodes.said) == 6


def test_a_new_address_is_told_to_all_and_learns_of_all(agent: Any, nodes: FakeNodes) -> None:
    agent.round()
    nodes.said.clear()
    nodes.seeds["10.0.0.4"] = []
    nodes.named.add("10.0.0.4")
    agent.round()
    assert {address for address, command in nodes.said if "10.0.0.4" in command} == {
        "10.0.0.1",
        "10.0.0.2",
        "10.0.0.3",
    }
    assert len([command for address, command in nodes.said if address == "10.0.0.4"]) == 3


def test_a_broken_line_is_tried_again_within_the_round(agent: Any, nodes: FakeNodes) -> None:
    nodes.broken["10.0.0.2"] = 2
    assert agent.round().is_whole


def test_a_silent_node_is_named_and_holds_nobody_up(agent: Any, nodes: FakeNodes) -> None:
    nodes.broken["10.0.0.2"] = 99
    found = agent.round()
    assert set(found.silent) == {"10.0.0.2"}
    assert len(found.tipped) == 2
    assert "10.0.0.2 is silent" in str(found)
    assert not found.is_whole


def test_silence_alone_is_no_departure(agent: Any, nodes: FakeNodes) -> None:
    agent.round()
    nodes.broken["10.0.0.3"] = 9999
    for _ in range(5):
        assert agent.round().cleared == ()


def test_a_node_that_left_the_name_but_answers_is_not_cleared(agent: Any, nodes: FakeNodes) -> None:
    agent.round()
    nodes.named.remove("10.0.0.3")
    for _ in range(5):
        assert agent.round().cleared == ()


def test_one_answer_begins_the_count_again(agent: Any, nodes: FakeNodes) -> None:
    agent.round()
    nodes.named.remove("10.0.0.3")
    gone = nodes.seeds.pop("10.0.0.3")
    assert [len(agent.round().cleared) for _ in range(2)] == [0, 0]
    nodes.seeds["10.0.0.3"] = gone
    assert agent.round().cleared == ()
    nodes.seeds.pop("10.0.0.3")
    assert [len(agent.round().cleared) for _ in range(3)] == [0, 0, 2]


def test_seeds_by_name_are_never_cleared(agent: Any, nodes: FakeNodes) -> None:
    nodes.seeds["10.0.0.1"].append("aerospike-2")
    for _ in range(5):
        assert agent.round().cleared == ()
    assert "aerospike-2" in nodes.seeds["10.0.0.1"]


def test_a_refusal_is_said_and_asked_again(agent: Any, nodes: FakeNodes, capsys: Any) -> None:
    nodes.refused["tip"] = "ERROR::unknown"
    assert agent.round().tipped == ()
    assert "tip:host=10.0.0.2;port=3002 was refused: unknown" in capsys.readouterr().out
    del nodes.refused["tip"]
    assert len(agent.round().tipped) == 6


def test_a_node_that_speaks_nonsense_is_silent(agent: Any, nodes: FakeNodes) -> None:
    nodes.refused["statistics"] = "ERROR:80:not authenticated"
    found = agent.round()
    assert set(found.silent) == nodes.named
    assert "not authenticated" in str(found)


def test_a_name_that_is_not_known_is_waited_for_ever_longer(
    discovery: ModuleType, tmp_path: Path, capsys: Any
) -> None:
    nodes = FakeNodes()
    waits: list[float | None] = []

    class FakeStop(threading.Event):
        def wait(self, timeout: float | None = None) -> bool:
            waits.append(timeout)
            if len(waits) == 6:
                self.set()
            return True

    stop = FakeStop()
    state = tmp_path / "state.json"
    discovery.run(discovery.Agent("aerospike", resolve=nodes.resolve), 5.0, stop, state)
    assert waits == [10.0, 20.0, 40.0, 60.0, 60.0, 60.0]
    assert capsys.readouterr().out.count("cannot be resolved") == 1, "said once, not each round"
    assert discovery.health(state) == 0


@pytest.mark.parametrize(
    ("content", "answer"),
    [(None, 1), ("", 1), ("{}", 1), ("[]", 1), ('{"at": "x", "interval": 1}', 1)],
)
def test_health_without_a_finished_round(
    discovery: ModuleType, tmp_path: Path, content: str | None, answer: int
) -> None:
    state = tmp_path / "state.json"
    if content is not None:
        state.write_text(content)
    assert discovery.health(state) == answer


@pytest.mark.parametrize(("age", "answer"), [(0, 0), (70, 0), (80, 1)])
def test_health_goes_by_the_age_of_the_last_round(
    discovery: ModuleType, tmp_path: Path, age: float, answer: int
) -> None:
    state = tmp_path / "state.json"
    state.write_text(json.dumps({"at": time.time() - age, "interval": 5.0, "summary": "fine"}))
    assert discovery.health(state) == answer


@pytest.fixture
def installed(tmp_path: Path) -> Iterator[Path]:
    """The two files as secrets lie in the container, with nothing of the checkout in reach."""
    directory = tmp_path / "secrets"
    directory.mkdir()
    shutil.copy(SCRIPT, directory / "discovery")
    shutil.copy(PROTOCOL, directory / "info_protocol.py")
    (directory / "info_protocol.py").chmod(0o444)
    (directory / "discovery").chmod(0o755)
    yield directory
    assert sorted(path.name for path in directory.iterdir()) == ["discovery", "info_protocol.py"]


def test_as_a_program_it_joins_nodes_answers_for_its_health_and_stops_at_once(
    tmp_path: Path, installed: Path
) -> None:
    state = tmp_path / "state.json"
    script = str(installed / "discovery")
    command = [script, "--name", "localhost", "--interval", "0.2", "--state", str(state)]
    asking = [script, "--health", "--state", str(state)]
    clean = {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
    process = subprocess.Popen(command, env=clean, stdout=subprocess.PIPE, text=True, cwd=tmp_path)
    try:
        eventually("a round", state.exists)
        asked = subprocess.run(asking, env=clean, capture_output=True, text=True, check=False)
        assert asked.returncode == 0
        assert "no node answers" in asked.stdout
        process.send_signal(signal.SIGTERM)
        output, _ = process.communicate(timeout=10)
    finally:
        process.kill()
    assert process.returncode == 0
    assert "127.0.0.1 is silent" in output
    assert output.rstrip().endswith("discovery: stopped")
