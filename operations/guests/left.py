"""Which servers of the account are a stack's without being in its state, and which are on their way.

The state learns of a guest only when it is ready: a run that was killed before that leaves a server that is
billed, or an order that still brings one, and that `pulumi destroy` does not know.
"""

import json
import subprocess
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

from operations.access import ROOT
from operations.errors import OperationError
from providers.softlayer.client import Api, connect
from providers.softlayer.credentials import from_config
from providers.softlayer.mark import mark_of
from providers.softlayer.traces import Names, Traces, fqdn_of, traces_of
from settings.model.servers import Servers
from settings.stack_file import StackFileError, read

GUEST_TYPE = "pulumi-python:dynamic/softlayer:VirtualGuest"
#: The prefix of host names where the config says none.
DEFAULT_PREFIX = Servers().hostname_prefix


def left(stack: str, config: Sequence[str] = ()) -> list[str]:
    """These servers and orders, each a line that tells what it is.

    config: further words for the engine, which say where the stack's config is. Raises OperationError when
    the engine does not tell, CloudError when the API does not.
    """
    given = json.loads(_engine("config", "--json", "--show-secrets", "--stack", stack, *config))
    known = _known(json.loads(_engine("stack", "export", "--stack", stack)))
    sections = {name: json.loads(_value(given, name)) for name in ("cloud", "servers")}
    return _found(stack, sections, known)


def before_a_state(stack: str, config: Path) -> list[str]:
    """The same for a stack that the engine does not know: from its config file, of which only the state's own
    backend can decrypt what is encrypted.

    Raises OperationError when the file does not tell whom to ask, CloudError when the API does not answer or
    the credentials are neither in plain text nor in the environment.
    """
    try:
        sections = {name: _plain(section) for name, section in read(config).items()}
    except StackFileError as exc:
        raise OperationError(str(exc)) from exc
    return _found(stack, sections, ())


def _plain(section: Any) -> dict[str, Any]:
    """A section, which may be JSON text to the engine, without what is encrypted."""
    try:
        given = json.loads(section) if isinstance(section, str) else section
    except json.JSONDecodeError:
        given = None
    if not isinstance(given, dict):
        return {}
    return {key: value for key, value in given.items() if not (isinstance(value, dict) and "secure" in value)}


def _found(stack: str, sections: Mapping[str, Mapping[str, Any]], known: Collection[str]) -> list[str]:
    api = _api(stack, sections.get("cloud") or {})
    traces = traces_of(api, mark_of(stack), _names(stack, sections.get("servers") or {}), known)
    return _lines(traces)


def _lines(traces: Traces) -> list[str]:
    return [
        *(f"{fqdn_of(one)} (id {one['id']}): up and billed, with the stack's mark" for one in traces.marked),
        *(
            f"{fqdn_of(one)} (id {one['id']}): on its way, and without user data, so it can show no mark yet"
            for one in traces.unborn
        ),
        *(
            f"{one.fqdn}: on its way by order {one.order_id} ({one.status or 'no status'}), and does not show"
            " yet"
            for one in traces.orders
        ),
    ]


def _api(stack: str, cloud: Mapping[str, Any]) -> Api:
    endpoint = cloud.get("endpoint")
    if not endpoint:
        message = f"the config of stack {stack} names no galera-swarm:cloud.endpoint: nobody can be asked"
        raise OperationError(message)
    return connect(str(endpoint), from_config(cloud), f"stack {stack}")


def _names(stack: str, servers: Mapping[str, Any]) -> Names:
    if not servers.get("domain"):
        message = (
            f"the config of stack {stack} names no galera-swarm:servers.domain: servers that are on their way"
            " cannot be told by their names; say it there"
        )
        raise OperationError(message)
    return Names(prefix=str(servers.get("hostnamePrefix") or DEFAULT_PREFIX), domain=str(servers["domain"]))


def _value(config: Mapping[str, Any], section: str) -> str:
    return str((config.get(f"galera-swarm:{section}") or {}).get("value") or "{}")


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
