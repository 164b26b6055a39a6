"""One harmless question before anything is declared: does the endpoint answer, and does it know the user?

Without it, an endpoint that is down or a wrong key would show only when the first server is to be ordered, as
one failure for each of them. The package's client is not used: importing it takes longer than the question.
"""

from __future__ import annotations

import base64
import http.client
import urllib.error
import urllib.request
import xmlrpc.client
from xml.parsers.expat import ExpatError

from providers.softlayer.faults import Kind, classify

PATIENCE_SECONDS = 15.0
_ATTEMPTS = 2


def preflight(endpoint: str, username: str, api_key: str) -> tuple[str, str] | None:
    """The config key at fault and what is wrong with it, or None.

    Only what certainly stops every call is a problem: trouble that may pass is left to the calls themselves,
    which are repeated.
    """
    trouble = ""
    for _ in range(_ATTEMPTS):
        try:
            _ask(endpoint, username, api_key)
        except xmlrpc.client.Fault as fault:
            if classify(fault).kind is Kind.CREDENTIALS:
                return "cloud.apiKey", f"the cloud refuses user {username} with this key: {fault.faultString}"
            return None
        except urllib.error.HTTPError as refusal:
            if refusal.code in (401, 403):
                return "cloud.apiKey", f"the cloud refuses user {username} with this key ({refusal})"
            if refusal.code < 500 and refusal.code not in (408, 429):
                return "cloud.endpoint", f"something answers there, but not the SoftLayer API ({refusal})"
            return None
        except (OSError, http.client.HTTPException) as fault:
            trouble = str(getattr(fault, "reason", fault)) or type(fault).__name__
        except (ExpatError, xmlrpc.client.ResponseError, ValueError) as fault:
            return "cloud.endpoint", f"something answers there, but not the SoftLayer XML-RPC API ({fault})"
        else:
            return None
    return "cloud.endpoint", f"does not answer ({trouble}); check the address, the network and any proxy"


def _ask(endpoint: str, username: str, api_key: str) -> None:
    headers: dict[str, object] = {"SoftLayer_ObjectMask": {"mask": "mask[id]"}}
    request = urllib.request.Request(  # noqa: S310 -- settings accept http and https only
        f"{endpoint.rstrip('/')}/SoftLayer_Account", method="POST"
    )
    request.add_header("Content-Type", "application/xml")
    if username == "apikey":
        basic = base64.b64encode(f"{username}:{api_key}".encode()).decode()
        request.add_header("Authorization", f"Basic {basic}")
    else:
        headers["authenticate"] = {"username": username, "apiKey": api_key}
    request.data = xmlrpc.client.dumps(({"headers": headers},), "getCurrentUser", allow_none=True).encode()
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(request, timeout=PATIENCE_SECONDS) as answer:
        xmlrpc.client.loads(answer.read(), use_builtin_types=True)
