"""Requests to the running API's control plane."""

import http.client
import json
from typing import Any

from sandbox.nodes.layout import API_HOST, API_PORT

ANSWER_SECONDS = 10.0


class ControlError(Exception):
    """The API does not answer, or refuses the request."""


class NotRunningError(ControlError):
    """Nothing listens on the API's port."""


def control(verb: str, path: str, body: Any = None) -> Any:
    """Send a request below /control and return the JSON answer. Raises ControlError and NotRunningError."""
    connection = http.client.HTTPConnection(API_HOST, API_PORT, timeout=ANSWER_SECONDS)
    try:
        content = None if body is None else json.dumps(body).encode()
        connection.request(
            verb, f"/control/{path}", body=content, headers={"Content-Type": "application/json"}
        )
        response = connection.getresponse()
        answer = json.loads(response.read())
    except ConnectionRefusedError as exc:
        message = "The sandbox's API does not run; start it with 'python -m sandbox up'."
        raise NotRunningError(message) from exc
    except (OSError, http.client.HTTPException, json.JSONDecodeError) as exc:
        message = f"What listens on {API_HOST}:{API_PORT} does not answer as the sandbox's API ({exc})."
        raise ControlError(message) from exc
    finally:
        connection.close()
    if response.status != http.HTTPStatus.OK:
        message = answer.get("error", f"The API refused the request with HTTP status {response.status}.")
        raise ControlError(message)
    return answer
