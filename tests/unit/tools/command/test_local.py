"""Commands on this machine."""

import threading
import time
from pathlib import Path
from typing import Any

import pytest

from tools.plugins.command.cancellation import Cancellation
from tools.plugins.command.errors import CommandError
from tools.plugins.command.local import gather, run
from tools.plugins.command.output import Capture


def outcome(command: str, previous: dict[str, str] | None = None, **properties: Any) -> Capture:
    capture = Capture(lambda _line: None, ())
    run(command, properties, previous or {}, capture, Cancellation())
    return capture


def test_both_streams_are_kept_apart() -> None:
    capture = outcome("echo out; echo err >&2")
    assert (capture.text("stdout"), capture.text("stderr")) == ("out", "err")


def test_stdin_environment_directory_and_previous_output_reach_the_command(tmp_path: Path) -> None:
    capture = outcome(
        'cat; echo "$A $PULUMI_COMMAND_STDOUT"; pwd',
        {"PULUMI_COMMAND_STDOUT": "before"},
        stdin="in\n",
        environment={"A": "1"},
        dir=str(tmp_path),
    )
    assert capture.text("stdout") == f"in\n1 before\n{tmp_path}"


def test_a_command_that_ignores_a_large_stdin_still_ends() -> None:
    assert outcome("echo done", stdin="x" * 1_000_000).text("stdout") == "done"


def test_large_input_and_output_flow_at_the_same_time() -> None:
    text = "line of text\n" * 50_000
    assert outcome("cat", stdin=text).text("stdout") == text.removesuffix("\n")


def test_the_interpreter_can_be_chosen() -> None:
    assert outcome("print(6 * 7)", interpreter=["python3", "-c"]).text("stdout") == "42"


def test_output_that_is_no_utf8_is_kept_readable() -> None:
    assert outcome(r"printf 'a\377b'").text("stdout") == "a\N{REPLACEMENT CHARACTER}b"


def test_a_failure_names_the_status() -> None:
    with pytest.raises(CommandError, match="exited with status 3"):
        outcome("exit 3")


def test_a_missing_interpreter_is_named() -> None:
    with pytest.raises(CommandError, match=r"cannot be started.*no-such-program"):
        outcome("true", interpreter=["no-such-program"])


def test_cancelling_ends_the_command_and_its_children() -> None:
    cancellation = Cancellation()
    capture = Capture(lambda _line: cancellation.request(), {"stdout"})
    begun = time.monotonic()
    with pytest.raises(CommandError, match="cancelled"):
        run("echo started; sleep 60 & wait", {}, {}, capture, cancellation)
    assert time.monotonic() - begun < 30
    assert threading.active_count() < 50


def test_a_cancelled_plugin_starts_nothing_that_lasts() -> None:
    cancellation = Cancellation()
    cancellation.request()
    with pytest.raises(CommandError, match="cancelled"):
        run("sleep 60", {}, {}, Capture(lambda _line: None, ()), cancellation)


@pytest.mark.parametrize(
    ("globs", "names"),
    [
        (["*.txt"], {"a.txt"}),
        (["**/*.txt"], {"a.txt", "sub/b.txt", "sub/deep/c.txt"}),
        (["sub/**"], {"sub/b.txt", "sub/d.log", "sub/deep/c.txt"}),
        (["**", "!**/*.txt"], {"sub/d.log"}),
        (["!**/*.txt", "a.*"], {"a.txt"}),
        (["nothing"], set()),
    ],
)
def test_globs_choose_assets(tmp_path: Path, globs: list[str], names: set[str]) -> None:
    for name in ("a.txt", "sub/b.txt", "sub/d.log", "sub/deep/c.txt"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(name)
    outputs = gather({"dir": str(tmp_path), "assetPaths": globs, "archivePaths": globs})
    assert set(outputs["assets"]) == names
    assert outputs["archive"]["assets"] == outputs["assets"]
    assert all(Path(asset["path"]).read_text() == name for name, asset in outputs["assets"].items())


def test_without_globs_there_are_no_assets() -> None:
    assert gather({}) == {}
