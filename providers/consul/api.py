"""An agent's HTTP API on its server's loopback address, reached through an SSH channel: the token is in no
process list, and no port has to be open.
"""

import http.client
import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from providers.consul.errors import ConsulError, NoAnswerError
from providers.ssh import ConnectionLostError, Session, SshError, Target, UnreachableError, connect

if TYPE_CHECKING:
    import socket

#: Seconds for one answer. An agent without a leader holds some questions back for several seconds.
ANSWER_SECONDS = 15.0
#: Seconds that one server may take to answer while another one could be asked.
PATIENCE_SECONDS = 8.0


@dataclass(frozen=True, kw_only=True)
class Answer:
    """Status and content; content that is no JSON stays text."""

    status: int
    content: Any

    @property
    def ok(self) -> bool:
        """Whether the agent did what it was asked."""
        return self.status == 200

    def words(self) -> str:
        """What the agent said, on one line."""
        said = self.content if isinstance(self.content, str) else json.dumps(self.content)
        return f"{self.status} {' '.join(said.split())[:200]}".strip()


class Api:
    """Questions to one agent, one after another."""

    def __init__(self, server: Session, port: int, token: str = "") -> None:
        self._server, self._port, self._token = server, port, token

    @property
    def server(self) -> str:
        """Whom it asks."""
        return self._server.name

    def get(self, path: str) -> Answer:
        """Raises NoAnswerError if no agent answers; SshError if the session is gone."""
        return self._ask("GET", path, None)

    def put(self, path: str, body: object = None) -> Answer:
        """As `get`."""
        return self._ask("PUT", path, body)

    def delete(self, path: str) -> Answer:
        """As `get`."""
        return self._ask("DELETE", path, None)

    def must_put(self, path: str, body: object, *, doing: str) -> Any:
        """The content of an answer that has to be a success. Raises ConsulError."""
        answer = self.put(path, body)
        if not answer.ok:
            said = f"{doing} was refused by Consul on {self.server}: {answer.words()}"
            raise ConsulError(said)
        return answer.content

    def leader(self) -> str:
        """Address of the leader, empty without one."""
        answer = self.get("/v1/status/leader")
        return str(answer.content) if answer.ok else ""

    def peers(self) -> list[str]:
        """Addresses of the servers that vote or are about to."""
        answer = self.get("/v1/status/peers")
        return [str(peer) for peer in answer.content or ()] if answer.ok else []

    def _ask(self, method: str, path: str, body: object) -> Answer:
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=ANSWER_SECONDS)
        headers = {"Connection": "close"} | ({"X-Consul-Token": self._token} if self._token else {})
        try:
            channel = self._server.open_channel("127.0.0.1", self._port)
            channel.settimeout(ANSWER_SECONDS)
            connection.sock = cast("socket.socket", channel)
            connection.request(method, path, None if body is None else json.dumps(body), headers)
            answer = connection.getresponse()
            return Answer(status=answer.status, content=_content(answer.read()))
        except ConnectionLostError:
            raise
        except (UnreachableError, OSError, EOFError, http.client.HTTPException) as exc:
            said = f"Consul on {self.server} does not answer at 127.0.0.1:{self._port}: {exc or type(exc)}"
            raise NoAnswerError(said) from exc
        finally:
            connection.close()


@contextmanager
def any_agent(
    servers: Sequence[Mapping[str, Any]], port: int, token: str, *, with_leader: bool = True
) -> Iterator[Api]:
    """The first of the servers (their `ssh` inputs) whose agent answers, and knows a leader.

    Raises ConsulError, with the reason for each server, if none does.
    """
    reasons: list[str] = []
    for ssh in servers:
        found = False
        try:
            with connect(Target.from_inputs(ssh), deadline_seconds=PATIENCE_SECONDS) as server:
                api = Api(server, port, token)
                if api.leader() or not with_leader:
                    found = True
                    yield api
                    return
                reasons.append(f"{server.name}: no leader")
        except (SshError, NoAnswerError) as exc:
            if found:
                raise
            reasons.append(str(exc))
    said = f"no Consul server answers with a leader ({'; '.join(reasons) or 'none is named'})"
    raise ConsulError(said)


def _content(raw: bytes) -> Any:
    text = raw.decode(errors="replace")
    try:
        return json.loads(text) if text.strip() else None
    except json.JSONDecodeError:
        return text
