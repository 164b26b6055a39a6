"""`asd --config-file FILE`: one node of the stand-in, until SIGTERM."""

import argparse
import asyncio
import os
import signal
import socket
import sys
import time
from functools import partial
from pathlib import Path

from . import server
from .cluster import Cluster, Made, Pulse
from .commands import Commands
from .conf import Conf, ConfError, read
from .mesh import Mesh

BUILD = "8.1.2.3"
#: Partitions that one node takes in each second; small enough that a wait for migrations is a wait.
RATE = 2000.0


def main() -> int:
    """Start. Returns 1 for a file that no server would start with."""
    parser = argparse.ArgumentParser(prog="asd", description=__doc__)
    parser.add_argument("--config-file", type=Path, default=Path("/etc/aerospike/aerospike.conf"))
    parser.add_argument("--fgdaemon", action="store_true")
    options = parser.parse_args()
    try:
        conf = read(options.config_file)
    except (ConfError, OSError, ValueError, IndexError) as fault:
        print(f"asd: {options.config_file}: {fault}", file=sys.stderr)
        return 1
    asyncio.run(_serve(conf))
    return 0


async def _serve(conf: Conf) -> None:
    loop = asyncio.get_running_loop()
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    beat, service = _address(conf.heartbeat_address), _address(conf.service_address)
    shown = conf.access_address or (beat if service == "0.0.0.0" else service)  # noqa: S104
    node = Pulse(
        node=conf.node_id,
        incarnation=time.time_ns(),
        address=f"{beat}:{conf.heartbeat_port}",
        service=f"{shown}:{conf.service_port}",
        is_quiescing=False,
        made=Made(),
        held=0,
    )
    cluster = Cluster(
        node,
        copies=max(namespace.replication_factor for namespace in conf.namespaces),
        interval=conf.interval_seconds,
        timeout=conf.timeout_intervals,
        rate=float(os.environ.get("STANDIN_PARTITIONS_PER_SECOND", RATE)),
    )
    mesh = Mesh(cluster, conf.cluster_name, conf.seeds, conf.interval_seconds)
    edition = "Enterprise" if "enterprise" in os.environ.get("STANDIN_IMAGE", "") else "Community"
    commands = Commands(conf, cluster, mesh, build=BUILD, edition=edition)
    await loop.create_datagram_endpoint(lambda: mesh, local_addr=(beat, conf.heartbeat_port))
    await asyncio.start_server(partial(server.binary, commands=commands), service, conf.service_port)
    await asyncio.start_server(partial(server.text, commands=commands), service, conf.text_port)
    beating = loop.create_task(mesh.run())
    print(
        f"stand-in for Aerospike {edition} Edition {BUILD}: keeps no data, node {conf.node_id:X}", flush=True
    )
    waiting = loop.create_task(stop.wait())
    await asyncio.wait({beating, waiting}, return_when=asyncio.FIRST_COMPLETED)
    if beating.done():
        beating.result()
    print("stand-in: finished clean shutdown", flush=True)


def _address(name: str) -> str:
    """The address behind `any`, a name, or an address."""
    if name == "any":
        return "0.0.0.0"  # noqa: S104
    return str(socket.getaddrinfo(name, None, family=socket.AF_INET)[0][4][0])


if __name__ == "__main__":
    sys.exit(main())
