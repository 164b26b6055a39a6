"""What each failure of a call means, and what the user is told."""

from __future__ import annotations

from xml.parsers.expat import ExpatError
from xmlrpc.client import ResponseError

import pytest
import requests
from SoftLayer import SoftLayerAPIError
from SoftLayer.exceptions import InternalError, TransportError
from urllib3.exceptions import NewConnectionError

from providers.softlayer import errors
from providers.softlayer.faults import Kind, classify

ENDPOINT = "https://api.example.com/xmlrpc/v3.1"


def never_connected() -> TransportError:
    """What the client raises for a refused connection, with its chain of causes."""
    try:
        try:
            raise requests.ConnectionError(NewConnectionError(None, "Connection refused"))  # type: ignore[arg-type]
        except requests.RequestException as exc:
            raise TransportError(0, str(exc))  # noqa: B904 (as the client does it)
    except TransportError as exc:
        return exc


def api_error(code: str, text: str) -> SoftLayerAPIError:
    return SoftLayerAPIError(f"SoftLayer_Exception{code}", text)


CASES = [
    (api_error("_WebService_RateLimitExceeded", "Rate limit of 50 requests"), Kind.RATE_LIMIT),
    (api_error("_Public", "Rate limit of 50 requests for every 1 second(s) exceeded."), Kind.RATE_LIMIT),
    (TransportError(429, "429 Client Error"), Kind.RATE_LIMIT),
    (api_error("_ObjectNotFound", "Unable to find object with id of '1'."), Kind.NOT_FOUND),
    (api_error("_InvalidLegacyToken", "Invalid API token."), Kind.CREDENTIALS),
    (api_error("_Public", "Access Denied. "), Kind.CREDENTIALS),
    (TransportError(401, "401 Client Error: Unauthorized"), Kind.CREDENTIALS),
    (api_error("_Virtual_Host_Pool_InsufficientResources", "Could not place order."), Kind.CAPACITY),
    (api_error("_Virtual_Host_Pool_InsufficientCapacity", "Could not place order."), Kind.CAPACITY),
    (TransportError(500, "There are insufficient resources behind router bcr01a.tor01"), Kind.CAPACITY),
    (api_error("_Public", "Price # 454616 does not exist."), Kind.REFUSED),
    (api_error("_NotFound", "Unable to find price for core capacity of 1642."), Kind.REFUSED),
    (api_error("_Public", "There is an active transaction on this guest."), Kind.BUSY),
    (api_error("", "An internal error occurred."), Kind.BROKEN),
    (InternalError("-32603", "Internal error"), Kind.BROKEN),
    (TransportError(500, "500 Server Error"), Kind.BROKEN),
    (TransportError(503, "503 Server Error"), Kind.BROKEN),
    (TransportError(0, "Connection reset by peer"), Kind.BROKEN),
    (TransportError(0, "Read timed out."), Kind.BROKEN),
    (TransportError(404, "404 Client Error: Not Found"), Kind.NO_API),
    (ExpatError("no element found: line 1, column 0"), Kind.BROKEN),
    (ResponseError(), Kind.BROKEN),
    (never_connected(), Kind.NOT_SENT),
]


@pytest.mark.parametrize(
    ("exc", "kind"), CASES, ids=[f"{kind.name}-{i}" for i, (_, kind) in enumerate(CASES)]
)
def test_meaning(exc: Exception, kind: Kind) -> None:
    assert classify(exc).kind is kind


@pytest.mark.parametrize(
    ("exc", "kind"), CASES, ids=[f"{kind.name}-{i}" for i, (_, kind) in enumerate(CASES)]
)
def test_the_message_names_resource_action_and_remedy_on_one_line(exc: Exception, kind: Kind) -> None:
    message = str(classify(exc).error("guest db-1", "ordering it", ENDPOINT))
    assert message.startswith("guest db-1: ordering it failed: ")
    assert "; " in message
    assert "\n" not in message
    assert len(message) < 700


def test_the_errors_tell_refused_from_unknown() -> None:
    refused = classify(api_error("_Public", "Price # 1 does not exist.")).error("x", "y", ENDPOINT)
    unknown = classify(TransportError(0, "reset")).error("x", "y", ENDPOINT)
    assert isinstance(refused, errors.RefusedError)
    assert isinstance(unknown, errors.BrokenCallError)


def test_a_page_of_html_is_cut_to_a_bearable_length() -> None:
    page = "500 Server Error :: " + "<div>\n" * 2000
    assert len(classify(TransportError(500, page)).text) <= 300
