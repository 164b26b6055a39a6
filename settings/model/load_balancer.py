"""Section `loadBalancer`: HAProxy on every server, in front of the database."""

from typing import Annotated, Literal

from pydantic import Field, SecretStr

from settings.model.section import Section

#: A door of the load balancer.
Door = Literal["writer", "reader", "stats"]

_Port = Annotated[int, Field(ge=1024, le=65535)]


class LoadBalancer(Section):
    """HAProxy on every server."""

    enabled: bool = False
    """Run it."""

    image: str = "haproxy:2.6"
    """Container image, HAProxy 2.6 or newer."""

    writer_port: _Port = 6446
    """TCP port on each server that leads to the one member that takes the writes."""

    reader_port: _Port = 6447
    """TCP port on each server that leads to every Synced member in turn."""

    stats_port: _Port = 8404
    """TCP port on each server with the statistics page."""

    public: tuple[Door, ...] = ()
    """Which of the ports answer on the public interface too: `writer`, `reader`, `stats`. Without any, only
    the private one."""

    max_connections: Annotated[int, Field(ge=10, le=100000)] = 2000
    """Most connections through each server at a time."""

    stats_password: SecretStr | None = None
    """Password of the user `admin` of the statistics page, a secret. One is generated when there is none."""

    @property
    def ports(self) -> dict[Door, int]:
        """Each door's port."""
        return {"writer": self.writer_port, "reader": self.reader_port, "stats": self.stats_port}

    @property
    def public_ports(self) -> tuple[int, ...]:
        """The ports that answer on the public interface; none while it does not run."""
        return tuple(sorted({self.ports[door] for door in self.public})) if self.enabled else ()
