"""The resource that every server depends on, and that refuses a change no quorum would survive (design 7)."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, TypedDict

import pulumi
from pulumi.dynamic import CheckFailure, CheckResult, ConfigureRequest, CreateResult, Resource

from providers.softlayer.errors import CloudError
from providers.softlayer.replacement import ensure_orderable
from providers.stateless import StatelessProvider, changed, holds_unknown, without_provider
from providers.topology.fixed import fixed
from providers.topology.verdict import Topology, judge, replaced


class ServerIdentity(TypedDict):
    """A server as the guard sees it.

    identity: a hash of the fields whose change replaces it.
    shape: its domain, cpus, memory_mb, flavor and disks, whose change renames, restarts or replaces it.
    """

    name: str
    datacenter: str
    identity: str
    shape: Mapping[str, Any]


class KeptCopies(TypedDict):
    """The servers of a service, and on how many of them each record lies."""

    servers: Sequence[str]
    copies: int


@dataclass(frozen=True, kw_only=True)
class TopologyArgs:
    """Who carries what. All names are names of `servers`.

    servers: all of them, managers first.
    managers: how many of them, from the top, are swarm managers.
    members: the servers that carry a Galera member. cluster: its name, which its members and volumes carry.
    network: what the overlay network is, by the keys of its section in the config.
    voters: for each other service with a quorum ("etcd", "consul") the servers that vote in it.
    copies: for each service without a quorum that keeps its records several times, its nodes and how often.
    stepwise: members leave one after another, each seen gone in order; so any number may be removed at once.
    protected: the servers that the engine refuses to delete.
    consul: what its certificates name, by the keys of its section in the config; nothing where it is off.
    uploads: where the files lie that users upload: the `kind` of place and, with `volume`, the `server` that
        keeps them; nothing where WordPress is off.
    """

    servers: Sequence[ServerIdentity]
    managers: int
    members: Sequence[str] = ()
    cluster: str = ""
    network: Mapping[str, Any] = field(default_factory=dict)
    voters: Mapping[str, Sequence[str]] = field(default_factory=dict)
    copies: Mapping[str, KeptCopies] = field(default_factory=dict)
    stepwise: bool = False
    protected: Sequence[str] = ()
    consul: Mapping[str, str] = field(default_factory=dict)
    uploads: Mapping[str, str] = field(default_factory=dict)

    def props(self) -> dict[str, Any]:
        """The form in which the topology travels, and in which `TopologySettled` gives it back."""
        return {
            "servers": [dict(server) for server in self.servers],
            "managers": self.managers,
            "members": list(self.members),
            "cluster": self.cluster,
            "network": dict(self.network),
            "voters": {service: list(names) for service, names in self.voters.items()},
            # Left out while there is none, as it was before there were such services.
            **({"copies": {name: dict(kept) for name, kept in self.copies.items()}} if self.copies else {}),
            "stepwise": self.stepwise or None,
            **({"protected": list(self.protected)} if self.protected else {}),
            **({"consul": dict(self.consul)} if self.consul else {}),
            **({"uploads": dict(self.uploads)} if self.uploads else {}),
        }


@dataclass(frozen=True, kw_only=True)
class TopologyGuardArgs(TopologyArgs):
    """settled: `TopologySettled.record` of the last deployment that came to its end, a stack output.

    Without it the guard compares with the last deployment that began, and cannot know that the change of a
    killed `up` is still under way.
    start_empty: the files that users uploaded may be left behind.
    orders: each server as it would be ordered, in properties of a guest; kept nowhere.
    """

    settled: pulumi.Input[Mapping[str, Any] | None] = None
    start_empty: bool = False
    orders: Sequence[Mapping[str, Any]] = ()


class TopologyGuardProvider(StatelessProvider):
    """Judges in `check`, which the engine calls in preview and in up, before anything is touched."""

    _cloud: Any = None

    def configure(self, req: ConfigureRequest) -> None:
        """Take note of the credentials, with which the orders of replacements are verified."""
        self._cloud = req.config.get("cloud")

    INPUTS: ClassVar = (
        "servers",
        "managers",
        "members",
        "cluster",
        "network",
        "voters",
        "copies",
        "stepwise",
        "protected",
        "consul",
        "uploads",
        "start_empty",
        "settled",
        "orders",
        "attempt",
        "in_flux",
    )
    COMPARED: ClassVar = (
        *("servers", "managers", "members", "cluster", "network", "voters", "copies"),
        *("protected", "consul", "uploads"),
    )

    def check(self, _olds: dict[str, Any], news: dict[str, Any]) -> CheckResult:
        """One failure, one sentence, if any quorum would lose more than it can.

        The cloud is asked only about servers that this change replaces, and only where nothing else is wrong:
        it has to take the orders of all of them before the first one is touched.

        Adds two inputs of its own: `attempt`, another one for each change of the topology, and `in_flux`, the
        servers that may be away until that attempt is settled. An attempt is settled when `TopologySettled`
        gave back its name. A topology that is not known yet passes: the deployment itself judges it again.
        """
        inputs = without_provider(news)
        orders = inputs.pop("orders", None) or ()
        if any(holds_unknown(inputs.get(key)) for key in self.COMPARED):
            return CheckResult(inputs, [])
        record = {} if holds_unknown(inputs.get("settled")) else inputs.get("settled") or {}
        is_settled = not record or record.get("attempt") == _olds.get("attempt")
        new = Topology.from_props(inputs)
        verdict = judge(
            began=Topology.from_props(_olds) if _olds.get("servers") else None,
            settled=None if is_settled else Topology.from_props(record["topology"]),
            in_flux=frozenset(_olds.get("in_flux") or ()),
            new=new,
        )
        same = bool(_olds.get("attempt")) and not any(
            changed(_olds.get(key), inputs.get(key)) for key in self.COMPARED
        )
        inputs["attempt"] = _olds["attempt"] if same else _attempt(_olds.get("attempt"), inputs)
        inputs["in_flux"] = sorted(verdict.in_flux)
        # Named after no property, because the engine would print the whole value of it before the sentence.
        failures = [CheckFailure("", verdict.refusal)] if verdict.refusal else []
        if _olds.get("cluster") and _olds["cluster"] != inputs.get("cluster"):
            failures.append(CheckFailure("cluster", _renamed(str(_olds["cluster"]), str(inputs["cluster"]))))
        reached = record.get("topology") or {}
        failures += [*_kept(reached or _olds, inputs), *fixed(reached, inputs)]
        if not failures:
            # Another one than both: what an interrupted run may have replaced already is left to the guest's
            # own provider, which knows it.
            anew = replaced(_olds, new) & replaced(reached or _olds, new)
            failures += self._refused([order for order in orders if order.get("hostname") in anew])
        return CheckResult(inputs, failures)

    def _refused(self, orders: Sequence[Mapping[str, Any]]) -> list[CheckFailure]:
        """A failure for each order that the cloud would not take; what is not known yet is left for later."""
        failures = []
        for order in orders:
            if holds_unknown(order):
                continue
            try:
                ensure_orderable(self._cloud, order)
            except CloudError as exc:
                failures.append(CheckFailure("", str(exc)))
        return failures

    def create(self, props: dict[str, Any]) -> CreateResult:
        """The first deployment: there is no quorum yet that could be lost."""
        return CreateResult("topology", outs=without_provider(props))


class TopologyGuard(Resource, module="topology", name="TopologyGuard"):
    """Every server depends on it."""

    servers: pulumi.Output[list[dict[str, Any]]]
    """The servers as they were judged: those of the last deployment, where a run leaves the guard out."""
    attempt: pulumi.Output[str]
    """Name of the change of the topology that this deployment makes or completes, for `TopologySettled`."""

    def __init__(
        self, name: str, args: TopologyGuardArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        start_empty = args.start_empty or None
        props = {
            **args.props(),
            "settled": args.settled,
            "start_empty": start_empty,
            "attempt": None,
            "orders": [dict(order) for order in args.orders] or None,
        }
        super().__init__(TopologyGuardProvider(), name, props, opts)


def _renamed(before: str, after: str) -> str:
    return (
        f"database.clusterName {after} would put an empty cluster in the place of {before}, whose data stays"
        f" in volumes nobody uses; set it back to {before}, or make another stack for {after}"
    )


def _kept(before: Mapping[str, Any], inputs: Mapping[str, Any]) -> list[CheckFailure]:
    """Servers that were protected when they were last registered, and would be deleted now.

    The engine refuses that itself, but only after it has deleted what depends on the server, and the server
    stays protected once it is no longer in the config.
    """
    identity = {one["name"]: one["identity"] for one in inputs.get("servers") or ()}
    was = {one["name"]: one["identity"] for one in before.get("servers") or ()}
    lost = [name for name in before.get("protected") or () if name in was and identity.get(name) != was[name]]
    if not lost:
        return []
    said = (
        f"servers.protect keeps {', '.join(lost)} from being deleted or replaced, and nothing was touched:"
        " take that change back, set servers.protect to false, run `make up`, then make the change"
    )
    return [CheckFailure("", said)]


def _attempt(before: str | None, inputs: Mapping[str, Any]) -> str:
    """The same in preview and in up, and another one when a topology comes back to what it was before."""
    topology = {key: inputs.get(key) for key in TopologyGuardProvider.COMPARED}
    text = json.dumps([before, topology], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]
