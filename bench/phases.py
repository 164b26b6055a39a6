"""Groups a run's work into phases, and finds the chain of waits that decided how long the run took."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from bench.event_log import Span

#: Phase, and the ends of kind or name by which its resources are known; the first that fits.
RULES: tuple[tuple[str, tuple[str, ...], tuple[str, ...]], ...] = (
    ("servers", (":VirtualGuest", ":SshKey", ":HostKey"), ()),
    ("host prep", (), ("-preparation",)),
    ("image pull", (), ("-images",)),
    ("names", (), ("-neighbours",)),
    ("swarm", (":SwarmInit", ":SwarmNode", "providers:docker"), ()),
    ("network", ("network:Network",), ()),
    ("files", (":ServiceConfig", ":Secret", ":RandomPassword"), ()),
    ("birth", (":ClusterBirth",), ()),
    ("members", ("service:Service", ":SyncedMember", ":AbsentMembers"), ("-settings",)),
    ("sql", (":Database", ":DatabaseUser"), ()),
    ("program", ("providers:", ":StackReference", ":TopologyGuard", ":TopologySettled"), ()),
)


@dataclass(frozen=True, kw_only=True)
class Phase:
    """A phase, in seconds since the start of the run; `busy` leaves out when nothing of it ran."""

    name: str
    resources: int
    started: float
    ended: float
    busy: float
    waited_for: str


@dataclass(frozen=True, kw_only=True)
class Link:
    """One step of the critical path; `gap` is from the end of what it waited for to its own start."""

    phase: str
    name: str
    kind: str
    gap: float
    seconds: float
    ended: float


def phase_of(span: Span) -> str:
    """The phase that a resource belongs to; "other" for what no rule knows."""
    for phase, kinds, names in RULES:
        if any(span.kind.endswith(kind) or kind in span.kind.split("/")[-1] for kind in kinds):
            return phase
        if any(span.name.endswith(name) for name in names):
            return phase
    return "other"


def phases(spans: Sequence[Span], needs: Mapping[str, set[str]]) -> list[Phase]:
    """The phases of a run in the order of their start."""
    grouped: dict[str, list[Span]] = {}
    for span in spans:
        grouped.setdefault(phase_of(span), []).append(span)
    found = []
    for name, members in grouped.items():
        first = min(members, key=lambda span: span.started)
        before = last_awaited(first, spans, needs)
        found.append(
            Phase(
                name=name,
                resources=len(members),
                started=first.started,
                ended=max(span.ended for span in members),
                busy=covered((span.started, span.ended) for span in members),
                waited_for=before.name if before else "",
            )
        )
    return sorted(found, key=lambda phase: phase.started)


def critical_path(spans: Sequence[Span], needs: Mapping[str, set[str]]) -> list[Link]:
    """The chain that ends with the last resource: before each step what it really waited for."""
    links: list[Link] = []
    current = max(spans, key=lambda span: span.ended, default=None)
    while current is not None:
        before = last_awaited(current, spans, needs)
        links.append(
            Link(
                phase=phase_of(current),
                name=current.name,
                kind=current.kind.split(":")[-1],
                gap=current.started - (before.ended if before else 0.0),
                seconds=current.seconds,
                ended=current.ended,
            )
        )
        current = before
    return links[::-1]


def last_awaited(span: Span, spans: Sequence[Span], needs: Mapping[str, set[str]]) -> Span | None:
    """Of everything that had to be there before a resource, what was there last."""
    by_urn = {one.urn: one for one in spans}
    waiting, seen, found = list(needs.get(span.urn, ())), {span.urn}, list[Span]()
    while waiting:
        urn = waiting.pop()
        if urn in seen:
            continue
        seen.add(urn)
        if urn in by_urn:
            if by_urn[urn].ended <= span.started + 0.001:
                found.append(by_urn[urn])
        else:
            # A component, or something that was there already: what it needed counts in its place.
            waiting.extend(needs.get(urn, ()))
    return max(found, key=lambda one: one.ended, default=None)


def covered(intervals: Iterable[tuple[float, float]]) -> float:
    """The length of the union of intervals."""
    total, until = 0.0, float("-inf")
    for start, end in sorted(intervals):
        total += max(0.0, end - max(start, until))
        until = max(until, end)
    return total
