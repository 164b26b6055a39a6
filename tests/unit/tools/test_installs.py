"""Where engine and plugins come from: what is published first, ours only where it cannot be had."""

import urllib.error
from pathlib import Path
from typing import Any

import pytest

from tools import engine_install, plugin_install
from tools.errors import ToolError


class FakeWorld:
    """What can be had from here, and what was done to get it."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        self.on_path: Path | None = None
        self.is_reachable, self.trouble = True, None  # type: bool, Exception | None
        self.done: list[str] = []
        self.engine_words: list[tuple[str, ...]] = []
        monkeypatch.setattr(engine_install, "usable_on_path", lambda: self.on_path)
        monkeypatch.setattr(engine_install, "reachable", lambda _url: self.is_reachable)
        monkeypatch.setattr(engine_install, "_run_installer", lambda: self._released("the official release"))
        monkeypatch.setattr(engine_install, "_build", lambda: self._noted("built"))
        monkeypatch.setattr(engine_install, "require_go", lambda: self._noted("asked for Go"))
        monkeypatch.setattr(plugin_install, "reachable", lambda _url: self.is_reachable)
        monkeypatch.setattr(plugin_install, "require_go", lambda: self._noted("asked for Go"))
        monkeypatch.setattr(plugin_install, "build", lambda *_: self._noted("built"))
        monkeypatch.setattr(plugin_install, "BUILT_PLUGINS", tmp_path)
        monkeypatch.setattr(plugin_install, "_engine", self._engine)

    def _noted(self, what: str) -> str:
        self.done.append(what)
        return what

    def _released(self, what: str) -> str:
        if self.trouble is not None:
            raise self.trouble
        return self._noted(what)

    def _engine(self, *words: str) -> None:
        if self.trouble is not None and "--file" not in words:
            raise self.trouble
        self.engine_words.append(words)


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> FakeWorld:
    return FakeWorld(monkeypatch, tmp_path)


BROKEN = [ToolError("the script failed"), urllib.error.URLError("cut off"), TimeoutError("slow")]


@pytest.mark.parametrize(
    ("on_path", "is_reachable", "trouble", "done"),
    [
        (Path("/opt/pulumi"), True, None, []),
        (None, True, None, ["the official release"]),
        *((None, True, trouble, ["built"]) for trouble in BROKEN),
        (None, False, None, ["built"]),
    ],
)
def test_the_engine(
    world: FakeWorld, on_path: Path | None, is_reachable: bool, trouble: Exception | None, done: list[str]
) -> None:
    world.on_path, world.is_reachable, world.trouble = on_path, is_reachable, trouble
    assert engine_install._install()
    assert world.done == done


@pytest.mark.parametrize(
    ("on_path", "is_reachable", "asked"),
    [(None, False, True), (None, True, False), (Path("/opt/pulumi"), False, False)],
)
def test_go_is_asked_for_only_where_the_engine_has_to_be_built(
    world: FakeWorld, on_path: Path | None, is_reachable: bool, asked: bool
) -> None:
    world.on_path, world.is_reachable = on_path, is_reachable
    needs = engine_install.step().needs
    assert needs is not None
    needs()
    assert (world.done == ["asked for Go"]) is asked


def installed(words: list[tuple[str, ...]]) -> dict[str, Any]:
    return {name: "--file" in more for _, _, _, name, _, *more in words}


@pytest.mark.parametrize(
    ("is_reachable", "trouble", "ours"),
    [(True, None, False), (True, ToolError("rate limit"), True), (False, None, True)],
)
def test_the_plugins(world: FakeWorld, is_reachable: bool, trouble: Exception | None, ours: bool) -> None:
    world.is_reachable, world.trouble = is_reachable, trouble
    said = plugin_install._install()
    assert installed(world.engine_words) == {"command": ours, "docker": ours}
    assert world.done == (["built"] if ours else [])
    assert ("tools/plugins" in said) is ours


def test_our_command_plugin_is_started_by_name_and_place(world: FakeWorld, tmp_path: Path) -> None:
    world.is_reachable = False
    plugin_install._install()
    script = tmp_path / "command" / "pulumi-resource-command"
    assert script.stat().st_mode & 0o111
    head, line = script.read_text().splitlines()
    assert head == "#!/bin/sh"
    assert line.startswith("exec ")
    assert line.endswith('tools/plugins/command/__main__.py "$@"')
