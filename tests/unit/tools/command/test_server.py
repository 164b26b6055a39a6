"""The plugin over gRPC, as the engine talks to it."""

import threading
from collections.abc import Iterator
from concurrent import futures
from pathlib import Path
from typing import Any

import grpc
import pytest
from pulumi.runtime import proto
from pulumi.runtime.proto import provider_pb2_grpc

from tools.plugins.command.server import CommandServer
from tools.plugins.command.values import (
    ASSET,
    SIGNATURE,
    UNKNOWN,
    Properties,
    decode,
    encode,
    is_secret,
    secret,
)

LOCAL = "urn:pulumi:dev::p::command:local:Command::name"
NESTED = "urn:pulumi:dev::p::galera-swarm:host:Host$command:local:Command::name"
REMOTE = "urn:pulumi:dev::p::command:remote:Command::name"
COPY = "urn:pulumi:dev::p::command:remote:CopyToRemote::name"


class FakeEngine:
    """Takes log lines."""

    def __init__(self) -> None:
        self.lines: list[tuple[str, str]] = []

    def Log(self, request: Any) -> None:  # noqa: N802 - the protocol's name
        self.lines.append((request.urn, request.message))


class Client:
    """The calls of the engine that the tests make."""

    def __init__(self, stub: Any, engine: FakeEngine, servicer: CommandServer) -> None:
        self.stub, self.engine, self.servicer = stub, engine, servicer

    def check(self, urn: str, inputs: Properties) -> Any:
        return self.stub.Check(proto.CheckRequest(urn=urn, news=encode(inputs)))

    def create(self, urn: str, inputs: Properties, preview: bool = False) -> Properties:
        request = proto.CreateRequest(urn=urn, properties=encode(inputs), preview=preview)
        return decode(self.stub.Create(request).properties)

    def update(self, urn: str, state: Properties, inputs: Properties, preview: bool = False) -> Properties:
        request = proto.UpdateRequest(
            id="i", urn=urn, olds=encode(state), news=encode(inputs), preview=preview
        )
        return decode(self.stub.Update(request).properties)

    def delete(self, urn: str, state: Properties) -> None:
        self.stub.Delete(proto.DeleteRequest(id="i", urn=urn, properties=encode(state)))

    def diff(self, urn: str, state: Properties, inputs: Properties, **more: Any) -> Any:
        return self.stub.Diff(
            proto.DiffRequest(id="i", urn=urn, olds=encode(state), news=encode(inputs), **more)
        )


@pytest.fixture
def plugin() -> Iterator[Client]:
    engine = FakeEngine()
    servicer = CommandServer(engine)
    server = grpc.server(futures.ThreadPoolExecutor(max_workers=16))
    provider_pb2_grpc.add_ResourceProviderServicer_to_server(servicer, server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
        yield Client(provider_pb2_grpc.ResourceProviderStub(channel), engine, servicer)
    server.stop(None)


def test_create_update_and_delete_run_their_commands(plugin: Client, tmp_path: Path) -> None:
    inputs = {
        "create": "echo made",
        "update": 'echo "$PULUMI_COMMAND_STDOUT, changed"',
        "delete": f"touch {tmp_path}/gone",
    }
    state = plugin.create(LOCAL, inputs)
    assert state == inputs | {"stdout": "made", "stderr": ""}
    state = plugin.update(LOCAL, state, inputs)
    assert state["stdout"] == "made, changed"
    plugin.delete(LOCAL, state)
    assert (tmp_path / "gone").exists()


def test_update_runs_create_again_where_there_is_no_update(plugin: Client) -> None:
    state = plugin.update(LOCAL, {"create": "echo a", "stdout": "a", "stderr": ""}, {"create": "echo b"})
    assert state["stdout"] == "b"


def test_without_a_command_the_output_stays(plugin: Client) -> None:
    assert plugin.create(LOCAL, {"delete": "true"}) == {"delete": "true", "stdout": "", "stderr": ""}
    old = {"stdout": "kept", "stderr": ""}
    assert plugin.update(LOCAL, old, {"delete": "false"}) == old | {"delete": "false"}


def test_previous_output_can_be_kept_out_of_the_environment(plugin: Client) -> None:
    inputs = {"create": 'echo "<$PULUMI_COMMAND_STDOUT>"', "addPreviousOutputInEnv": False}
    assert plugin.update(LOCAL, {"stdout": "before"}, inputs)["stdout"] == "<>"


def test_a_preview_runs_nothing_and_leaves_the_output_unknown(plugin: Client, tmp_path: Path) -> None:
    inputs = {"create": f"touch {tmp_path}/ran", "stdin": UNKNOWN}
    assert plugin.create(LOCAL, inputs, preview=True) == inputs | {"stdout": UNKNOWN, "stderr": UNKNOWN}
    assert plugin.update(LOCAL, {"stdout": "a"}, inputs, preview=True)["stdout"] == UNKNOWN
    assert plugin.update(LOCAL, {"stdout": "a"}, {"delete": "x"}, preview=True)["stdout"] == "a"
    assert not (tmp_path / "ran").exists()


def test_commands_run_side_by_side(plugin: Client, tmp_path: Path) -> None:
    """Each waits for the file that the other makes."""
    wait = "touch {0}; for i in $(seq 300); do test -e {1} && exit 0; sleep 0.05; done; exit 1"
    ours, theirs = tmp_path / "ours", tmp_path / "theirs"
    with futures.ThreadPoolExecutor() as pool:
        runs = [
            pool.submit(plugin.create, LOCAL, {"create": wait.format(*pair)})
            for pair in ((ours, theirs), (theirs, ours))
        ]
        assert [run.result()["stderr"] for run in runs] == ["", ""]


def test_a_failure_shows_output_and_host_but_no_secret(plugin: Client, connection: dict[str, Any]) -> None:
    inputs = {
        "connection": secret(connection),
        "create": "echo working with $(cat); exit 9",
        "stdin": secret("top-secret-word"),
    }
    with pytest.raises(grpc.RpcError) as caught:
        plugin.create(REMOTE, inputs)
    message = caught.value.details()
    assert message == "the command on 127.0.0.1 exited with status 9:\nworking with [secret]"
    assert all("top-secret-word" not in line for _, line in plugin.engine.lines)


def test_the_log_names_the_resource_and_hides_secrets(plugin: Client) -> None:
    inputs = {"create": "cat; echo plain", "stdin": secret("top-secret-word\n")}
    state = plugin.create(NESTED, inputs)
    assert plugin.engine.lines == [(NESTED, "[secret]"), (NESTED, "plain")]
    assert is_secret(state["stdout"])


def test_diff_tells_updates_from_replacements(plugin: Client) -> None:
    state = {"create": "a", "triggers": ["1"], "stdout": "o"}
    same = plugin.diff(LOCAL, state, {"create": "a", "triggers": ["1"]})
    assert same.changes == proto.DiffResponse.DIFF_NONE
    updated = plugin.diff(LOCAL, state, {"create": "b", "triggers": ["1"]})
    assert (list(updated.diffs), list(updated.replaces)) == (["create"], [])
    replaced = plugin.diff(LOCAL, state, {"create": "a", "triggers": ["2"]})
    assert list(replaced.replaces) == ["triggers"]
    assert replaced.detailedDiff["triggers[0]"].kind == proto.PropertyDiff.UPDATE_REPLACE


def test_ignored_changes_are_none(plugin: Client) -> None:
    answer = plugin.diff(LOCAL, {"create": "a"}, {"create": "b"}, ignoreChanges=["create"])
    assert answer.changes == proto.DiffResponse.DIFF_NONE


def test_the_recorded_inputs_are_compared_where_the_engine_sends_them(plugin: Client) -> None:
    answer = plugin.diff(LOCAL, {"create": "state"}, {"create": "a"}, old_inputs=encode({"create": "a"}))
    assert answer.changes == proto.DiffResponse.DIFF_NONE


@pytest.mark.parametrize(
    ("urn", "inputs", "problem"),
    [
        (REMOTE, {"create": "true"}, "connection"),
        (REMOTE, {"connection": {"port": 22.0}}, "connection.host"),
        (COPY, {"connection": {"host": "h"}, "source": {SIGNATURE: ASSET, "uri": "u"}}, "source"),
        (REMOTE, {"connection": {"host": UNKNOWN}}, None),
        (REMOTE, {"connection": UNKNOWN}, None),
        (COPY, {"connection": {"host": "h"}, "source": UNKNOWN}, None),
        (LOCAL, {"create": "true"}, None),
    ],
)
def test_check_names_the_property(plugin: Client, urn: str, inputs: Properties, problem: str | None) -> None:
    answer = plugin.check(urn, inputs)
    assert [failure.property for failure in answer.failures] == ([problem] if problem else [])


def test_the_connection_is_always_recorded_as_a_secret(plugin: Client) -> None:
    answer = plugin.check(REMOTE, {"connection": {"host": "h", "privateKey": "k"}})
    assert is_secret(decode(answer.inputs)["connection"])


def test_a_copy_is_made_again_only_for_a_new_content_or_place(
    plugin: Client, connection: dict[str, Any], ssh_server: Any
) -> None:
    inputs = {
        "connection": secret(connection),
        "source": {SIGNATURE: ASSET, "text": "one", "hash": "1"},
        "remotePath": "/f",
    }
    state = plugin.create(COPY, inputs)
    (ssh_server.root / "f").write_text("touched")
    plugin.update(COPY, state, inputs | {"connection": secret(connection | {"perDialTimeout": 5.0})})
    assert (ssh_server.root / "f").read_text() == "touched"
    plugin.update(COPY, state, inputs | {"source": {SIGNATURE: ASSET, "text": "two", "hash": "2"}})
    assert (ssh_server.root / "f").read_text() == "two"


def test_cancel_ends_what_runs(plugin: Client, tmp_path: Path) -> None:
    with futures.ThreadPoolExecutor() as pool:
        run = pool.submit(plugin.create, LOCAL, {"create": f"touch {tmp_path}/begun; sleep 60"})
        pause = threading.Event()
        while not (tmp_path / "begun").exists():
            pause.wait(0.02)
        plugin.servicer.Cancel(None, None)
        with pytest.raises(grpc.RpcError, match="cancelled"):
            run.result()


def test_the_function_run_returns_the_output(plugin: Client) -> None:
    request = proto.InvokeRequest(tok="command:local:run", args=encode({"command": "echo hi"}))
    answer = decode(getattr(plugin.stub.Invoke(request), "return"))
    assert answer == {"command": "echo hi", "stdout": "hi", "stderr": ""}


@pytest.mark.parametrize("urn", ["urn:pulumi:dev::p::command:remote:Nothing::name"])
def test_unknown_types_are_named(plugin: Client, urn: str) -> None:
    with pytest.raises(grpc.RpcError, match="command:remote:Nothing does not exist"):
        plugin.create(urn, {})
