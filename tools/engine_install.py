"""The Pulumi engine and its Python language host: one on PATH that is new enough, else the official release,
else built from Go modules."""

import functools
import os
import re
import shutil
import subprocess
import urllib.error
import urllib.request
from pathlib import Path

from tools.checkout import BIN, LANGUAGE_HOST_VERSION, ROOT, TOOLS, engine_version
from tools.errors import ToolError
from tools.go_modules import build, module_directory, require_go
from tools.steps import Step, fingerprint, logged

ENGINE = "pulumi"
LANGUAGE_HOST = "pulumi-language-python"
#: Scripts that the language host and dynamic resources start.
COMPANIONS = ("pulumi-language-python-exec", "pulumi-resource-pulumi-python")
_INSTALLER = "https://get.pulumi.com"
_REACHABLE_SECONDS = 4
_ENGINE_MODULE = ROOT / "tools" / "engine"
_LANGUAGE_MODULE = ROOT / "tools" / "language_python"
_VERSION_VARIABLE = "github.com/pulumi/pulumi/sdk/v3/go/common/version.Version"


def step() -> Step:
    """Have an engine with everything that a Python program needs."""
    return Step(
        name="engine",
        what=f"Pulumi engine {engine_version()}",
        usual_seconds=210,
        key=lambda: fingerprint(engine_version(), _ENGINE_MODULE / "go.sum", _LANGUAGE_MODULE / "go.sum"),
        present=lambda: _complete(BIN) or usable_on_path() is not None,
        run=_install,
        needs=_require_a_source,
    )


def usable_on_path() -> Path | None:
    """The directory on PATH whose `pulumi` is new enough and has all its companions, outside the checkout."""
    for entry in os.environ.get("PATH", os.defpath).split(os.pathsep):
        directory = Path(entry) if entry else None
        if directory is None or directory.resolve() == BIN or not _complete(directory):
            continue
        done = subprocess.run(
            [str(directory / ENGINE), "version"], capture_output=True, text=True, check=False
        )
        if is_new_enough(done.stdout, engine_version()):
            return directory
    return None


def is_new_enough(found: str, wanted: str) -> bool:
    """Whether a version is of the same major release as the wanted one, and not older."""
    return _numbers(found)[:1] == _numbers(wanted)[:1] and _numbers(found) >= _numbers(wanted)


@functools.cache
def reachable(url: str) -> bool:
    """Whether a server answers within a few seconds, whatever it says."""
    try:
        with urllib.request.urlopen(url, timeout=_REACHABLE_SECONDS):  # noqa: S310 - constants of ours only
            return True
    except urllib.error.HTTPError as exc:
        return exc.code < 500 and exc.code not in {403, 407}
    except (TimeoutError, OSError):
        return False


def _numbers(version: str) -> tuple[int, ...]:
    found = re.search(r"(\d+)\.(\d+)\.(\d+)", version)
    return tuple(int(number) for number in found.groups()) if found else ()


def _complete(directory: Path) -> bool:
    return all(os.access(directory / name, os.X_OK) for name in (ENGINE, LANGUAGE_HOST, *COMPANIONS))


def _install() -> str:
    found = usable_on_path()
    if found is not None:
        return f"the one in {found} is new enough"
    if reachable(_INSTALLER):
        try:
            return _run_installer()
        except (ToolError, OSError):
            # The release could not be had from here after all; its log stays, and the build is the way left.
            pass
    return _build()


def _require_a_source() -> None:
    if usable_on_path() is None and not reachable(_INSTALLER):
        require_go()


def _run_installer() -> str:
    target = TOOLS / "released"
    script = TOOLS / "get-pulumi.sh"
    with urllib.request.urlopen(_INSTALLER, timeout=30) as answer:
        script.write_bytes(answer.read())
    logged(
        "engine",
        *("sh", str(script), "--version", engine_version(), "--install-root", str(target), "--no-edit-path"),
    )
    BIN.mkdir(parents=True, exist_ok=True)
    for program in (target / "bin").iterdir():
        shutil.move(str(program), str(BIN / program.name))
    shutil.rmtree(target)
    return "the official release"


def _build() -> str:
    version = f"-X {_VERSION_VARIABLE}=v{engine_version()}"
    build("engine", _ENGINE_MODULE, "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi", BIN / ENGINE, version)
    host_version = f"-X {_VERSION_VARIABLE}=v{LANGUAGE_HOST_VERSION}"
    host_package = "github.com/pulumi/pulumi/sdk/v3/python/cmd/pulumi-language-python"
    build("engine", _LANGUAGE_MODULE, host_package, BIN / LANGUAGE_HOST, host_version)
    source = module_directory(_ENGINE_MODULE, "github.com/pulumi/pulumi/sdk/v3") / "python"
    for place, name in zip(("cmd", "dist"), COMPANIONS, strict=True):
        shutil.copyfile(source / place / name, BIN / name)
        (BIN / name).chmod(0o755)
    return "built from its Go modules"
