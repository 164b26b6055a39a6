"""What a failed API call means: one table from what the client raises to what may be done about it.

The shapes are those of research/softlayer.md sections 1 and 7: faults come as HTTP 200 with a string code,
other statuses and broken connections as TransportError with a number, unreadable bodies as the XML parser's
own errors.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from enum import Enum

from providers.softlayer import errors

TEXT_LIMIT = 300
# Fault codes of the XML-RPC layer that say "something broke inside", not "your call was wrong".
_BROKEN_SERVER_CODES = frozenset({"-32603", "-32500", "-32400", "-32300", "-32700"})
_CREDENTIAL_CODES = frozenset({"SoftLayer_Exception_InvalidLegacyToken", "SoftLayer_Exception_AccessDenied"})
_CREDENTIAL_TEXTS = ("invalid api token", "access denied", "no valid authentication headers")
_CAPACITY_MARK = "virtual_host_pool_insufficient"
_CAPACITY_TEXT = "insufficient resources behind router"
_TRANSACTION_TEXT = re.compile(r"transaction", re.IGNORECASE)


class Kind(Enum):
    """What a fault lets the caller do."""

    RATE_LIMIT = "rate limit"  # not carried out; repeat later
    NOT_SENT = "not sent"  # no connection came up; repeat later
    BROKEN = "broken"  # carried out or not: unknown
    NO_API = "no API"  # something answers at the endpoint, and it is not the API
    NOT_FOUND = "not found"
    CREDENTIALS = "credentials"
    CAPACITY = "capacity"
    BUSY = "busy"  # refused because a transaction is running
    REFUSED = "refused"  # refused for good


@dataclass(frozen=True)
class Fault:
    """A failed call: its meaning, the API's code and the API's words."""

    kind: Kind
    code: str
    text: str
    cause: Exception | None = field(default=None, compare=False, repr=False)

    def error(self, subject: str, doing: str, endpoint: str) -> errors.CloudError:
        """The error a user sees: resource, cause and remedy."""
        error, remedy = _REMEDIES[self.kind]
        cause = f"{self.text} ({self.code})" if self.code and self.code != "0" else self.text
        return error(f"{subject}: {doing} failed: {cause}; {remedy.format(endpoint=endpoint)}")


_REMEDIES: dict[Kind, tuple[type[errors.CloudError], str]] = {
    Kind.RATE_LIMIT: (
        errors.RateLimitError,
        "the account's request limit stayed used up: stop its other API clients and run again",
    ),
    Kind.NOT_SENT: (
        errors.UnavailableError,
        "no connection to {endpoint}: check the endpoint in galera-swarm:cloud and the network, and run "
        "again",
    ),
    Kind.BROKEN: (
        errors.BrokenCallError,
        "{endpoint} did not answer properly: run again once it does",
    ),
    Kind.NO_API: (
        errors.UnavailableError,
        "{endpoint} is not the API: check the endpoint in galera-swarm:cloud (it ends in /xmlrpc/v3.1)",
    ),
    Kind.NOT_FOUND: (
        errors.NotFoundError,
        "it was removed outside of this stack: `pulumi refresh` takes note of that",
    ),
    Kind.CREDENTIALS: (
        errors.CredentialsError,
        "check username and apiKey in galera-swarm:cloud (or SL_USERNAME and SL_API_KEY) and the user's "
        "permissions",
    ),
    Kind.CAPACITY: (
        errors.CapacityError,
        "nothing was bought: choose another datacenter or flavor, or try again later",
    ),
    Kind.BUSY: (
        errors.RefusedError,
        "the cloud is still working on it: run again when `slcli vs detail` shows no active transaction",
    ),
    Kind.REFUSED: (
        errors.RefusedError,
        "nothing was changed: correct what the API names and run again",
    ),
}


def classify(exc: Exception) -> Fault:
    """Say what an error means; `exc` comes from the client, the transport or the XML parser."""
    raw_code = getattr(exc, "faultCode", None)
    text = _tidy(str(getattr(exc, "faultString", None) or exc) or type(exc).__name__)
    if raw_code is None:
        words = f"the API's answer is not XML-RPC ({type(exc).__name__}: {text})"
        return Fault(Kind.BROKEN, "", words, exc)
    if isinstance(raw_code, int):
        return Fault(_kind_of_status(raw_code, text, exc), str(raw_code), text, exc)
    return Fault(_kind_of_code(str(raw_code), text), str(raw_code), text, exc)


def _kind_of_status(status: int, text: str, exc: Exception) -> Kind:
    """The meaning of an HTTP status, or of 0 for a connection that failed."""
    if status == 0:
        return Kind.NOT_SENT if _never_connected(exc) else Kind.BROKEN
    if status == 429:
        return Kind.RATE_LIMIT
    if status in (401, 403):
        return Kind.CREDENTIALS
    if _is_capacity(str(status), text):
        return Kind.CAPACITY
    return Kind.NO_API if 300 <= status < 500 and status != 408 else Kind.BROKEN


def _kind_of_code(code: str, text: str) -> Kind:
    """The meaning of a fault that the API itself formulated."""
    lowered = text.lower()
    if "RateLimit" in code or lowered.startswith("rate limit of"):
        return Kind.RATE_LIMIT
    if code.endswith("ObjectNotFound"):
        return Kind.NOT_FOUND
    if code in _CREDENTIAL_CODES or any(mark in lowered for mark in _CREDENTIAL_TEXTS):
        return Kind.CREDENTIALS
    if _is_capacity(code, text):
        return Kind.CAPACITY
    if code in _BROKEN_SERVER_CODES or code == "SoftLayer_Exception":
        return Kind.BROKEN
    if _TRANSACTION_TEXT.search(text):
        return Kind.BUSY
    return Kind.REFUSED


def _is_capacity(code: str, text: str) -> bool:
    """Whether the datacenter is full; the code's ending was renamed once, the words were not."""
    return _CAPACITY_MARK in f"{code} {text}".lower() or _CAPACITY_TEXT in text.lower()


def _never_connected(exc: BaseException) -> bool:
    """Whether the chain of causes shows that no connection came up, so that nothing can have been sent."""
    seen: set[int] = set()
    todo: list[object] = [exc]
    while todo:
        current = todo.pop()
        if not isinstance(current, BaseException) or id(current) in seen:
            continue
        seen.add(id(current))
        if type(current).__name__ in {
            "NewConnectionError",
            "ConnectTimeoutError",
            "ConnectTimeout",
            "NameResolutionError",
        }:
            return True
        todo += [current.__cause__, current.__context__, getattr(current, "reason", None), *current.args]
    return False


def _tidy(text: str) -> str:
    """One line, of bearable length."""
    line = " ".join(text.split())
    return line if len(line) <= TEXT_LIMIT else line[: TEXT_LIMIT - 1] + "…"
