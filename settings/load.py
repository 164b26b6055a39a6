"""Reading the stack configuration inside a Pulumi program."""

import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pulumi
from pulumi.runtime.config import CONFIG, get_config_env, is_config_secret

from settings.checks import Check
from settings.model import Settings
from settings.parse import parse
from settings.problems import NAMESPACE, report
from settings.stack_file import encrypted_keys


def load(stack: str, *, root: Path, further: Sequence[Check] = ()) -> Settings:
    """The checked configuration of the stack that the engine is running; `further` as in `parse`.

    Raises `pulumi.RunError` with one message that lists every problem; nothing has been touched by then.
    Secrets are `pydantic.SecretStr` in the result: wrap their values with `pulumi.Output.secret` where they
    enter a resource.
    """
    raw = _read_all()
    secret_keys = _secret_keys(raw, stack, root)
    outcome = parse(raw, stack, root, environ=os.environ, secret_keys=secret_keys, further=further)
    if isinstance(outcome, list):
        raise pulumi.RunError(report(stack, [problem for problem in outcome if problem.severity == "error"]))
    for warning in outcome.warnings:
        pulumi.log.warn(str(warning))
    return outcome


def _read_all() -> dict[str, Any]:
    """Every key of the namespace, decrypted: structured values reach the program as JSON text."""
    bag = pulumi.Config(NAMESPACE)
    raw: dict[str, Any] = {}
    for full_key in sorted({*CONFIG.get(), *get_config_env()}):
        namespace, _, name = full_key.partition(":")
        if namespace != NAMESPACE:
            continue
        text = bag.get(name) or ""
        try:
            raw[name] = json.loads(text)
        except json.JSONDecodeError:
            raw[name] = text
    return raw


def _secret_keys(raw: dict[str, Any], stack: str, root: Path) -> set[str]:
    """The keys that are encrypted in the stack's file.

    The engine tells only which sections hold something encrypted. What it is in them, the file tells; a
    section that the file does not explain (configuration from elsewhere) counts as encrypted whole.
    """
    in_file = encrypted_keys(root / f"Pulumi.{stack}.yaml")
    found: set[str] = set()
    for name in raw:
        if is_config_secret(f"{NAMESPACE}:{name}"):
            found |= {key for key in in_file if key.split(".")[0] == name} or {name}
    return found
