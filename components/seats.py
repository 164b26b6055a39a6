"""The seats of a homogeneous cluster: servers that tasks of a service may run on, and members by name."""

from collections.abc import Sequence
from dataclasses import dataclass

from components.galera import MemberHost
from providers.galera import seated_name


@dataclass(frozen=True, kw_only=True)
class SeatedService:
    """One service of the cluster. hosts: its seats, the first one first. volume: None for ephemeral data."""

    service: str
    port: int
    hosts: Sequence[MemberHost]
    volume: str | None


@dataclass(frozen=True, kw_only=True)
class Place:
    """A seat, and whose it is. rank: from 1, among those of its service."""

    of: SeatedService
    host: MemberHost
    rank: int

    @property
    def member(self) -> str:
        return seated_name(self.of.service, self.host.hostname)


def places_of(services: Sequence[SeatedService]) -> list[Place]:
    """All seats in the order in which they are taken."""
    return [Place(of=one, host=host, rank=rank) for one in services for rank, host in enumerate(one.hosts, 1)]
