"""Runs one command on this machine, and gathers the files it is asked to hand on."""

from __future__ import annotations

import codecs
import fnmatch
import os
import signal
import subprocess
import threading
from pathlib import Path
from typing import IO, Any

from tools.plugins.command.cancellation import Cancellation
from tools.plugins.command.errors import CommandError
from tools.plugins.command.output import Capture, Stream
from tools.plugins.command.values import ARCHIVE, ASSET, SIGNATURE, Properties

_CHUNK_BYTES = 65536


def run(
    command: str,
    properties: Properties,
    previous: dict[str, str],
    capture: Capture,
    cancellation: Cancellation,
) -> None:
    """Run `command` with the revealed properties of a `command:local:Command`, and wait for its end.

    `previous` is the environment that carries the last run's output. Raises CommandError when the command
    cannot be started or fails.
    """
    interpreter = properties.get("interpreter") or ["/bin/sh", "-c"]
    environment = os.environ | {
        name: str(value) for name, value in {**(properties.get("environment") or {}), **previous}.items()
    }
    try:
        process = subprocess.Popen(
            [*interpreter, command],
            cwd=properties.get("dir"),
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )
    except OSError as exc:
        message = f"the local command cannot be started: {exc}"
        raise CommandError(message) from exc
    with cancellation.interrupting(lambda: _end_group(process)):
        status = _communicate(process, properties.get("stdin") or "", capture)
    if cancellation.requested and status != 0:
        message = "the local command was cancelled"
        raise CommandError(message)
    if status != 0:
        message = f"the local command exited with status {status}"
        raise CommandError(message)


def gather(properties: Properties) -> Properties:
    """The outputs `assets` and `archive`: the files below `dir` that `assetPaths` and `archivePaths` name as
    globs. A glob that begins with `!` takes files away again; the order of the globs counts."""
    directory = Path(properties.get("dir") or ".")
    outputs: Properties = {}
    if properties.get("assetPaths"):
        outputs["assets"] = _assets(directory, properties["assetPaths"])
    if properties.get("archivePaths"):
        assets = _assets(directory, properties["archivePaths"])
        outputs["archive"] = {SIGNATURE: ARCHIVE, "assets": assets}
    return outputs


def _assets(directory: Path, globs: list[str]) -> dict[str, Any]:
    files = sorted(path.relative_to(directory).as_posix() for path in directory.rglob("*") if path.is_file())
    chosen: dict[str, Any] = {}
    for name in files:
        wanted = False
        for pattern in globs:
            if _matches(name, pattern.removeprefix("!")):
                wanted = not pattern.startswith("!")
        if wanted:
            chosen[name] = {SIGNATURE: ASSET, "path": str(directory / name)}
    return chosen


def _matches(name: str, pattern: str) -> bool:
    """Whether a glob fits a path: `*` stays within one directory, `**` crosses them."""
    names, patterns = name.split("/"), pattern.split("/")
    if not patterns:
        return not names
    return _matches_parts(tuple(names), tuple(patterns))


def _matches_parts(names: tuple[str, ...], patterns: tuple[str, ...]) -> bool:
    if not patterns:
        return not names
    if patterns[0] == "**":
        return any(_matches_parts(names[skip:], patterns[1:]) for skip in range(len(names) + 1))
    return (
        bool(names) and fnmatch.fnmatchcase(names[0], patterns[0]) and _matches_parts(names[1:], patterns[1:])
    )


def _communicate(process: subprocess.Popen[bytes], stdin: str, capture: Capture) -> int:
    pipes: list[tuple[IO[bytes] | None, Stream]] = [(process.stdout, "stdout"), (process.stderr, "stderr")]
    threads = [threading.Thread(target=_feed, args=(process.stdin, stdin), daemon=True)]
    threads += [threading.Thread(target=_drain, args=(*pipe, capture), daemon=True) for pipe in pipes]
    for thread in threads:
        thread.start()
    for thread in threads[1:]:
        thread.join()
    return process.wait()


def _feed(pipe: IO[bytes] | None, stdin: str) -> None:
    if pipe is None:
        return
    try:
        with pipe:
            pipe.write(stdin.encode())
    except BrokenPipeError:
        # The command ended before reading all of its input, which is its right.
        return


def _drain(pipe: IO[bytes] | None, stream: Stream, capture: Capture) -> None:
    if pipe is None:
        return
    decoder = codecs.getincrementaldecoder("utf-8")(errors="replace")
    with pipe:
        while chunk := os.read(pipe.fileno(), _CHUNK_BYTES):
            capture.write(stream, decoder.decode(chunk))
    capture.write(stream, decoder.decode(b"", final=True))


def _end_group(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGTERM)
