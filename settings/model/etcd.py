"""Section `etcd`: a small, consistent key-value store on the private network."""

from typing import Annotated

from pydantic import Field

from settings.model.section import Section


class Etcd(Section):
    """The etcd cluster: one member on each of the first servers, clients and peers with TLS."""

    enabled: bool = False
    """Whether the stack has an etcd cluster."""

    members: Annotated[int, Field(ge=3, le=5)] = 3
    """Number of members: 3 or 5. Three can lose one, five can lose two."""

    image: str = "quay.io/coreos/etcd:v3.6.6"
    """Image of every member: etcd 3.6, with `etcdctl` and `etcdutl` in it."""

    client_port: Annotated[int, Field(ge=1024, le=65535)] = 2379
    """TCP port for clients on each server."""

    peer_port: Annotated[int, Field(ge=1024, le=65535)] = 2380
    """TCP port on which the members talk to each other."""

    quota_mb: Annotated[int, Field(ge=64, le=8192)] = 2048
    """Size in MB at which the database refuses further writes (alarm NOSPACE)."""

    compaction_hours: Annotated[int, Field(ge=1, le=720)] = 1
    """Hours for which old revisions of keys are kept."""

    memory_mb: Annotated[int, Field(ge=64)] | None = None
    """Memory limit of each member's container in MB. The default is none."""
