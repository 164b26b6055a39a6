"""Where things lie in the checkout, and which versions belong together."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
TOOLS = ROOT / ".tools"
BIN = TOOLS / "bin"
BUILT_PLUGINS = TOOLS / "plugins"
STAMPS = TOOLS / "stamps"
LOGS = TOOLS / "logs"
GO_CACHES = TOOLS / "go"
VENV = ROOT / ".venv"
PULUMI_HOME = ROOT / ".pulumi-home"
STATE = ROOT / ".pulumi-state"
SECRETS = ROOT / ".secrets"
PASSPHRASE_FILE = SECRETS / "dev-backend-passphrase"
REQUIREMENTS = (ROOT / "requirements.txt", ROOT / "requirements-dev.txt")
#: The versions of what those bring in; requirements.txt names it.
CONSTRAINTS = ROOT / "constraints.txt"

PROJECT = "galera-swarm"
DEV_STACK = "dev"

#: The last release of the SDK module that still holds the Python language host.
LANGUAGE_HOST_VERSION = "3.79.0"


def pinned(package: str) -> str:
    """The version that requirements.txt pins for a Python package; the engine and the plugins follow it."""
    text = REQUIREMENTS[0].read_text()
    found = re.search(rf"^{re.escape(package)}==(\S+)$", text, re.MULTILINE)
    if found is None:
        message = f"requirements.txt pins no version of {package}"
        raise LookupError(message)
    return found.group(1)


def engine_version() -> str:
    """The engine's version: that of the Python SDK."""
    return pinned("pulumi")


def plugin_versions() -> dict[str, str]:
    """The plugins of the program and their versions: those of their Python SDKs."""
    return {name: pinned(f"pulumi-{name}") for name in ("docker", "command")}


def stack_config(stack: str) -> Path:
    """The config file of a stack."""
    return ROOT / f"Pulumi.{stack}.yaml"
