"""The way to a deployed stack: its outputs, and the SSH doors of its servers."""

import json
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from operations.errors import OperationError
from providers.ssh import Target

ROOT = Path(__file__).resolve().parent.parent


def outputs_of(stack: str) -> dict[str, Any]:
    """The stack's outputs, without secrets. Raises OperationError when nothing is deployed."""
    asked = subprocess.run(
        ["pulumi", "stack", "output", "--json", "--stack", stack],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if asked.returncode != 0:
        message = f"the engine cannot tell the outputs of stack {stack}: {asked.stderr.strip()}"
        raise OperationError(message)
    outputs: dict[str, Any] = json.loads(asked.stdout)
    if "access" not in outputs:
        message = f"stack {stack}: nothing is deployed; make up does that"
        raise OperationError(message)
    return outputs


def doors(outputs: Mapping[str, Any]) -> dict[str, Target]:
    """How each server is reached, by its hostname, in the order of the stack."""
    access = outputs["access"]
    private_key = (ROOT / access["keyFile"]).read_text()
    return {
        host["hostname"]: Target(host=host["address"], host_key=host["hostKey"], private_key=private_key)
        for host in access["hosts"]
    }
