"""The replicas of a site, over SSH: the installation in one of them, an answer over HTTP."""

import json
import shlex
from collections.abc import Mapping
from http.client import HTTPException, HTTPResponse
from typing import TYPE_CHECKING, Any, cast

from providers.ssh import Session, SshError
from providers.wordpress.errors import WordPressError

if TYPE_CHECKING:
    import socket

#: Seconds that a reading docker command may take, an installation, and one page.
READ_SECONDS, INSTALL_SECONDS, PAGE_SECONDS = 30.0, 120.0, 20.0
#: Where the installation lies in each replica, and the user who runs it there.
INSTALLER, WEB_USER = "/opt/galera-swarm/install.php", "www-data"


def install(server: Session, services: Mapping[str, Any], order: Mapping[str, str]) -> dict[str, Any] | None:
    """Run the installation in a replica on this server; None if none is here. What it says of itself.

    The order, with the password, goes over stdin. Raises WordPressError if the installation fails.
    """
    container = _container(server, services)
    if container is None:
        return None
    done = server.run(
        f"docker exec -i --user {WEB_USER} {container} php {INSTALLER}",
        stdin=json.dumps(dict(order)),
        timeout_seconds=INSTALL_SECONDS,
    )
    lines = done.stdout.strip().splitlines()
    if not done.ok or not lines or not lines[-1].startswith("{"):
        said = f"the installation of WordPress on {server.name} failed: {done.reason()}"
        raise WordPressError(said)
    return dict(json.loads(lines[-1]))


def _container(server: Session, services: Mapping[str, Any]) -> str | None:
    for service in services:
        label = shlex.quote(f"label=com.docker.swarm.service.name={service}")
        found = server.must(
            f"docker ps -q --filter {label} --filter status=running | head -n 1",
            doing=f"looking for a replica of {service}",
            timeout_seconds=READ_SECONDS,
        ).strip()
        if found:
            return found
    return None


def page_fault(server: Session, port: int) -> str:
    """Why the site does not answer on this server; empty if it does."""
    try:
        channel = server.open_channel("127.0.0.1", port)
    except SshError as exc:
        return str(exc)
    try:
        channel.settimeout(PAGE_SECONDS)
        channel.sendall(b"GET /wp-login.php HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        answer = HTTPResponse(cast("socket.socket", channel))
        answer.begin()
        return "" if answer.status == 200 else f"{server.name}:{port} answers {answer.status} {answer.reason}"
    except (OSError, EOFError, HTTPException) as exc:
        return f"{server.name}:{port} does not answer: {exc or type(exc).__name__}"
    finally:
        channel.close()
