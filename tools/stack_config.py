"""The config file that the engine is given for a stack whose state is in the checkout.

The engine writes the salt of the stack's encryption into the config file. Pulumi.dev.yaml is shared by
everybody, the passphrase is not: so the engine works on a copy beside the state, which is made anew from the
shared file for each run and keeps only its own salt.
"""

import os
import re
from pathlib import Path

from tools.checkout import ROOT, STATE, stack_config
from tools.errors import ToolError

DIRECTORY = STATE / "config"
_ENCRYPTION = re.compile(r"^(encryptionsalt|encryptedkey|secretsprovider):[^\n]*\n?", re.MULTILINE)


def effective_config(stack: str) -> Path:
    """The engine's copy of a stack's config, brought up to date. Raises ToolError when the stack has none."""
    shared, copy = stack_config(stack), DIRECTORY / f"Pulumi.{stack}.yaml"
    if not shared.exists():
        message = f"the stack {stack} has no config: there is no {shared.name}"
        raise ToolError(message, f"cp Pulumi.prod.yaml.example {shared.name}, then fill it in")
    text = with_encryption_of(copy.read_text() if copy.exists() else "", shared.read_text())
    project_directory()
    _write(copy, text)
    return copy


def project_directory() -> Path:
    """The directory of the copies. The engine takes it for the project's own, so a stack that is made here
    leaves no trace of its encryption in the shared files."""
    DIRECTORY.mkdir(parents=True, exist_ok=True)
    _write(DIRECTORY / "Pulumi.yaml", (ROOT / "Pulumi.yaml").read_text())
    return DIRECTORY


def with_encryption_of(before: str, shared: str) -> str:
    """The shared config with the encryption lines of the copy before; with its own where it has some."""
    if _ENCRYPTION.search(shared):
        return shared
    lines = [found.group(0).rstrip("\n") + "\n" for found in _ENCRYPTION.finditer(before)]
    return "".join(lines) + shared


def _write(file: Path, text: str) -> None:
    if not file.exists() or file.read_text() != text:
        unfinished = file.with_suffix(f".{os.getpid()}")
        unfinished.write_text(text)
        unfinished.replace(file)
