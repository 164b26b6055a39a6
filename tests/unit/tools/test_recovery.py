"""What a killed run leaves behind, and what is done about it."""

import json
import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from tools import recovery
from tools.errors import ToolError

NETWORK = "docker:index/network:Network"


def lock(directory: Path, **content: Any) -> Path:
    file = directory / "locks" / "organization" / "galera-swarm" / "dev" / "one.json"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps({"hostname": socket.gethostname(), "timestamp": "then", **content}))
    return file


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A process that is called like the engine."""
    program = tmp_path / "pulumi"
    shutil.copy(shutil.which("sleep") or "/bin/sleep", program)
    process = subprocess.Popen([str(program), "60"])
    # Popen returns before the new process has become its program.
    while str(program).encode() not in Path(f"/proc/{process.pid}/cmdline").read_bytes():
        os.sched_yield()
    yield process
    process.kill()
    process.wait()


def test_the_lock_of_a_dead_process_goes(tmp_path: Path) -> None:
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    file = lock(tmp_path, pid=ended.pid)
    recovery.release_lock(tmp_path, "dev")
    assert not file.exists()


def test_the_lock_of_a_process_number_that_is_another_program_now_goes(tmp_path: Path) -> None:
    file = lock(tmp_path, pid=os.getpid())
    recovery.release_lock(tmp_path, "dev")
    assert not file.exists()


def test_a_living_run_is_left_alone_and_named(tmp_path: Path, engine: subprocess.Popen[bytes]) -> None:
    file = lock(tmp_path, pid=engine.pid)
    with pytest.raises(ToolError, match=f"process {engine.pid}"):
        recovery.release_lock(tmp_path, "dev")
    assert file.exists()


@pytest.mark.parametrize("content", [{"pid": 1, "hostname": "elsewhere"}])
def test_the_lock_of_another_machine_stays(tmp_path: Path, content: dict[str, Any]) -> None:
    file = lock(tmp_path, **content)
    recovery.release_lock(tmp_path, "dev")
    assert file.exists()


def test_the_lock_of_another_stack_stays(tmp_path: Path) -> None:
    file = lock(tmp_path, pid=os.getpid())
    recovery.release_lock(tmp_path, "prod")
    assert file.exists()


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="helpers are found in /proc")
def test_only_orphaned_helpers_of_this_checkout_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recovery, "PULUMI_HOME", tmp_path)
    helper = [sys.executable, "-c", "import time; time.sleep(60)", "pulumi.dynamic"]
    processes = {
        "ours": subprocess.Popen(helper, env={**os.environ, "PULUMI_HOME": str(tmp_path)}),
        "another checkout's": subprocess.Popen(helper, env={**os.environ, "PULUMI_HOME": "/elsewhere"}),
        "no helper": subprocess.Popen(
            [*helper[:-1], "other"], env={**os.environ, "PULUMI_HOME": str(tmp_path)}
        ),
    }
    try:
        # Popen returns before the new process has become its program.
        for process in processes.values():
            while b"time.sleep" not in Path(f"/proc/{process.pid}/cmdline").read_bytes():
                os.sched_yield()
        monkeypatch.setattr(recovery, "_alive", lambda pid: processes["ours"].poll() is None)
        recovery.end_orphans()
        ended = {name for name, process in processes.items() if process.poll() is not None}
        assert ended == {"ours"}
    finally:
        for process in processes.values():
            process.kill()
            process.wait()


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="helpers are found in /proc")
def test_a_helper_of_a_living_engine_is_no_orphan(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recovery, "PULUMI_HOME", tmp_path)
    pid = os.getpid()
    monkeypatch.setattr(recovery, "_is_engine", lambda candidate: candidate == pid)
    environment = {**os.environ, "PULUMI_HOME": str(tmp_path)}
    with subprocess.Popen(
        [sys.executable, "-c", "input()", "pulumi.dynamic"], stdin=-1, env=environment
    ) as child:
        recovery.end_orphans()
        assert child.poll() is None


def resource(name: str, kind: str = NETWORK, **more: Any) -> dict[str, Any]:
    return {"urn": f"urn:pulumi:dev::galera-swarm::{kind}::{name}", "type": kind, **more}


def deployment() -> dict[str, Any]:
    provider = resource("first", "pulumi:providers:docker", id="p1", inputs={"host": "ssh://root@10.0.0.1"})
    made = resource("net", inputs={"name": "db"}, provider=f"{provider['urn']}::p1")
    return {
        "resources": [provider, resource("old", id="o")],
        "pending_operations": [
            {"type": "creating", "resource": made},
            {"type": "creating", "resource": resource("never made", inputs={"name": "x"})},
            {"type": "updating", "resource": resource("old", id="o")},
            {"type": "creating", "resource": resource("old", inputs={"name": "db"})},
        ],
    }


def test_a_pending_create_that_exists_is_adopted_and_the_others_are_dropped() -> None:
    asked: list[tuple[str, Any]] = []

    def find(candidate: Mapping[str, Any], provider: Mapping[str, Any]) -> str | None:
        asked.append((candidate["inputs"]["name"], provider.get("host")))
        return "id-1" if candidate["inputs"]["name"] == "db" else None

    state = deployment()
    adopted = recovery.adopt(state, find)
    assert asked == [("db", "ssh://root@10.0.0.1"), ("x", None)]
    assert [urn.rsplit("::", 1)[-1] for urn in adopted] == ["net"]
    assert "pending_operations" not in state
    assert state["resources"][-1]["id"] == "id-1"
    assert state["resources"][-1]["outputs"] == {"name": "db", "id": "id-1"}
    assert [entry["urn"].rsplit("::", 1)[-1] for entry in state["resources"]] == ["first", "old", "net"]


def test_nothing_pending_leaves_the_state_as_it_is() -> None:
    state: dict[str, Any] = {"resources": [resource("a", id="1")]}
    assert recovery.adopt(state, lambda _resource, _provider: "never") == []
    assert state == {"resources": [resource("a", id="1")]}


@pytest.mark.parametrize(
    ("checkpoint", "number"),
    [
        ({"checkpoint": {"latest": {"pending_operations": [{}, {}]}}}, 2),
        ({"checkpoint": {"latest": {"resources": []}}}, 0),
        ({"checkpoint": {"latest": None}}, 0),
        ({}, 0),
    ],
)
def test_pending_operations_are_counted(checkpoint: dict[str, Any], number: int) -> None:
    assert len(recovery.pending_operations(checkpoint)) == number


@pytest.mark.parametrize(
    ("backend", "directory"),
    [
        ("file:///a/b", "/a/b/.pulumi"),
        ("file:///a/b?no_tmp_dir=true", "/a/b/.pulumi"),
        ("https://api.pulumi.com", None),
        ("s3://bucket", None),
        (None, None),
    ],
)
def test_only_a_local_directory_is_looked_into(backend: str | None, directory: str | None) -> None:
    assert recovery.state_directory(backend) == (Path(directory) if directory else None)


def test_a_clean_stack_costs_nothing(tmp_path: Path) -> None:
    (tmp_path / ".pulumi" / "stacks" / "galera-swarm").mkdir(parents=True)
    file = tmp_path / ".pulumi" / "stacks" / "galera-swarm" / "dev.json"
    file.write_text(json.dumps({"checkpoint": {"latest": {"resources": []}}}))
    recovery.recover("dev", {"PULUMI_BACKEND_URL": f"file://{tmp_path}", "PATH": "/nowhere"})
    recovery.recover("dev", {})
