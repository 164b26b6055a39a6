"""Who asks the API: from the stack config's `cloud` object, else from the environment.

The provider host hands the config over decrypted (`configure`); credentials never become inputs, outputs or
messages.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from providers.softlayer.errors import CredentialsError, InputError

# The settings say the same where the key is left out (cloud.timeoutSeconds).
DEFAULT_TIMEOUT_SECONDS = 120.0
# An order is answered late rather than never: a shorter timeout only turns a slow order into a doubtful one.
LEAST_ORDER_TIMEOUT_SECONDS = 120.0
# How long an order of unknown outcome is searched for (research/softlayer.md section 7, step 3).
DEFAULT_DOUBT_SECONDS = 300.0


@dataclass(frozen=True, kw_only=True)
class Credentials:
    """A user of the API, and how long to wait for an answer (seconds)."""

    username: str
    api_key: str = field(repr=False)
    timeout_seconds: float = DEFAULT_TIMEOUT_SECONDS
    order_timeout_seconds: float = LEAST_ORDER_TIMEOUT_SECONDS
    doubt_seconds: float = DEFAULT_DOUBT_SECONDS


def from_config(cloud: Any, environment: Mapping[str, str] | None = None) -> Credentials:
    """Read the `cloud` object (JSON text, mapping or None); what it lacks comes from the environment.

    Raises CredentialsError when a name or key is missing, InputError when the object is not what it should
    be.
    """
    env = os.environ if environment is None else environment
    given = _object(cloud)
    username = str(given.get("username") or env.get("SL_USERNAME") or "")
    api_key = str(given.get("apiKey") or env.get("SL_API_KEY") or "")
    missing = [
        f"{key} (or {variable})"
        for key, variable, value in (("username", "SL_USERNAME", username), ("apiKey", "SL_API_KEY", api_key))
        if not value
    ]
    if missing:
        message = (
            f"the SoftLayer credentials are incomplete: set {' and '.join(missing)} in galera-swarm:cloud"
        )
        raise CredentialsError(message)
    timeout = _seconds(given, "timeoutSeconds", DEFAULT_TIMEOUT_SECONDS)
    return Credentials(
        username=username,
        api_key=api_key,
        timeout_seconds=timeout,
        order_timeout_seconds=max(timeout, LEAST_ORDER_TIMEOUT_SECONDS),
        doubt_seconds=_seconds(given, "orderDoubtSeconds", DEFAULT_DOUBT_SECONDS),
    )


def _object(cloud: Any) -> Mapping[str, Any]:
    """The config value as a mapping; structured config reaches the provider host as JSON text."""
    if cloud is None:
        return {}
    if isinstance(cloud, str):
        try:
            cloud = json.loads(cloud)
        except json.JSONDecodeError as exc:
            message = "galera-swarm:cloud is not a JSON object: set it with `pulumi config set --path`"
            raise InputError(message) from exc
    if not isinstance(cloud, Mapping):
        message = (
            f"galera-swarm:cloud is a {type(cloud).__name__}, it has to be an object with username and apiKey"
        )
        raise InputError(message)
    return cloud


def _seconds(given: Mapping[str, Any], key: str, default: float) -> float:
    """A positive number of seconds."""
    raw = given.get(key)
    if raw is None:
        return default
    try:
        value = float(raw)
    except (TypeError, ValueError) as exc:
        message = f"galera-swarm:cloud.{key} is {raw!r}, it has to be a number of seconds"
        raise InputError(message) from exc
    if not 0 < value <= 86_400:
        message = f"galera-swarm:cloud.{key} is {raw!r}, it has to be between 0 and 86400 seconds"
        raise InputError(message)
    return value
