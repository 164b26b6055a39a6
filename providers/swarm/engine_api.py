"""Calls of Docker's API on a server without a secret in any process list.

`docker swarm join` takes its token as an argument only. `docker system dial-stdio` hands the engine's socket
to the SSH channel, so the same call travels as a request on stdin.
"""

import json
from collections.abc import Mapping
from typing import Any

from providers.ssh import Session
from providers.swarm.errors import SwarmError


def post(session: Session, path: str, body: Mapping[str, Any], *, timeout_seconds: float) -> tuple[int, str]:
    """HTTP status and the engine's message (empty on success).

    Raises SwarmError if something else than the engine answers.
    """
    payload = json.dumps(body)
    request = (
        f"POST {path} HTTP/1.1\r\nHost: docker\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(payload.encode())}\r\nConnection: close\r\n\r\n{payload}"
    )
    done = session.run(
        "docker system dial-stdio", stdin=request, timeout_seconds=timeout_seconds, close_stdin=False
    )
    head, _, rest = done.stdout.partition("\r\n\r\n")
    words = head.split(" ", 2)
    if len(words) < 2 or not words[0].startswith("HTTP/") or not words[1].isdigit():
        said = f"Docker on {session.name} does not answer on its socket: {done.reason()}"
        raise SwarmError(said)
    return int(words[1]), _message(rest)


def _message(body: str) -> str:
    start = body.find("{")
    if start < 0:
        return ""
    try:
        return str(json.loads(body[start : body.rfind("}") + 1]).get("message", ""))
    except json.JSONDecodeError:
        return body.strip()
