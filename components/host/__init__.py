"""Host preparation: from a server as the cloud delivers it to a Docker engine that can join the swarm."""

from components.host.component import (
    EngineSettings,
    EngineSettingsArgs,
    Host,
    HostArgs,
    ImagePrefetch,
    ImagePrefetchArgs,
    Neighbours,
    NeighboursArgs,
    connection_to,
)
from components.host.plan import (
    DiskPlan,
    EnginePlan,
    Feature,
    Filesystem,
    FirewallPlan,
    HostEntry,
    HostFacts,
    HostPlan,
    TimePlan,
    required_features,
)

__all__ = [
    "DiskPlan",
    "EnginePlan",
    "EngineSettings",
    "EngineSettingsArgs",
    "Feature",
    "Filesystem",
    "FirewallPlan",
    "Host",
    "HostArgs",
    "HostEntry",
    "HostFacts",
    "HostPlan",
    "ImagePrefetch",
    "ImagePrefetchArgs",
    "Neighbours",
    "NeighboursArgs",
    "TimePlan",
    "connection_to",
    "required_features",
]
