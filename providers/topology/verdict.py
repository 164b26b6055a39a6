"""The decision behind the guard: how much each quorum would lose, as a pure function of topologies.

| Group of n, by the settled topology | passes | refused |
| --- | --- | --- |
| replaced, restarted, renamed and removed together | up to (n-1)//2 | more |
| removed only | one, if another one stays | the last one (Galera members, swarm managers) |
| members that leave stepwise, removed only | any number, if one stays | the last one |
| managers demoted only | any number, one at a time | with servers that change, over the limit |
| all voters of a service | when the whole service is turned off | - |
| of a service with copies: changed together | up to its copies less one | more |
| of a service with copies: removed | any number: they leave one after another | - |
| added | any number | - |

(n-1)//2 is what a majority quorum of n can lose. A member that leaves in order makes the quorum smaller
before it goes, so a single removal is fine even where the loss of one would not be.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from providers.softlayer.guest_diff import Effect, compare

MEMBERS = "Galera members"
MANAGERS = "swarm managers"


#: What befalls a server whose change the new topology asks for, from the worst on.
REPLACING, RESTARTING, RENAMING = "replacing", "restarting", "renaming"
#: What befalls one that an update which did not finish may have left half changed.
FINISHING = "finishing the change of"


@dataclass(frozen=True, kw_only=True)
class ServerFacts:
    """What makes a server this one, and what it is like."""

    identity: tuple[str, str]
    shape: Mapping[str, Any]

    def fate(self, new: "ServerFacts | None") -> str | None:
        """What has to be done to make it the new one; None if nothing."""
        if new is None or new.identity != self.identity:
            return REPLACING
        effects, _ = compare(self.shape, new.shape)
        if Effect.REPLACE in effects.values():
            return REPLACING
        # The cloud gives another size to a server that it restarts for it.
        return (RENAMING if set(effects) == {"domain"} else RESTARTING) if effects else None


@dataclass(frozen=True, kw_only=True)
class Topology:
    """Who is there, and who has a vote in what.

    servers: name to the server, in the order of the stack.
    groups: name of each quorum to the servers that vote in it.
    copies: of groups that are no quorum, on how many of their servers each record lies.
    """

    servers: Mapping[str, ServerFacts]
    groups: Mapping[str, tuple[str, ...]]
    copies: Mapping[str, int] = field(default_factory=dict)
    stepwise: frozenset[str] = frozenset()
    """Groups whose members leave one after another, each seen gone in order."""

    @classmethod
    def from_props(cls, props: Mapping[str, Any]) -> "Topology":
        """From the form in which it travels (`TopologyArgs.props`)."""
        servers = {
            str(server["name"]): ServerFacts(
                identity=(str(server.get("datacenter")), str(server.get("identity"))),
                shape=server.get("shape") or {},
            )
            for server in props.get("servers") or ()
        }
        groups = {
            MEMBERS: tuple(props.get("members") or ()),
            MANAGERS: tuple(servers)[: int(props.get("managers") or 0)],
        }
        for service, names in (props.get("voters") or {}).items():
            groups[f"{service} voters"] = tuple(names)
        copies: dict[str, int] = {}
        for service, kept in (props.get("copies") or {}).items():
            groups[f"{service} nodes"] = tuple(kept["servers"])
            copies[f"{service} nodes"] = int(kept["copies"])
        stepwise = frozenset({MEMBERS} if props.get("stepwise") else ())
        return cls(servers=servers, groups=groups, copies=copies, stepwise=stepwise)

    def moved(self, new: "Topology") -> dict[str, str]:
        """What befalls which server on the way to the new topology; who stays as it is, is left out."""
        fates = {name: facts.fate(new.servers.get(name)) for name, facts in self.servers.items()}
        return {name: fate for name, fate in fates.items() if fate}


@dataclass(frozen=True, kw_only=True)
class Loss:
    """What one quorum would lose.

    size: its voters now. stays: voters that the new topology keeps.
    changed: voters that it keeps, and what befalls each.
    copies: on how many of them each record lies, for a group that is no quorum.
    """

    group: str
    size: int
    changed: Mapping[str, str]
    removed: tuple[str, ...]
    demoted: tuple[str, ...]
    stays: int
    copies: int | None = None
    is_stepwise: bool = False

    @property
    def tolerance(self) -> int:
        """How many voters a majority can miss, or copies the records."""
        return (self.size - 1) // 2 if self.copies is None else self.copies - 1

    @property
    def away(self) -> tuple[str, ...]:
        """Who would be missing at once."""
        if self.copies is not None:
            return tuple(self.changed)
        lost = (*self.changed, *self.removed)
        return (*lost, *self.demoted) if self.changed else lost

    @property
    def bearable(self) -> bool:
        """The decision table of this module."""
        if self.stays == 0 and self.group not in (MEMBERS, MANAGERS) and not self.changed:
            return True
        if len(self.away) <= self.tolerance:
            return True
        return not self.changed and (len(self.removed) == 1 or self.is_stepwise) and self.stays > 0


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """in_flux: servers that may be away until the deployment is settled. refusal: one sentence, or None."""

    in_flux: frozenset[str]
    refusal: str | None


def judge(
    *, began: Topology | None, settled: Topology | None, in_flux: frozenset[str], new: Topology
) -> Verdict:
    """Whether the way from what is deployed to the new topology keeps every quorum.

    began: the topology of the last deployment that began; None before the first.
    settled: that of the last one that came to its end, if it is another one than `began`.
    in_flux: servers touched by deployments that began and did not come to their end.
    """
    base = settled or began
    if base is None:
        return Verdict(in_flux=frozenset(), refusal=None)
    unfinished = in_flux if settled else frozenset()
    touched = dict.fromkeys(unfinished, FINISHING) | (began.moved(new) if began else {}) | base.moved(new)
    losses = [_loss(group, base, new, touched) for group in base.groups]
    unbearable = [loss for loss in losses if not loss.bearable]
    refusal = _sentence(unbearable, unfinished) if unbearable else None
    return Verdict(in_flux=frozenset(touched), refusal=refusal)


def replaced(settled: Mapping[str, Any] | None, new: Topology) -> frozenset[str]:
    """Servers that the new topology replaces; `settled` is the one last reached, as it travels."""
    fates = Topology.from_props(settled).moved(new) if settled else {}
    return frozenset(name for name, fate in fates.items() if fate == REPLACING and name in new.servers)


def steps(size: int, target: int) -> list[int]:
    """Sizes to go through when shrinking, from `size` down to `target`: [5, 3, 2, 1] for 5 to 1."""
    way = [size]
    while way[-1] > target:
        way.append(max(target, way[-1] - max(1, (way[-1] - 1) // 2)))
    return way


def _loss(group: str, base: Topology, new: Topology, touched: Mapping[str, str]) -> Loss:
    voters = base.groups[group]
    kept = [name for name in voters if name in new.groups.get(group, ())]
    out = [name for name in voters if name not in kept]
    demoted = [name for name in out if group == MANAGERS and name not in touched]
    return Loss(
        group=group,
        size=len(voters),
        changed={name: touched[name] for name in kept if name in touched},
        removed=tuple(name for name in out if name not in demoted),
        demoted=tuple(demoted),
        stays=len(kept),
        copies=base.copies.get(group),
        is_stepwise=group in base.stepwise & new.stepwise,
    )


def _sentence(losses: Sequence[Loss], unfinished: frozenset[str]) -> str:
    worst = max(losses, key=lambda loss: len(loss.away) - loss.tolerance)
    taken = " and ".join(f"{len(loss.away)} of {loss.size} {loss.group}" for loss in losses)
    said = f"{_deed(worst)} would take {taken} away at once, and {_can_lose(worst)}; {_remedy(worst)}"
    late = sorted(unfinished & set(worst.away))
    if late:
        said += (
            f" ({_names(late)} may still be away because of an update that did not finish:"
            " first run that update, with its settings, to its end)"
        )
    return said


def _deed(loss: Loss) -> str:
    parts = [
        (fate, [name for name, its in loss.changed.items() if its == fate])
        for fate in (REPLACING, RESTARTING, RENAMING, FINISHING)
    ]
    parts.append(("removing", list(loss.removed)))
    if loss.changed:
        parts.append(("demoting", list(loss.demoted)))
    return " and ".join(f"{verb} {_names(names)}" for verb, names in parts if names)


def _can_lose(loss: Loss) -> str:
    if loss.copies is not None:
        kept = "one copy" if loss.copies == 1 else f"{loss.copies} copies"
        return f"records with {kept} can lose {loss.tolerance}"
    if loss.tolerance == 0:
        return f"a quorum of {loss.size} can lose none"
    return f"a quorum of {loss.size} can lose {loss.tolerance}"


def _remedy(loss: Loss) -> str:
    if not loss.changed and loss.stays > 0:
        way = " → ".join(str(size) for size in steps(loss.size, loss.stays))
        return f"go in steps, one `pulumi up` for each: {way}"
    if not loss.changed:
        return "leave at least one in place, or destroy the stack if it is to go altogether"
    if loss.copies == 1:
        return "give them two copies first, then change one at a time"
    if loss.tolerance == 0:
        return "grow to three first, then change one at a time"
    batches = [loss.away[at : at + loss.tolerance] for at in range(0, len(loss.away), loss.tolerance)]
    order = ", then ".join(_names(batch) for batch in batches)
    return f"go in steps, one `pulumi up` for each: first {order}"


def _names(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
