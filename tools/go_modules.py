"""Builds programs from Go modules. Their go.mod and go.sum are in this repository; `go mod tidy` is not run,
since on these modules it downloads test dependencies for minutes."""

import os
import platform
import re
import shutil
import subprocess
from pathlib import Path

from tools.environment import go_caches
from tools.errors import ToolError
from tools.packages import candidate, install_command, missing
from tools.steps import logged

#: From this release on, Go fetches the toolchain that a go.mod asks for by itself.
_FIRST_SELF_UPDATING = (1, 21)
_ANNOUNCED = "1.25.11"
_OF_THE_DISTRIBUTION = "/usr/bin/go"
#: Modules are read-only otherwise, and `rm -rf` fails on the checkout. A variable GOFLAGS would take the
#: place of what the user has set with `go env -w`.
_MODULES = ("-mod=readonly", "-modcacherw")
#: What the linker leaves out at the end need not be compiled at all: an eighth of the time.
_NO_DEBUGGING = "-gcflags=all=-dwarf=false"
#: A compiler lives too short to collect garbage, while there is memory: a tenth of the time.
_UNCOLLECTED = {"GOGC": "off", "GOMEMLIMIT": "1GiB"}


def build(name: str, module: Path, package: str, output: Path, version_flags: str) -> None:
    """Build `package` of the module in directory `module` to the file `output`, which appears whole or not at
    all. `version_flags` are the linker's. Raises ToolError when Go is missing, too old, or fails."""
    require_go()
    output.parent.mkdir(parents=True, exist_ok=True)
    unfinished = output.with_name(f".{output.name}.unfinished")
    logged(
        name,
        *("go", "build", "-trimpath", *_MODULES, _NO_DEBUGGING, "-ldflags", f"-s -w {version_flags}"),
        *("-o", str(unfinished), package),
        cwd=module,
        env={**_environment(), **_UNCOLLECTED, "CGO_ENABLED": "0"},
    )
    unfinished.replace(output)


def module_directory(module: Path, path: str) -> Path:
    """Where Go keeps the downloaded source of the dependency `path` of the module in directory `module`."""
    require_go()
    done = subprocess.run(
        ["go", "list", *_MODULES, "-m", "-f", "{{.Dir}}", path],
        cwd=module,
        env={**os.environ, **_environment()},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0 or not done.stdout.strip():
        message = f"Go does not find the module {path}: {done.stderr.strip()}"
        raise ToolError(message)
    return Path(done.stdout.strip())


def require_go() -> None:
    """Raises ToolError, with the command that provides Go, when there is none or too old a one."""
    if shutil.which("go") is None:
        message = "neither a released Pulumi nor Go, which builds it, is to be had on this machine"
        raise ToolError(message, _install_go())
    text = subprocess.run(["go", "env", "GOVERSION"], capture_output=True, text=True, check=False).stdout
    if go_release(text) < _FIRST_SELF_UPDATING:
        message = f"Go {text.strip().removeprefix('go') or '(unknown)'} is too old to build the engine"
        raise ToolError(message, _install_go())


def go_release(text: str) -> tuple[int, ...]:
    """Major and minor number out of `go1.22.4`; zeros when the text is no version."""
    found = re.search(r"go(\d+)\.(\d+)", text)
    return tuple(int(number) for number in found.groups()) if found else (0, 0)


def _environment() -> dict[str, str]:
    return {"GOWORK": "off", **go_caches()}


def _install_go() -> str:
    """The command line that provides Go: the distribution's where that is new enough, else a download."""
    in_the_way = shutil.which("go") not in {None, _OF_THE_DISTRIBUTION}
    if not in_the_way and go_release(f"go{candidate('golang-go')}") >= _FIRST_SELF_UPDATING:
        return install_command(["go"])
    machine = {"x86_64": "amd64", "aarch64": "arm64"}.get(platform.machine(), platform.machine())
    archive = f"go{_ANNOUNCED}.{platform.system().lower()}-{machine}.tar.gz"
    sudo = "" if os.geteuid() == 0 else "sudo "
    downloader = f"{install_command(['curl'])} && " if missing(["curl"]) else ""
    return (
        f"{downloader}curl -fsSL https://go.dev/dl/{archive} | {sudo}tar -C /usr/local -xz"
        " && export PATH=/usr/local/go/bin:$PATH"
    )
