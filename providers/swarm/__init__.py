"""The swarm over its servers: made, joined, labelled and left through the Docker CLI over SSH."""

from providers.swarm.docker_view import CLUSTER_LABEL, SERVER_LABEL
from providers.swarm.errors import SwarmError
from providers.swarm.host_network import HostNetwork, HostNetworkArgs, HostNetworkProvider
from providers.swarm.init_provider import SwarmInitProvider
from providers.swarm.node_provider import SwarmNodeProvider
from providers.swarm.pinned_image import PinnedImage, PinnedImageArgs, PinnedImageProvider
from providers.swarm.running_service import (
    Proof,
    RunningService,
    RunningServiceArgs,
    RunningServiceProvider,
)
from providers.swarm.silence import SILENT_ARE_GONE, SILENT_VARIABLE, silent_are_gone
from providers.swarm.swarm_init import SwarmInit, SwarmInitArgs
from providers.swarm.swarm_node import SwarmNode, SwarmNodeArgs
from providers.swarm.task_count import TaskCount, TaskCountArgs, TaskCountProvider

__all__ = [
    "CLUSTER_LABEL",
    "SERVER_LABEL",
    "SILENT_ARE_GONE",
    "SILENT_VARIABLE",
    "HostNetwork",
    "HostNetworkArgs",
    "HostNetworkProvider",
    "PinnedImage",
    "PinnedImageArgs",
    "PinnedImageProvider",
    "Proof",
    "RunningService",
    "RunningServiceArgs",
    "RunningServiceProvider",
    "SwarmError",
    "SwarmInit",
    "SwarmInitArgs",
    "SwarmInitProvider",
    "SwarmNode",
    "SwarmNodeArgs",
    "SwarmNodeProvider",
    "TaskCount",
    "TaskCountArgs",
    "TaskCountProvider",
    "silent_are_gone",
]
