"""No change takes the quorum away: the deployed topology is compared with the new one first."""

from providers.topology.guard import (
    KeptCopies,
    ServerIdentity,
    TopologyArgs,
    TopologyGuard,
    TopologyGuardArgs,
    TopologyGuardProvider,
)
from providers.topology.settled import TopologySettled, TopologySettledArgs, TopologySettledProvider
from providers.topology.verdict import Topology, replaced

__all__ = [
    "KeptCopies",
    "ServerIdentity",
    "Topology",
    "TopologyArgs",
    "TopologyGuard",
    "TopologyGuardArgs",
    "TopologyGuardProvider",
    "TopologySettled",
    "TopologySettledArgs",
    "TopologySettledProvider",
    "replaced",
]
