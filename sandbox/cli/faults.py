"""`fault`: scripts that break calls of the API, and accidents that befall a server without the API's
knowledge.
"""

import json
import time
from argparse import Namespace
from collections.abc import Callable
from typing import Any

from rich.console import Console
from rich.table import Table

from sandbox.cli.control import control
from sandbox.cli.directory import find
from sandbox.cli.lifecycle import exclusive
from sandbox.nodes.docker_cli import Docker, last_line
from sandbox.nodes.docker_driver import DockerDriver
from sandbox.nodes.errors import DockerError
from sandbox.nodes.host_facts import gather
from sandbox.nodes.images import NODE
from sandbox.nodes.layout import PUBLIC_GATEWAY, Layout, checkout_layout
from sandbox.nodes.probe import choose_profile
from sandbox.nodes.progress import Progress

PRIVATE_INTERFACE = "eth0"
PUBLIC_INTERFACE = "eth1"
#: Seconds for the engine to catch all processes of a server: where new ones come fast, it gives up soon.
FREEZE_SECONDS = 60.0
_GAVE_UP = "unable to freeze"

FIELDS = (
    "kind",
    "service",
    "method",
    "hostname",
    "when",
    "nth",
    "times",
    "delay",
    "seconds",
    "status",
    "code",
    "message",
    "body",
)


def add(options: Namespace) -> int:
    """Put a fault script in force and show it."""
    script = {name: value for name in FIELDS if (value := getattr(options, name)) is not None}
    _print(control("POST", "faults", script))
    return 0


def show(_: Namespace) -> int:
    """Show the fault scripts."""
    table = Table("id", "kind", "call", "server", "when", "from", "times", "matched", "fired", box=None)
    for each in control("GET", "faults"):
        call = f"{each['service'] or '*'}::{each['method'] or '*'}"
        table.add_row(
            str(each["id"]),
            each["kind"],
            call,
            each["hostname"] or "*",
            each["when"],
            str(each["nth"]),
            str(each["times"] or "for ever"),
            str(each["seen"]),
            str(each["fired"]),
        )
    Console().print(table)
    return 0


def clear(options: Namespace) -> int:
    """Remove one fault script or all."""
    path = "faults" if options.id is None else f"faults/{options.id}"
    _print(control("DELETE", path))
    return 0


def release(_: Namespace) -> int:
    """Let held provisioning go on."""
    _print(control("POST", "release"))
    return 0


def calls(_: Namespace) -> int:
    """Show the counters of calls."""
    _print(control("GET", "calls"))
    return 0


def orders(_: Namespace) -> int:
    """Show every order that was committed."""
    _print(control("GET", "orders"))
    return 0


def node(options: Namespace) -> int:
    """Let an accident happen to a server."""
    layout, docker = checkout_layout(), Docker()
    server = find(docker, layout, options.node)
    NODE_ACTIONS[options.action](docker, layout, server.guest_id)
    Progress().say(f"{server.fqdn}: {options.action}")
    return 0


def _crash(docker: Docker, layout: Layout, guest_id: int) -> None:
    """Power is lost. Unlike after the API's powerOff, `up` brings the server back."""
    docker.run("kill", layout.container(guest_id), purpose=f"crash server {guest_id}")


def _boot(docker: Docker, layout: Layout, guest_id: int) -> None:
    with exclusive(layout, Progress()):
        profile, _ = choose_profile(docker, layout, gather(docker), NODE.tag)
        DockerDriver(layout, profile, NODE.tag, docker).power(guest_id, "on")


def _freeze(docker: Docker, layout: Layout, guest_id: int) -> None:
    purpose, deadline = f"freeze server {guest_id}", time.monotonic() + FREEZE_SECONDS
    while (done := docker.attempt("pause", layout.container(guest_id), purpose=purpose)).returncode != 0:
        said = last_line(done.stderr)
        if _GAVE_UP not in said or time.monotonic() > deadline:
            message = f"Cannot {purpose}: {said}"
            raise DockerError(message)
        time.sleep(0.2)


def _thaw(docker: Docker, layout: Layout, guest_id: int) -> None:
    docker.run("unpause", layout.container(guest_id), purpose=f"thaw server {guest_id}")


def _switch(docker: Docker, layout: Layout, guest_id: int, interface: str, state: str) -> None:
    name = layout.container(guest_id)
    purpose = f"set {interface} of server {guest_id} {state}"
    docker.run("exec", name, "ip", "link", "set", interface, state, purpose=purpose)


def _cut(docker: Docker, layout: Layout, guest_id: int) -> None:
    _switch(docker, layout, guest_id, PRIVATE_INTERFACE, "down")


def _mend(docker: Docker, layout: Layout, guest_id: int) -> None:
    _switch(docker, layout, guest_id, PRIVATE_INTERFACE, "up")


def _hide(docker: Docker, layout: Layout, guest_id: int) -> None:
    _switch(docker, layout, guest_id, PUBLIC_INTERFACE, "down")


def _unhide(docker: Docker, layout: Layout, guest_id: int) -> None:
    _switch(docker, layout, guest_id, PUBLIC_INTERFACE, "up")
    # The kernel forgets the routes of an interface that goes down.
    route = ("ip", "route", "replace", "default", "via", PUBLIC_GATEWAY)
    docker.run("exec", layout.container(guest_id), *route, purpose=f"give server {guest_id} its route back")


NODE_ACTIONS: dict[str, Callable[[Docker, Layout, int], None]] = {
    "crash": _crash,
    "boot": _boot,
    "freeze": _freeze,
    "thaw": _thaw,
    "cut": _cut,
    "mend": _mend,
    "hide": _hide,
    "unhide": _unhide,
}
NODE_ACTIONS_HELP = (
    "crash: power is lost; boot: power is back; freeze, thaw: every process stands still; "
    "cut, mend: the private network is gone; hide, unhide: the public one is, and SSH with it"
)


def _print(value: Any) -> None:
    print(json.dumps(value, indent=2))
