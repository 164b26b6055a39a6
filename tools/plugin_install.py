"""The engine's plugins for Docker and commands: the published ones where they can be downloaded, else those
of tools/plugins, installed into the checkout's own PULUMI_HOME."""

import shlex
import shutil

from tools.checkout import BUILT_PLUGINS, PULUMI_HOME, ROOT, VENV, plugin_versions
from tools.engine_install import reachable
from tools.environment import engine_environment
from tools.errors import ToolError
from tools.go_modules import build, require_go
from tools.steps import Step, fingerprint, logged

_SOURCES = ("https://get.pulumi.com", "https://api.github.com")
_DOCKER_MODULE = ROOT / "tools" / "plugins" / "docker"
_COMMAND_ENTRY = ROOT / "tools" / "plugins" / "command" / "__main__.py"


def step() -> Step:
    """Have both plugins where the engine looks for them."""
    return Step(
        name="plugins",
        what="Pulumi plugins " + " and ".join(f"{name} {version}" for name, version in _wanted()),
        usual_seconds=100,
        key=lambda: fingerprint(
            str(ROOT), repr(_wanted()), _DOCKER_MODULE / "go.sum", _DOCKER_MODULE / "main.go"
        ),
        present=_present,
        run=_install,
        needs=lambda: None if _downloadable() else require_go(),
    )


def _wanted() -> list[tuple[str, str]]:
    return sorted(plugin_versions().items())


def _present() -> bool:
    return all(
        (PULUMI_HOME / "plugins" / f"resource-{name}-v{version}" / f"pulumi-resource-{name}").exists()
        for name, version in _wanted()
    )


def _downloadable() -> bool:
    return all(reachable(source) for source in _SOURCES)


def _install() -> str:
    if _downloadable():
        try:
            for name, version in _wanted():
                _engine("plugin", "install", "resource", name, version, "--reinstall")
        except ToolError:
            # Not to be had from here after all; its log stays, and ours are the way left.
            pass
        else:
            return "the published ones"
    _build_docker(dict(_wanted())["docker"])
    _wrap_command()
    for name, version in _wanted():
        directory = str(BUILT_PLUGINS / name)
        _engine("plugin", "install", "resource", name, version, "--file", directory, "--reinstall")
    return "those of tools/plugins, since the published ones cannot be downloaded here"


def _engine(*words: str) -> None:
    logged("plugins", "pulumi", *words, env=engine_environment())


def _build_docker(version: str) -> None:
    output = BUILT_PLUGINS / "docker" / "pulumi-resource-docker"
    build("plugins", _DOCKER_MODULE, ".", output, f"-X main.version={version}")


def _wrap_command() -> None:
    """The plugin is a Python program of this checkout; what the engine starts is a line that names it."""
    directory = BUILT_PLUGINS / "command"
    shutil.rmtree(directory, ignore_errors=True)
    directory.mkdir(parents=True)
    script = directory / "pulumi-resource-command"
    python, entry = shlex.quote(str(VENV / "bin" / "python")), shlex.quote(str(_COMMAND_ENTRY))
    script.write_text(f'#!/bin/sh\nexec {python} {entry} "$@"\n')
    script.chmod(0o755)
