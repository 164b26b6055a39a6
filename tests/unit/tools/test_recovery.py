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


class FakeEngine:
    """Answers engine commands for one stack, in whose place a config waits for its deletion."""

    def __init__(self, directory: Path, wanted: str | None) -> None:
        self.wanted, self.asked, self.imported = wanted, [], ""
        self.exported = {"deployment": {"resources": [config("new"), config("old", delete=True)]}}
        file = directory / ".pulumi" / "stacks" / "galera-swarm" / "dev.json"
        file.parent.mkdir(parents=True)
        file.write_text(json.dumps({"checkpoint": {"latest": self.exported["deployment"]}}))

    def __call__(self, _environment: Mapping[str, str], *words: str, stdin: str | None = None) -> str:
        self.asked.append(words)
        self.imported = stdin or self.imported
        if words[0] != "preview":
            return json.dumps(self.exported)
        if self.wanted is None:
            message = "the preview failed"
            raise ToolError(message)
        step = {"urn": config("any")["urn"], "newState": {"inputs": {"name": self.wanted}}}
        return json.dumps({"steps": [step]})


def config(name: str, **more: Any) -> dict[str, Any]:
    kind = "docker:index/serviceConfig:ServiceConfig"
    urn = f"urn:pulumi:dev::galera-swarm::{kind}::cnf"
    return {"urn": urn, "type": kind, "id": f"id of {name}", "inputs": {"name": name}, **more}


@pytest.mark.parametrize(("wanted", "is_changed"), [("old", True), ("new", False), (None, False)])
def test_a_change_that_is_taken_back_takes_its_config_in_use_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, wanted: str | None, is_changed: bool
) -> None:
    engine = FakeEngine(tmp_path, wanted)
    monkeypatch.setattr(recovery, "_engine", engine)
    recovery.take_back("dev", {"PULUMI_BACKEND_URL": f"file://{tmp_path}"}, ["--config-file", "f"])
    assert engine.asked[0] == ("preview", "--json", "--stack", "dev", "--config-file", "f")
    assert bool(engine.imported) is is_changed
    if is_changed:
        resources = json.loads(engine.imported)["deployment"]["resources"]
        assert resources == [config("old"), config("new", delete=True)]


def test_without_an_unfinished_change_no_preview_is_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / ".pulumi" / "stacks" / "galera-swarm" / "dev.json"
    file.parent.mkdir(parents=True)
    file.write_text(json.dumps({"checkpoint": {"latest": {"resources": [config("new")]}}}))
    monkeypatch.setattr(recovery, "_engine", lambda *_words: pytest.fail("the engine was asked"))
    recovery.take_back("dev", {"PULUMI_BACKEND_URL": f"file://{tmp_path}"}, [])
    recovery.take_back("prod", {"PULUMI_BACKEND_URL": f"file://{tmp_path}"}, [])
    recovery.take_back("dev", {"PULUMI_BACKEND_URL": "s3://bucket"}, [])


def test_what_a_killed_run_made_and_deleted_is_refreshed(monkeypatch: pytest.MonkeyPatch) -> None:
    made, gone = config("new"), config("old", delete=True)
    exported = {
        "deployment": {
            "resources": [gone],
            "pending_operations": [
                {"type": "creating", "resource": {**made, "id": ""}},
                {"type": "deleting", "resource": gone},
            ],
        }
    }
    asked: list[tuple[str, ...]] = []

    def engine(_environment: Mapping[str, str], *words: str, stdin: str | None = None) -> str:
        asked.append(words)
        return json.dumps(exported) if stdin is None else ""

    monkeypatch.setattr(recovery, "_engine", engine)
    monkeypatch.setattr(recovery, "find_id", lambda _resource, _provider: "id of new")
    monkeypatch.setattr(recovery, "is_gone", lambda _resource, _provider: True)
    recovery.settle("dev", {})
    assert asked[-1] == ("refresh", "--stack", "dev", "--yes", "--skip-preview", "--target", made["urn"])
