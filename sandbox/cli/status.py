"""`status`: one screen with the API, the registry and every server."""

import json
from argparse import Namespace
from typing import Any

from rich.console import Console
from rich.table import Table

from sandbox.cli import serving
from sandbox.cli.control import NotRunningError, control
from sandbox.cli.directory import servers
from sandbox.nodes.docker_cli import Docker
from sandbox.nodes.layout import REGISTRY_ADDRESS, REGISTRY_PORT, Layout, checkout_layout

NOT_RUNNING = 3
WIDTH = 1000
"""In columns, more than any line needs: nothing is shortened, a narrow terminal wraps."""


def status(options: Namespace) -> int:
    """Show the state of the sandbox; exit status 3 when the API does not answer."""
    layout, docker = checkout_layout(), Docker()
    report = collect(docker, layout)
    if options.json:
        print(json.dumps(report, indent=2))
    else:
        _show(report)
    return 0 if report["api"]["answers"] else NOT_RUNNING


def collect(docker: Docker, layout: Layout) -> dict[str, Any]:
    """Everything that `status` shows."""
    record = docker.inspect("container", layout.registry_container)
    try:
        guests, health, answers = control("GET", "guests"), control("GET", "health"), True
    except NotRunningError:
        answers, health = False, {"unfinished": 0, "failing": []}
        guests = [_from_engine(docker, layout, each.guest_id, each.fqdn) for each in servers(docker, layout)]
    return {
        "sandbox": layout.sandbox_id,
        "api": {"endpoint": serving.ENDPOINT, "answers": answers, "pid": serving.running(layout), **health},
        "registry": {
            "address": f"http://{REGISTRY_ADDRESS}:{REGISTRY_PORT}",
            "state": record["State"]["Status"] if record else "absent",
        },
        "guests": guests,
    }


def _from_engine(docker: Docker, layout: Layout, guest_id: int, fqdn: str) -> dict[str, Any]:
    record = docker.inspect("container", layout.container(guest_id)) or {}
    hostname, _, domain = fqdn.partition(".")
    return {
        "id": guest_id,
        "hostname": hostname,
        "domain": domain,
        "powerState": str(record.get("State", {}).get("Status", "absent")).upper(),
    }


def _show(report: dict[str, Any]) -> None:
    api, registry = report["api"], report["registry"]
    if api["answers"]:
        print(
            f"API       {api['endpoint']}, process {api['pid']}, {api['unfinished']} transactions under way"
        )
    else:
        print("API       does not run; 'python -m sandbox up' brings everything back")
    for each in api["failing"]:
        print(f"          transaction {each['id']} ({each['kind']} of {each['guest']}): {each['error']}")
    print(f"registry  {registry['address']}, {registry['state']}")
    if not report["guests"]:
        print("servers   none")
        return
    console = Console(width=WIDTH)
    table = Table(box=None, pad_edge=False)
    for heading in ("id", "name", "in", "public", "private", "size", "state"):
        table.add_column(heading, no_wrap=True)
    for guest in report["guests"]:
        table.add_row(*_row(guest))
    console.print(table)


def _row(guest: dict[str, Any]) -> list[str]:
    size = ""
    if "cpus" in guest:
        disks = "+".join(str(each) for each in guest["disksGb"])
        size = f"{guest['cpus']} CPU, {guest['memoryMb'] / 1024:g} GB, {disks} GB"
    under_way = [each["status"] for each in guest.get("transactions", [])]
    return [
        str(guest["id"]),
        f"{guest['hostname']}.{guest['domain']}",
        guest.get("datacenter") or "",
        guest.get("publicIp") or "",
        guest.get("privateIp") or "",
        size,
        ", ".join([guest["powerState"], *under_way]),
    ]
