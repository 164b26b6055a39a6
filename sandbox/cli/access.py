"""`logs` and `ssh`: a way into the servers."""

import os
import shutil
import subprocess
import sys
from argparse import Namespace
from pathlib import Path

from sandbox.cli.directory import Server, find
from sandbox.nodes.docker_cli import Docker
from sandbox.nodes.errors import HostError
from sandbox.nodes.layout import Layout, checkout_layout

HOST_KEY = "/etc/ssh/ssh_host_ed25519_key.pub"


def logs(options: Namespace) -> int:
    """Show the last lines of a server's console and its engine's log, of the API, or of the registry."""
    layout, docker = checkout_layout(), Docker()
    if options.node == "api":
        if not layout.api_log.exists():
            message = "The API has written nothing yet; start it with 'python -m sandbox up'."
            raise HostError(message)
        follow = ["--follow"] if options.follow else []
        return _interactive(["tail", f"--lines={options.tail}", *follow, str(layout.api_log)])
    if options.node == "registry":
        name = layout.registry_container
    else:
        name = layout.container(find(docker, layout, options.node).guest_id)
    follow = ["--follow"] if options.follow else []
    return _interactive([docker.program, "logs", f"--tail={options.tail}", *follow, name])


def ssh(options: Namespace) -> int:
    """Log in to a server as root with one of the stacks' keys; by its console where there is no key or no
    client.
    """
    layout, docker = checkout_layout(), Docker()
    server = find(docker, layout, options.node)
    words: list[str] = options.command[1:] if options.command[:1] == ["--"] else options.command
    given = [Path(options.identity)] if options.identity else []
    keys = given or sorted(layout.checkout.glob(".secrets/*/ssh_ed25519"))
    if options.console or not keys or shutil.which("ssh") is None:
        if not options.console:
            print(
                "sandbox: without a key in .secrets/ or an ssh client: the server's console", file=sys.stderr
            )
        return _interactive(console_command(docker, layout, server, words, terminal=sys.stdin.isatty()))
    _remember_host_key(docker, layout, server)
    return _interactive(ssh_command(layout, server, keys, words))


def ssh_command(layout: Layout, server: Server, keys: list[Path], words: list[str]) -> list[str]:
    """The command line of the SSH client, which accepts only the host key that the server really has."""
    return [
        "ssh",
        "-F",
        "none",
        *(word for key in keys for word in ("-i", str(key))),
        "-o",
        "IdentitiesOnly=yes",
        "-o",
        f"UserKnownHostsFile={layout.known_hosts}",
        "-o",
        "GlobalKnownHostsFile=none",
        "-o",
        "StrictHostKeyChecking=yes",
        "-o",
        "LogLevel=ERROR",
        f"root@{server.address}",
        *(["--", *words] if words else []),
    ]


def console_command(
    docker: Docker, layout: Layout, server: Server, words: list[str], *, terminal: bool
) -> list[str]:
    """The command line that enters the server's container."""
    flags = ["--interactive", *(["--tty"] if terminal else [])]
    inside = ["bash", "-lc", " ".join(words)] if words else ["bash", "-l"]
    return [docker.program, "exec", *flags, layout.container(server.guest_id), *inside]


def _remember_host_key(docker: Docker, layout: Layout, server: Server) -> None:
    """Write the key that the server's own disk holds; a reloaded server has a new one at its old address."""
    purpose = f"read the host key of {server.fqdn}"
    key = docker.run("exec", layout.container(server.guest_id), "cat", HOST_KEY, purpose=purpose)
    known = layout.known_hosts.read_text().splitlines() if layout.known_hosts.exists() else []
    lines = [line for line in known if line.split(" ", 1)[0] != server.address]
    lines.append(f"{server.address} {' '.join(key.split()[:2])}")
    fresh = layout.known_hosts.with_suffix(f".{os.getpid()}")
    fresh.write_text("".join(f"{line}\n" for line in lines))
    fresh.rename(layout.known_hosts)


def _interactive(words: list[str]) -> int:
    """Run a command on this terminal."""
    return subprocess.run(words, check=False).returncode
