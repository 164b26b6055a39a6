"""The nodes of a cluster, each asked over the info protocol through an SSH channel to its own server."""

import re
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, TypedDict

from providers.aerospike.info_protocol import InfoError, ask, checked, number, pairs, seeds
from providers.ssh import Session, SshError, SshInputs, Target, connect

#: Seconds for a server to answer SSH, and for a node to answer a question.
CONNECT_SECONDS = 6.0
ANSWER_SECONDS = 10.0
#: A server that did not answer is asked again after so many seconds.
AGAIN_SECONDS = 5.0
NETWORK = "get-config:context=network"


class NodeInputs(TypedDict):
    """A node as resources are given it: its name, which is its service's too, and the server it runs on."""

    node: str
    ssh: SshInputs


@dataclass(frozen=True, kw_only=True)
class NodeView:
    """What a node says of itself and its cluster.

    is_member: it is in a cluster, and hears everybody in it. remaining: partitions it has to send or to get.
    """

    node_id: str
    build: str
    edition: str
    size: int
    key: str
    is_member: bool
    remaining: int
    seeds: tuple[tuple[str, int], ...]

    def shown(self) -> str:
        """For people."""
        if not self.is_member:
            return "forming a cluster"
        left = f", {self.remaining} partitions to move" if self.remaining else ""
        return f"cluster {self.key} of {self.size}{left}"


class Nodes:
    """Asks the nodes, all at once, over sessions that are kept and made anew when they break."""

    def __init__(self, nodes: Sequence[Mapping[str, Any]], port: int) -> None:
        self._port = port
        self._ssh = {str(node["node"]): node["ssh"] for node in nodes}
        self._links: dict[str, tuple[AbstractContextManager[Session], Session]] = {}
        self._not_before: dict[str, float] = {}
        self.silent: dict[str, str] = {}
        """Nodes that did not answer the last time, with the reason."""
        self.unreachable: set[str] = set()
        """Those of them whose very server did not answer."""

    def __enter__(self) -> "Nodes":
        return self

    def __exit__(self, *_: object) -> None:
        for name in list(self._links):
            self._drop(name)

    def views(self, names: Sequence[str] | None = None) -> dict[str, NodeView]:
        """What each node says, without those that are silent."""
        asked = list(self._ssh if names is None else names)
        with ThreadPoolExecutor(max_workers=max(1, len(asked))) as pool:
            found = dict(zip(asked, pool.map(self._view, asked), strict=True))
        return {name: view for name, view in found.items() if view is not None}

    def ask(self, name: str, *commands: str) -> dict[str, str]:
        """A node's answers, refusals among them. Raises SshError or InfoError."""
        return over(self.session(name), self._port, name, *commands)

    def tell(self, name: str, command: str) -> str:
        """One command. Raises RefusedError where the node refuses it, SshError or InfoError as `ask`."""
        return checked(command, self.ask(name, command)[command])

    def session(self, name: str) -> Session:
        """The session to a node's server. Raises SshError."""
        if name not in self._links:
            link = connect(Target.from_inputs(self._ssh[name]), deadline_seconds=CONNECT_SECONDS)
            self._links[name] = (link, link.__enter__())
        return self._links[name][1]

    def _view(self, name: str) -> NodeView | None:
        if time.monotonic() < self._not_before.get(name, 0.0):
            return None
        try:
            self.session(name)
        except SshError as exc:
            self._not_before[name] = time.monotonic() + AGAIN_SECONDS
            self.silent[name] = str(exc)
            self.unreachable.add(name)
            return None
        self.unreachable.discard(name)
        try:
            view = look(self.session(name), self._port, name)
        except (SshError, InfoError) as exc:
            self.silent[name] = str(exc)
            if not self._still_open(name):
                self._drop(name)
            return None
        self.silent.pop(name, None)
        return view

    def _still_open(self, name: str) -> bool:
        try:
            return self.session(name).run("true", timeout_seconds=ANSWER_SECONDS).ok
        except SshError:
            return False

    def _drop(self, name: str) -> None:
        link, _ = self._links.pop(name)
        link.__exit__(None, None, None)


def over(server: Session, port: int, name: str, *commands: str) -> dict[str, str]:
    """A node's answers through the session to its server. Raises SshError or InfoError."""
    channel = server.open_channel("127.0.0.1", port)
    try:
        channel.settimeout(ANSWER_SECONDS)
        return ask(channel, *commands)
    except TimeoutError as exc:
        said = f"{name} did not answer within {ANSWER_SECONDS:.0f} s"
        raise InfoError(said) from exc
    except (OSError, EOFError) as exc:
        said = f"the line to {name} broke off"
        raise InfoError(said) from exc
    finally:
        channel.close()


def look(server: Session, port: int, name: str) -> NodeView:
    """What a node says of itself. Raises SshError or InfoError."""
    said = over(server, port, name, "node", "build", "edition", "statistics", NETWORK)
    return _read({command: checked(command, value) for command, value in said.items()})


def disagreement(
    views: Mapping[str, NodeView],
    silent: Mapping[str, str],
    wanted: Sequence[str],
    *,
    size: int | None = None,
) -> str | None:
    """Why the wanted nodes are not one cluster with every copy in its place; None when they are.

    size: how many nodes the cluster has exactly; by default at least the wanted ones.
    """
    missing = [name for name in wanted if name not in views]
    if missing:
        return f"{missing[0]} does not answer ({silent.get(missing[0], 'not asked yet')})"
    seen = [views[name] for name in wanted]
    apart = len({view.key for view in seen}) > 1
    if apart or not all(view.is_member for view in seen):
        return "; ".join(f"{name}: {views[name].shown()}" for name in wanted)
    sizes = {view.size for view in seen}
    if (sizes != {size}) if size is not None else any(view.size < len(wanted) for view in seen):
        return f"the cluster has {max(sizes)} nodes of {size or len(wanted)}"
    left = sum(view.remaining for view in seen)
    return f"{left} partitions to move" if left else None


def _read(said: Mapping[str, str]) -> NodeView:
    facts = pairs(said["statistics"])
    return NodeView(
        node_id=said["node"],
        build=said["build"],
        edition=_edition(said["edition"]),
        size=number(facts, "cluster_size"),
        key=facts.get("cluster_key", ""),
        is_member=facts.get("cluster_is_member") == "true" and facts.get("cluster_integrity") == "true",
        remaining=number(facts, "migrate_partitions_remaining"),
        seeds=tuple(seeds(said[NETWORK])),
    )


def _edition(said: str) -> str:
    """ "Community" of "Aerospike Community Edition"."""
    match = re.search(r"(\w+) Edition", said)
    return match[1] if match else said
