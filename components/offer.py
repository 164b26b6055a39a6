"""What a preview shows of money: the servers that an `up` would order, and what they would cost."""

import asyncio
import functools
from collections.abc import Mapping
from typing import Any

import pulumi

from components.server_plan import keyless_order
from providers.softlayer.offer import offer
from providers.topology import Topology, TopologyArgs, replaced
from settings import Settings


def show_offer(settings: Settings, topology: TopologyArgs, deployed: pulumi.StackReference) -> object:
    """In a preview, one line for each server that would be ordered, and their sum; else nothing."""
    if not pulumi.runtime.is_dry_run():
        return None

    async def show(record: Mapping[str, Any] | None) -> list[str]:
        anew = replaced((record or {}).get("topology"), Topology.from_props(topology.props()))
        guests = [keyless_order(settings, server) for server in settings.servers]
        cloud = settings.cloud
        asked = functools.partial(
            offer, guests, anew, username=cloud.username, api_key=cloud.api_key.get_secret_value()
        )
        lines = await asyncio.get_running_loop().run_in_executor(None, asked)
        for line in lines:
            pulumi.log.info(line)
        return lines

    said: pulumi.Output[list[str]] = deployed.get_output("topology").apply(show)
    return said
