"""Section `swarm`: the Docker swarm that spans the servers."""

from typing import Annotated

from pydantic import Field

from settings.model.section import Section

#: Docker advises against more managers: each has to acknowledge every change.
MOST_MANAGERS = 7


class Swarm(Section):
    """Managers and the networks of the swarm itself."""

    managers: Annotated[int, Field(ge=1, le=MOST_MANAGERS)] | None = None
    """Number of managers: odd, no more than 7 or the number of servers. The default is the largest such
    number; the other servers become workers."""

    data_path_port: Annotated[int, Field(ge=1024, le=49151)] = 4789
    """UDP port of the overlay networks' traffic between the servers."""

    address_pool: str = "172.16.128.0/17"
    """Range from which the swarm numbers networks that have no subnet of their own (CIDR). Docker's own
    default, 10.0.0.0/8, is the private network of the servers."""

    address_pool_mask: Annotated[int, Field(ge=16, le=29)] = 24
    """Prefix length of each network that is cut from `addressPool`."""
