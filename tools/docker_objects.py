"""Finds an object of a Docker engine by name, where a program's Docker provider would have made it."""

import json
import re
import shlex
import subprocess
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

#: Resource type to the words that print the ID of an object of that name.
_INSPECT = {
    "docker:index/network:Network": ("network", "inspect", "--format", "{{.Id}}"),
    "docker:index/service:Service": ("service", "inspect", "--format", "{{.ID}}"),
    "docker:index/secret:Secret": ("secret", "inspect", "--format", "{{.ID}}"),
    "docker:index/serviceConfig:ServiceConfig": ("config", "inspect", "--format", "{{.ID}}"),
    "docker:index/volume:Volume": ("volume", "inspect", "--format", "{{.Name}}"),
}
#: Types whose objects cannot be changed: another content is another object, made before the old one goes.
IMMUTABLE = frozenset({"docker:index/secret:Secret", "docker:index/serviceConfig:ServiceConfig"})
_TIMEOUT_SECONDS = 30


#: What the client says, with status 1, when the engine answers and has no such object.
_NO_SUCH_STATUS = 1
_KIND = "(?:network|service|secret|config|volume)"
_NO_SUCH = re.compile(rf"no such {_KIND}\b|\b{_KIND} \S+ not found", re.IGNORECASE)


def find_id(resource: Mapping[str, Any], provider_inputs: Mapping[str, Any]) -> str | None:
    """The ID of the object that a pending create of the Docker provider made, or none: it is of another
    provider, has no name, does not exist, or its engine does not answer (then the create is run again)."""
    done = _inspected(resource, (resource.get("inputs") or {}).get("name"), provider_inputs)
    return done.stdout.strip() or None if done and done.returncode == 0 else None


def is_gone(resource: Mapping[str, Any], provider_inputs: Mapping[str, Any]) -> bool:
    """Whether the engine that held an object of the Docker provider answers, and knows it no more."""
    done = _inspected(resource, resource.get("id"), provider_inputs)
    return done is not None and done.returncode == _NO_SUCH_STATUS and bool(_NO_SUCH.search(done.stderr))


def _inspected(
    resource: Mapping[str, Any], name: Any, provider_inputs: Mapping[str, Any]
) -> subprocess.CompletedProcess[str] | None:
    words = _INSPECT.get(str(resource.get("type")))
    if words is None or not isinstance(name, str):
        return None
    command = inspect_command((*words, name), provider_inputs)
    try:
        return subprocess.run(command, capture_output=True, text=True, timeout=_TIMEOUT_SECONDS, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return None


def inspect_command(words: tuple[str, ...], provider_inputs: Mapping[str, Any]) -> list[str]:
    """The command line that asks the provider's engine: over SSH with the provider's own options where its
    host is `ssh://`, else with this machine's client."""
    host = str(provider_inputs.get("host") or "")
    address = urlsplit(host)
    if address.scheme != "ssh":
        return ["docker", *(("--host", host) if host else ()), *words]
    options = provider_inputs.get("sshOpts") or []
    if isinstance(options, str):
        options = json.loads(options)
    port = ["-p", str(address.port)] if address.port else []
    login = f"{address.username}@{address.hostname}" if address.username else str(address.hostname)
    return ["ssh", *map(str, options), *port, login, shlex.join(["docker", *words])]
