"""Calls of Docker's API on a server without a secret in any process list.

`docker swarm join` takes its token as an argument only. `docker system dial-stdio` hands the engine's socket
to the SSH channel, so the same call travels as a request on stdin.
"""

import json
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from providers.ssh import Session
from providers.swarm.errors import SwarmError


def post(session: Session, path: str, body: Mapping[str, Any], *, timeout_seconds: float) -> tuple[int, str]:
    """HTTP status and the engine's message (empty on success).

    Raises SwarmError if something else than the engine answers.
    """
    payload = json.dumps(body)
    head = (
        f"POST {path} HTTP/1.1\r\nContent-Type: application/json\r\nContent-Length: {len(payload.encode())}"
    )
    status, rest = _asked(session, head, payload, timeout_seconds)
    return status, _message(rest)


def get(session: Session, path: str, *, timeout_seconds: float) -> Mapping[str, Any]:
    """The object that the engine answers with, for what its command line has no option for.

    Raises SwarmError if the engine does not answer, or with anything else than success.
    """
    status, rest = _asked(session, f"GET {path} HTTP/1.1", "", timeout_seconds)
    if status != HTTPStatus.OK:
        said = f"Docker on {session.name} answers {path} with {status}: {_message(rest)}"
        raise SwarmError(said)
    return dict(json.loads(rest[rest.find("{") : rest.rfind("}") + 1]))


def _asked(session: Session, head: str, payload: str, timeout_seconds: float) -> tuple[int, str]:
    """Status, and everything behind the answer's head."""
    request = f"{head}\r\nHost: docker\r\nConnection: close\r\n\r\n{payload}"
    done = session.run(
        "docker system dial-stdio", stdin=request, timeout_seconds=timeout_seconds, close_stdin=False
    )
    first, _, rest = done.stdout.partition("\r\n\r\n")
    words = first.split(" ", 2)
    if len(words) < 2 or not words[0].startswith("HTTP/") or not words[1].isdigit():
        said = f"Docker on {session.name} does not answer on its socket: {done.reason()}"
        raise SwarmError(said)
    return int(words[1]), rest


def _message(body: str) -> str:
    start = body.find("{")
    if start < 0:
        return ""
    try:
        return str(json.loads(body[start : body.rfind("}") + 1]).get("message", ""))
    except json.JSONDecodeError:
        return body.strip()
