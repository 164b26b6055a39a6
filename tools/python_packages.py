"""The virtual environment of the checkout, with the program's and the developers' packages."""

import shutil
import subprocess
import sys
from importlib.util import find_spec

from tools.checkout import CONSTRAINTS, REQUIREMENTS, ROOT, VENV
from tools.errors import ToolError
from tools.packages import can_install
from tools.steps import Step, fingerprint, logged


def step() -> Step:
    """Make `.venv` hold exactly what the requirements files and the constraints pin."""
    return Step(
        name="venv",
        what="Python packages into .venv",
        usual_seconds=60,
        key=lambda: fingerprint(str(ROOT), *REQUIREMENTS, CONSTRAINTS),
        present=lambda: all((VENV / "bin" / name).exists() for name in ("python", "slcli", "ruff")),
        run=_install,
    )


def _install() -> str:
    if not _usable():
        _create()
    python = str(VENV / "bin" / "python")
    # The developers' file includes the program's, and that one the constraints.
    logged("venv", python, "-m", "pip", "install", "--disable-pip-version-check", "-r", str(REQUIREMENTS[-1]))
    return f"{VENV.name} follows {' and '.join(path.name for path in REQUIREMENTS)}"


def _usable() -> bool:
    """Whether the environment works and was made for this place: its scripts hold absolute paths."""
    python, activate = VENV / "bin" / "python", VENV / "bin" / "activate"
    if not (python.exists() and activate.exists()) or str(VENV) not in activate.read_text():
        return False
    done = subprocess.run([str(python), "-m", "pip", "--version"], capture_output=True, check=False)
    return done.returncode == 0


def _create() -> None:
    _clear()
    if find_spec("ensurepip") is None:
        package = f"python{sys.version_info.major}.{sys.version_info.minor}-venv"
        if not can_install():
            message = "Python's venv module is not complete on this machine"
            raise ToolError(message, f"sudo apt-get install -y {package}")
        quiet = {"DEBIAN_FRONTEND": "noninteractive"}
        logged("venv", "apt-get", "update", "-q", env=quiet)
        logged("venv", "apt-get", "install", "-y", "-q", package, env=quiet)
    logged("venv", sys.executable, "-m", "venv", str(VENV))


def _clear() -> None:
    """Take away what is there. What a link leads to belongs to another checkout, and stays."""
    if VENV.is_symlink():
        VENV.unlink()
    elif VENV.exists():
        shutil.rmtree(VENV)
