"""From a call to its answer: which method, on which object, through which filter and mask.

A service's methods are functions registered with `@method`. A type's relations need no function: `getXyz`
of a service returns the relation `xyz` of the object that the call names, as the real API does.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from sandbox.api.cloud import Cloud
from sandbox.api.errors import refuse, refuse_method
from sandbox.api.filters import apply
from sandbox.api.masks import Selection, check, parse, project
from sandbox.api.objects import read
from sandbox.api.ordering import OrderFaults
from sandbox.api.schema import SCHEMA

_PREFIX = "SoftLayer_"


@dataclass(frozen=True, kw_only=True)
class Call:
    """One request, decoded. `service` has no `SoftLayer_` prefix."""

    service: str
    method: str
    args: tuple[Any, ...] = ()
    object_id: object = None
    mask: str = ""
    filter: Mapping[str, Any] = field(default_factory=dict)
    limit: int = 0
    offset: int = 0
    order_faults: OrderFaults = field(default_factory=OrderFaults)

    def arg(self, index: int, default: Any = None) -> Any:
        """A positional argument; absent and nil are the same."""
        given = self.args[index] if index < len(self.args) else None
        return default if given is None else given


@dataclass(frozen=True)
class Answer:
    """What goes back; `total` counts a list before its limit was applied."""

    value: Any
    total: int | None = None


Handler = Callable[[Cloud, Call], Any]
Finder = Callable[[Cloud, Call], Any]


@dataclass(frozen=True)
class _Method:
    handler: Handler
    returns: str
    root: str


_METHODS: dict[tuple[str, str], _Method] = {}
_FINDERS: dict[str, Finder] = {}


def method(service: str, *names: str, returns: str = "", root: str = "") -> Callable[[Handler], Handler]:
    """Register a method. `returns` is its type, with `[]` for a list; without it no mask applies.

    `root` is the name that filters of this list begin with; without it they begin at the objects' own
    properties.
    """

    def register(handler: Handler) -> Handler:
        for name in names:
            _METHODS[(service, name)] = _Method(handler, returns, root)
        return handler

    return register


def finder(service: str) -> Callable[[Finder], Finder]:
    """Register how a service finds the object that a call names; it serves `getObject` and every relation."""

    def register(find: Finder) -> Finder:
        _FINDERS[service] = find
        return find

    return register


def dispatch(cloud: Cloud, call: Call) -> Answer:
    """Answer a call; raises `ApiError` for every refusal."""
    known = _METHODS.get((call.service, call.method))
    if known is None:
        known = _relation(call)
    kind = known.returns.removesuffix("[]")
    selection = parse(call.mask) if call.mask else Selection()
    check(selection, kind)
    value = known.handler(cloud, call)
    if not known.returns.endswith("[]"):
        return Answer(project(value, kind, selection) if kind and value is not None else value)
    items = apply(list(value or []), _rooted(call.filter, known.root, kind), kind)
    total = len(items)
    if call.limit:
        items = items[call.offset : call.offset + call.limit]
    return Answer(project(items, kind, selection), total)


def _relation(call: Call) -> _Method:
    """`getObject`, or the getter of a relation."""
    find = _FINDERS.get(call.service)
    if find is None or not call.method.startswith("get"):
        refuse_method(call.method)
    if call.method == "getObject":
        return _Method(find, call.service, "")
    name = call.method[3].lower() + call.method[4:] if len(call.method) > 3 else ""
    relation = SCHEMA[call.service].relations.get(name)
    if relation is None:
        refuse_method(call.method)

    def handler(cloud: Cloud, call: Call) -> Any:
        return read(find(cloud, call), name)

    return _Method(handler, (relation.kind or "*") + ("[]" if relation.many else ""), name)


def _rooted(wanted: Mapping[str, Any], root: str, kind: str) -> Mapping[str, Any]:
    """The part of a filter that speaks of the listed objects.

    Hourly and monthly guests are filtered by the root of all guests too, and the client's paging puts its
    `orderBy` on `id` beside the root.
    """
    if not root:
        return wanted
    roots = {root}
    if root in ("hourlyVirtualGuests", "monthlyVirtualGuests"):
        roots.add("virtualGuests")
    merged: dict[str, Any] = {}
    for name, below in wanted.items():
        if name in roots and isinstance(below, Mapping):
            if "operation" not in below:
                merged.update(below)
        elif name == "id" and kind in SCHEMA and isinstance(below, Mapping):
            merged.setdefault("id", below)
    return merged


def plain_name(service: str) -> str:
    """A service's name without its prefix."""
    return service.removeprefix(_PREFIX)


def object_id(call: Call) -> object:
    """The id that the call names; refuses a call without one."""
    if call.object_id in (None, ""):
        where = f"SoftLayer_{call.service}::{call.method}"
        refuse(f"Object does not exist to execute method on. ({where})")
    return call.object_id
