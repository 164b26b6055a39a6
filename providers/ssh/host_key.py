"""A server's host key, recorded at first contact by the resource that waits until the server is steady."""

import sys
import time
from dataclasses import dataclass
from typing import Any, ClassVar

import pulumi
from pulumi.dynamic import CreateResult, ReadResult, Resource, UpdateResult

from providers.ssh.connection import connect, presented_host_key
from providers.ssh.errors import AccessDeniedError, SshError, UnreachableError
from providers.ssh.session import Session
from providers.ssh.target import Target
from providers.stateless import StatelessProvider, changed, whole, without_provider

#: A server that is up for longer than this is past the reboots of its provisioning (seconds).
SETTLED_UPTIME_SECONDS = 60.0
#: Seconds between the two readings of a younger one.
READING_GAP_SECONDS = 1.0
#: Seconds that `refresh` waits for a server that may be down.
REFRESH_PATIENCE_SECONDS = 5.0
#: Seconds that a server may take to let another private key in.
UPDATE_PATIENCE_SECONDS = 30.0


@dataclass(frozen=True, kw_only=True)
class HostKeyArgs:
    """Which server, and how to reach it for the first time.

    server_id: id of the server in the cloud; another server has another key.
    private_key: text of the SSH private key; a secret.
    timeout_seconds: how long SSH may take to answer.
    """

    server_id: pulumi.Input[str]
    host: pulumi.Input[str]
    private_key: pulumi.Input[str]
    port: pulumi.Input[int] = 22
    user: pulumi.Input[str] = "root"
    timeout_seconds: int = 600


class HostKeyProvider(StatelessProvider):
    """Trusts the first answer and refuses every other one after it."""

    INPUTS: ClassVar = ("server_id", "host", "port", "user", "private_key", "timeout_seconds")
    IDENTITY: ClassVar = ("server_id", "host")
    COMPARED: ClassVar = ("port", "user", "private_key")

    def create(self, props: dict[str, Any]) -> CreateResult:
        """Wait until SSH answers and the server does not restart any more.

        Raises UnreachableError or AccessDeniedError when it does not answer in time.
        """
        deadline = time.monotonic() + whole(props, "timeout_seconds", 600)
        while True:
            key, boot, uptime = _reading(_target(props), max(1.0, deadline - time.monotonic()))
            if uptime > SETTLED_UPTIME_SECONDS:
                break
            time.sleep(READING_GAP_SECONDS)
            again, boot_again, _ = _reading(_target(props, key), max(1.0, deadline - time.monotonic()))
            if (key, boot) == (again, boot_again):
                break
            if time.monotonic() > deadline:
                said = f"{props['host']} keeps restarting: look at its console in the cloud"
                raise UnreachableError(said)
        outs = {**without_provider(props), "host_key": key}
        return CreateResult(str(props["server_id"]), outs=outs)

    def update(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> UpdateResult:
        """Take the new way in over. Another private key has to open the server before anything relies on it.

        Raises AccessDeniedError when it does not, UnreachableError when nobody answers.
        """
        outs = self.taken_over(_olds, _news)
        if changed(_olds.get("private_key"), _news.get("private_key")):
            try:
                _reading(_target(_news, outs.get("host_key")), UPDATE_PATIENCE_SECONDS)
            except AccessDeniedError as exc:
                said = (
                    f"{_news['host']} does not take the stack's new SSH key: put the old one back into its"
                    " file, and let `make rotate-key` exchange it"
                )
                raise AccessDeniedError(said) from exc
        return UpdateResult(outs=outs)

    def read(self, id_: str, props: dict[str, Any]) -> ReadResult:
        """The recorded key stays, whatever answers now: only a replacement records another one."""
        try:
            _reading(_target(props, props.get("host_key")), REFRESH_PATIENCE_SECONDS)
        except SshError as exc:
            print(f"warning: {exc}", file=sys.stderr)
        return self.found(id_, props)


class HostKey(Resource, module="ssh", name="HostKey"):
    """A server that answers SSH steadily, and the key by which it is known from then on."""

    host_key: pulumi.Output[str]
    """"<type> <base64>", such as "ssh-ed25519 AAAA..."."""

    def __init__(self, name: str, args: HostKeyArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        props: dict[str, Any] = {
            "server_id": args.server_id,
            "host": args.host,
            "port": args.port,
            "user": args.user,
            "private_key": pulumi.Output.secret(args.private_key),
            "timeout_seconds": args.timeout_seconds,
            "host_key": None,
        }
        super().__init__(HostKeyProvider(), name, props, opts)


def _target(props: dict[str, Any], host_key: str | None = None) -> Target:
    return Target(
        host=str(props["host"]),
        port=whole(props, "port", 22),
        user=str(props.get("user") or "root"),
        private_key=str(props["private_key"]),
        host_key=host_key,
    )


def _reading(target: Target, patience_seconds: float) -> tuple[str, str, float]:
    """Host key, boot id and uptime in seconds."""
    with connect(target, deadline_seconds=patience_seconds) as session:
        return (presented_host_key(session), *_boot(session))


def _boot(session: Session) -> tuple[str, float]:
    said = session.must(
        "cat /proc/sys/kernel/random/boot_id /proc/uptime", doing="reading the boot id", timeout_seconds=15.0
    )
    boot, uptime = said.split("\n", 1)
    return boot, float(uptime.split()[0])
