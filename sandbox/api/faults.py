"""Fault scripts: what goes wrong, in which call, before or after its commit.

Scripts live as long as the server process. Several may stand at once; the first that matches a call fires.
"""

import fnmatch
import itertools
import threading
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, Literal, get_args

from sandbox.api.errors import ApiError
from sandbox.api.ordering import OrderFaults

Kind = Literal[
    "fault",
    "http",
    "drop",
    "truncate",
    "stall",
    "bad-body",
    "empty-body",
    "rate-limit",
    "capacity",
    "slow",
    "provision-slow",
    "provision-hold",
    "hide",
]
KINDS: tuple[Kind, ...] = get_args(Kind)
ORDER_KINDS = ("provision-slow", "provision-hold", "hide")


class ScriptError(Exception):
    """A fault script that cannot be read."""


@dataclass(kw_only=True)
class FaultScript:
    """One script. Empty service, method and hostname match everything; hostname may hold `*` and `?`.

    It fires at the `nth` call that matches and at the ones after it, `times` in all (0: without end).
    `delay` are seconds before it acts. `seconds` belong to `provision-slow` (added to the transaction) and
    `hide` (the order exists, its guest is not seen).
    """

    service: str = ""
    method: str = ""
    hostname: str = ""
    kind: Kind = "fault"
    when: Literal["before", "after"] = "before"
    nth: int = 1
    times: int = 1
    delay: float = 0
    seconds: float = 0
    status: int = 503
    code: str = "SoftLayer_Exception_Public"
    message: str = "A fault script refuses this call."
    body: str = "<html><body><h1>Bad Gateway</h1></body></html>"
    id: int = 0
    seen: int = 0
    fired: int = 0

    def matches(self, service: str, method: str, hostnames: set[str]) -> bool:
        """Whether a call is one that this script counts."""
        wanted = self.service.removeprefix("SoftLayer_")
        return (
            wanted in ("", "*", service)
            and self.method in ("", "*", method)
            and (not self.hostname or any(fnmatch.fnmatchcase(name, self.hostname) for name in hostnames))
        )

    def error(self) -> ApiError | None:
        """The refusal that this script answers with, if its kind is one."""
        if self.kind == "rate-limit":
            message = "Rate limit of 50 requests for every 1 second(s) exceeded."
            return ApiError("WebService_RateLimitExceeded", message)
        if self.kind == "capacity":
            message = (
                "Could not place order. There are insufficient resources behind router bcr01a to fulfill the "
                f"request for the following guests: {self.hostname or 'all'}"
            )
            return ApiError("Virtual_Host_Pool_InsufficientResources", message)
        return ApiError(self.code, self.message) if self.kind == "fault" else None

    def order_faults(self) -> OrderFaults:
        """What this script does to ordered guests."""
        return OrderFaults(
            hold=self.kind == "provision-hold",
            extra_seconds=self.seconds if self.kind == "provision-slow" else 0,
            hide_seconds=self.seconds if self.kind == "hide" else 0,
        )


def read_script(raw: Any) -> FaultScript:
    """A script from its JSON; raises `ScriptError` for unknown names and wrong types."""
    if not isinstance(raw, Mapping):
        message = 'A fault script is an object, for example {"method": "placeOrder", "kind": "drop"}.'
        raise ScriptError(message)
    known = {each.name: each.default for each in fields(FaultScript)}
    allowed = set(known) - {"id", "seen", "fired"}
    for name, value in raw.items():
        if name not in allowed:
            message = f"A fault script has no field {name!r}; it may have {', '.join(sorted(allowed))}."
            raise ScriptError(message)
        kind: tuple[type, ...] = (int, float) if isinstance(known[name], float | int) else (str,)
        if isinstance(value, bool) or not isinstance(value, kind):
            message = f"Field {name!r} of a fault script must be a {'number' if int in kind else 'text'}."
            raise ScriptError(message)
    script = FaultScript(**raw)
    if script.kind not in KINDS or script.when not in ("before", "after"):
        message = f"A fault's kind is one of {', '.join(KINDS)}, and when is before or after."
        raise ScriptError(message)
    return script


class Faults:
    """The scripts of one server."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._scripts: list[FaultScript] = []
        self._ids = itertools.count(1)

    def add(self, script: FaultScript) -> FaultScript:
        """Put a script in force."""
        with self._lock:
            script.id = next(self._ids)
            self._scripts.append(script)
        return script

    def clear(self, script_id: int | None = None) -> int:
        """Remove one script or all; returns how many went."""
        with self._lock:
            before = len(self._scripts)
            self._scripts = [each for each in self._scripts if script_id is not None and each.id != script_id]
            return before - len(self._scripts)

    def shown(self) -> list[dict[str, Any]]:
        """All scripts, with how often they matched and fired."""
        with self._lock:
            return [asdict(each) for each in self._scripts]

    def take(self, service: str, method: str, hostnames: set[str]) -> FaultScript | None:
        """The script that fires in this call, if any. Every script that matches counts the call."""
        fires = None
        with self._lock:
            for script in self._scripts:
                if not script.matches(service, method, hostnames):
                    continue
                script.seen += 1
                due = script.seen >= script.nth and (script.times == 0 or script.fired < script.times)
                if due and fires is None:
                    script.fired += 1
                    fires = script
        return fires
