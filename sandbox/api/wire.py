"""XML-RPC as SoftLayer speaks it: a call's headers and arguments in, a value or a fault out.

The client's prolog claims ISO-8859-1 while its bytes are UTF-8, so bytes are decoded before they are parsed.
"""

import base64
import binascii
import xmlrpc.client
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from xml.parsers.expat import ExpatError

from sandbox.api.dispatch import Call, plain_name
from sandbox.api.errors import ApiError, refuse_as


@dataclass(frozen=True)
class Credentials:
    """What a request offers as its identity; both are None when it offers nothing."""

    username: str | None
    api_key: str | None


def decode(service: str, body: bytes, authorization: str | None) -> tuple[Credentials, Call]:
    """Read a request; raises `ApiError` when it is not well formed."""
    try:
        params, name = xmlrpc.client.loads(body.decode("utf-8"))
    except (ExpatError, xmlrpc.client.Error, ValueError, TypeError, LookupError) as exc:
        code, message = "-32700", f"The request is not well formed: {exc}."
        raise ApiError(code, message) from exc
    first = params[0] if params else None
    headers = first.get("headers") if isinstance(first, dict) else None
    if not isinstance(headers, dict):
        headers = {}
    else:
        params = params[1:]
    call = Call(
        service=plain_name(service),
        method=str(name or ""),
        args=tuple(params),
        object_id=_header(headers, service, "InitParameters").get("id"),
        mask=_mask(headers, service),
        filter=_header(headers, service, "ObjectFilter"),
        limit=_count(headers, "limit"),
        offset=_count(headers, "offset"),
    )
    return _credentials(headers, authorization), call


def _header(headers: Mapping[str, Any], service: str, suffix: str) -> dict[str, Any]:
    found = headers.get(f"{service}{suffix}")
    return found if isinstance(found, dict) else {}


def _mask(headers: Mapping[str, Any], service: str) -> str:
    found = headers.get("SoftLayer_ObjectMask") or headers.get(f"{service}ObjectMask")
    mask = found.get("mask") if isinstance(found, dict) else None
    if isinstance(mask, dict):
        return f"mask[{_legacy(mask)}]"
    return str(mask or "")


def _legacy(mask: Mapping[str, Any]) -> str:
    """A mask given as nested structures, as text."""
    return ",".join(
        f"{name}[{_legacy(below)}]" if isinstance(below, dict) else name for name, below in mask.items()
    )


def _count(headers: Mapping[str, Any], name: str) -> int:
    found = headers.get("resultLimit")
    value = found.get(name) if isinstance(found, dict) else None
    try:
        return max(0, int(value or 0))
    except (TypeError, ValueError):
        refuse_as("WebService_BadRequest", f"Invalid result limit: {name} must be a whole number.")


def _credentials(headers: Mapping[str, Any], authorization: str | None) -> Credentials:
    given = headers.get("authenticate")
    if isinstance(given, dict) and given.get("username") is not None:
        return Credentials(str(given["username"]), str(given.get("apiKey") or ""))
    scheme, _, encoded = (authorization or "").partition(" ")
    if scheme.lower() == "basic":
        try:
            username, _, api_key = base64.b64decode(encoded, validate=True).decode().partition(":")
        except (binascii.Error, UnicodeDecodeError):
            return Credentials("", "")
        return Credentials(username, api_key)
    if scheme or isinstance(given, dict):
        return Credentials("", "")
    return Credentials(None, None)


def encode(value: Any) -> bytes:
    """An answer."""
    return xmlrpc.client.dumps((value,), methodresponse=True, allow_none=True, encoding="utf-8").encode()


def encode_fault(fault: ApiError) -> bytes:
    """A refusal. Its code is text: a number would lose the exception's name in clients."""
    shown = xmlrpc.client.Fault(faultCode=fault.code, faultString=fault.message)  # type: ignore[arg-type]
    return xmlrpc.client.dumps(shown, encoding="utf-8").encode()
