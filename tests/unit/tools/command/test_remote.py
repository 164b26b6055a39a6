"""Commands and copies on a server over SSH."""

import threading
import time
from pathlib import Path
from typing import Any

import paramiko
import pytest

from tests.unit.tools.command.fake_ssh import FakeSshServer
from tools.plugins.command.cancellation import Cancellation
from tools.plugins.command.copying import copy, source_problem
from tools.plugins.command.errors import CommandError
from tools.plugins.command.output import Capture
from tools.plugins.command.remote import run
from tools.plugins.command.values import ARCHIVE, ASSET, SIGNATURE


def outcome(command: str, connection: dict[str, Any], previous: Any = None, **properties: Any) -> Capture:
    capture = Capture(lambda _line: None, ())
    run(command, {"connection": connection, **properties}, previous or {}, capture, Cancellation())
    return capture


def test_streams_stdin_and_environment_reach_the_command(connection: dict[str, Any]) -> None:
    capture = outcome(
        'cat; echo "$A/$PULUMI_COMMAND_STDOUT"; echo err >&2',
        connection,
        {"PULUMI_COMMAND_STDOUT": "before"},
        stdin="in\n",
        environment={"A": "1"},
    )
    assert (capture.text("stdout"), capture.text("stderr")) == ("in\n1/before", "err")


def test_a_password_opens_the_door_too(connection: dict[str, Any], ssh_server: FakeSshServer) -> None:
    del connection["privateKey"]
    assert outcome("echo in", connection | {"password": ssh_server.password}).text("stdout") == "in"


def test_large_input_and_output_flow_at_the_same_time(connection: dict[str, Any]) -> None:
    text = "line of text\n" * 30_000
    assert outcome("cat", connection, stdin=text).text("stdout") == text.removesuffix("\n")


def test_a_failure_names_host_and_status(connection: dict[str, Any]) -> None:
    with pytest.raises(CommandError, match=r"on 127\.0\.0\.1 exited with status 4"):
        outcome("exit 4", connection)


def test_dialling_is_tried_again_until_the_limit(
    connection: dict[str, Any], ssh_server: FakeSshServer
) -> None:
    ssh_server.refuse = 2
    assert outcome("echo third time", connection).text("stdout") == "third time"
    assert ssh_server.connections == 3


def test_the_dial_limit_is_the_end(connection: dict[str, Any], ssh_server: FakeSshServer) -> None:
    ssh_server.refuse = 100
    with pytest.raises(CommandError, match="after 3 attempts"):
        outcome("true", connection)
    assert ssh_server.connections == 3
    assert ssh_server.commands == []


def test_a_wrong_host_key_ends_it_at_once(connection: dict[str, Any], ssh_server: FakeSshServer) -> None:
    other = paramiko.ECDSAKey.generate()
    wrong = connection | {"hostKey": f"{other.get_name()} {other.get_base64()}"}
    with pytest.raises(CommandError, match="another host key"):
        outcome("true", wrong)
    assert (ssh_server.connections, ssh_server.commands) == (1, [])


def test_a_host_key_may_carry_a_comment_or_a_host_name(
    connection: dict[str, Any], ssh_server: FakeSshServer
) -> None:
    for text in (f"{ssh_server.public_host_key} root@node\n", f"10.0.0.1 {ssh_server.public_host_key}"):
        assert outcome("echo in", connection | {"hostKey": text}).text("stdout") == "in"


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"privateKey": "no key at all"}, "cannot be read"),
        ({"hostKey": "something"}, "must be a public key"),
        ({"privateKey": None, "password": "wrong-pass"}, "after 3 attempts"),
    ],
)
def test_bad_credentials_are_named_and_not_shown(
    connection: dict[str, Any], change: dict[str, Any], problem: str
) -> None:
    with pytest.raises(CommandError, match=problem) as caught:
        outcome("true", connection | change)
    assert "PRIVATE KEY" not in str(caught.value)
    assert "wrong-pass" not in str(caught.value)


def test_a_lost_connection_is_a_failure(connection: dict[str, Any], ssh_server: FakeSshServer) -> None:
    capture = Capture(lambda _line: ssh_server.drop_connections(), {"stdout"})
    with pytest.raises(CommandError, match=r"without an exit status|was lost"):
        run("echo begun; sleep 60", {"connection": connection}, {}, capture, Cancellation())


def test_cancelling_ends_a_running_command(connection: dict[str, Any]) -> None:
    cancellation = Cancellation()
    capture = Capture(lambda _line: cancellation.request(), {"stdout"})
    with pytest.raises(CommandError, match="cancelled"):
        run("echo begun; sleep 60", {"connection": connection}, {}, capture, cancellation)


def test_cancelling_ends_dialling(connection: dict[str, Any], ssh_server: FakeSshServer) -> None:
    ssh_server.refuse = 10_000
    cancellation = Cancellation()
    threading.Timer(0.2, cancellation.request).start()
    begun = time.monotonic()
    endless = {"connection": connection | {"dialErrorLimit": -1.0}}
    with pytest.raises(CommandError, match="cancelled"):
        run("true", endless, {}, Capture(lambda _line: None, ()), cancellation)
    assert time.monotonic() - begun < 20


@pytest.fixture
def source(tmp_path: Path) -> Path:
    directory = tmp_path / "src"
    (directory / "deep").mkdir(parents=True)
    (directory / "a.txt").write_text("a")
    (directory / "deep" / "b.txt").write_text("b")
    return directory


@pytest.mark.parametrize(
    ("what", "destination", "files"),
    [
        ({SIGNATURE: ASSET, "text": "hello"}, "/new/dir/file", {"new/dir/file": "hello"}),
        ({SIGNATURE: ASSET, "path": "a.txt"}, "/copy.txt", {"copy.txt": "a"}),
        ({SIGNATURE: ASSET, "path": "a.txt"}, "/there", {"there/a.txt": "a"}),
        ({SIGNATURE: ARCHIVE, "path": ""}, "/there", {"there/src/a.txt": "a", "there/src/deep/b.txt": "b"}),
        ({SIGNATURE: ARCHIVE, "path": "/"}, "/there", {"there/a.txt": "a", "there/deep/b.txt": "b"}),
        ({SIGNATURE: ARCHIVE, "path": ""}, "/new", {"new/src/a.txt": "a", "new/src/deep/b.txt": "b"}),
    ],
)
def test_copies_land_where_the_published_rules_say(
    connection: dict[str, Any],
    ssh_server: FakeSshServer,
    source: Path,
    what: dict[str, str],
    destination: str,
    files: dict[str, str],
) -> None:
    (ssh_server.root / "there").mkdir()
    if "path" in what:
        base = str(source)
        what = what | {"path": base + what["path"] if what["path"] in {"", "/"} else f"{base}/{what['path']}"}
    copy({"connection": connection, "source": what, "remotePath": destination}, Cancellation())
    found = {
        str(path.relative_to(ssh_server.root)): path.read_text()
        for path in ssh_server.root.rglob("*")
        if path.is_file()
    }
    assert found == files


def test_a_text_cannot_replace_a_directory(connection: dict[str, Any], ssh_server: FakeSshServer) -> None:
    (ssh_server.root / "there").mkdir()
    properties = {
        "connection": connection,
        "source": {SIGNATURE: ASSET, "text": "x"},
        "remotePath": "/there",
    }
    with pytest.raises(CommandError, match="/there is a directory"):
        copy(properties, Cancellation())


def test_a_missing_local_file_is_named(connection: dict[str, Any]) -> None:
    properties = {"connection": connection, "localPath": "/no/such/file", "remotePath": "/x"}
    with pytest.raises(CommandError, match="/no/such/file"):
        copy(properties, Cancellation())


@pytest.mark.parametrize(
    ("source", "fits"),
    [
        ({SIGNATURE: ASSET, "path": "/x"}, True),
        ({SIGNATURE: ASSET, "text": ""}, True),
        ({SIGNATURE: ARCHIVE, "path": "/x"}, True),
        ({SIGNATURE: ASSET, "uri": "https://x"}, False),
        ({SIGNATURE: ARCHIVE, "assets": {}}, False),
        ("text", False),
        (None, False),
    ],
)
def test_only_files_texts_and_paths_can_be_copied(source: Any, fits: bool) -> None:
    assert (source_problem(source) is None) is fits
