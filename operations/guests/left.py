"""Which live guests of the account carry a stack's mark without being in its state.

The state learns of a guest only when it is ready: a run that was killed before that leaves a server that is
billed and that `pulumi destroy` does not know.
"""

import json
import subprocess
from collections.abc import Mapping, Sequence
from typing import Any

from operations.access import ROOT
from operations.errors import OperationError
from providers.softlayer.client import Api, connect
from providers.softlayer.credentials import from_config
from providers.softlayer.lookup import marked
from providers.softlayer.mark import mark_of

GUEST_TYPE = "pulumi-python:dynamic/softlayer:VirtualGuest"


def left(stack: str, config: Sequence[str] = ()) -> list[str]:
    """These guests, each as "name (id N)".

    config: further words for the engine, which say where the stack's config is. Raises OperationError when
    the engine does not tell, CloudError when the API does not.
    """
    api = _api(stack, json.loads(_engine("config", "--json", "--show-secrets", "--stack", stack, *config)))
    known = _known(json.loads(_engine("stack", "export", "--stack", stack)))
    found = marked(api, mark_of(stack))
    return [
        f"{one['fullyQualifiedDomainName']} (id {one['id']})" for one in found if str(one["id"]) not in known
    ]


def _api(stack: str, config: Mapping[str, Any]) -> Api:
    cloud = (config.get("galera-swarm:cloud") or {}).get("value")
    endpoint = json.loads(cloud).get("endpoint") if cloud else None
    if not endpoint:
        message = f"the config of stack {stack} names no galera-swarm:cloud.endpoint: nobody can be asked"
        raise OperationError(message)
    return connect(str(endpoint), from_config(cloud), f"stack {stack}")


def _known(exported: Mapping[str, Any]) -> set[str]:
    resources = (exported.get("deployment") or {}).get("resources") or []
    return {str(one.get("id")) for one in resources if one.get("type") == GUEST_TYPE}


def _engine(*words: str) -> str:
    asked = subprocess.run(
        ["pulumi", *words, "--non-interactive"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    if asked.returncode != 0:
        message = f"`pulumi {words[0]}` failed: {asked.stderr.strip()}"
        raise OperationError(message)
    return asked.stdout
