"""The Consul servers as the leader's autopilot sees them."""

from dataclasses import dataclass
from typing import Any

from providers.consul.api import Api
from providers.consul.errors import ConsulError


@dataclass(frozen=True, kw_only=True)
class Voter:
    """One Consul server. address: with its port. votes: a new one does only when it has proved stable."""

    name: str
    address: str
    votes: bool
    leads: bool
    is_healthy: bool
    version: str


def voters(api: Api) -> list[Voter] | None:
    """All servers that the leader knows; None while the management token is not known to Consul.

    Raises ConsulError if the answer is none.
    """
    answer = api.get("/v1/operator/autopilot/health")
    if answer.status == 403:
        return None
    # 429 is the answer of a Consul that is not healthy as a whole.
    if answer.status not in (200, 429) or not isinstance(answer.content, dict):
        if answer.status == 500:
            return []
        said = f"Consul on {api.server} does not tell its servers: {answer.words()}"
        raise ConsulError(said)
    return [_voter(one) for one in answer.content.get("Servers") or ()]


def _voter(one: dict[str, Any]) -> Voter:
    return Voter(
        name=str(one.get("Name")),
        address=str(one.get("Address")),
        votes=bool(one.get("Voter")),
        leads=bool(one.get("Leader")),
        is_healthy=bool(one.get("Healthy")) and one.get("SerfStatus") == "alive",
        version=str(one.get("Version") or ""),
    )
