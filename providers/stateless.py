"""The base of every dynamic provider here: no state of its own, and a diff that is spelled out.

A dynamic provider is pickled into the stack's state, and one copy of it is shared by all threads of the
plugin, so it may hold nothing. Its diff receives the old *outputs* and the new *inputs*, either of which
may be the marker of a value that is not known before the deployment runs.
"""

import sys
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from pulumi.dynamic import DiffResult, ReadResult, ResourceProvider, UpdateResult
from pulumi.output import Unknown
from pulumi.runtime.rpc import UNKNOWN


class StatelessProvider(ResourceProvider):
    """Compares declared properties only, and never plans a replacement from a value that is not known yet."""

    serialize_as_secret_always = False

    INPUTS: ClassVar[tuple[str, ...]] = ()
    """Every input, so that `read` can give the inputs back among the outputs."""
    IDENTITY: ClassVar[tuple[str, ...]] = ()
    """Inputs that make it another resource: a known change replaces."""
    GOES_WITH: ClassVar[tuple[str, ...]] = ()
    """Those of IDENTITY that are the id of the server underneath. Such an id is unknown only while the server
    itself is being replaced, and then this resource has to leave before it does: unknown means replaced."""
    COMPARED: ClassVar[tuple[str, ...]] = ()
    """Inputs whose change is an update. Inputs named nowhere (timeouts) change nothing by themselves."""
    DELETE_FIRST: ClassVar[bool] = False
    """Whether the old one must be gone before its replacement can be made."""

    def __getstate__(self) -> dict[str, Any]:
        return {}

    def diff(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> DiffResult:
        """Replacement for a changed identity, update for a changed compared input, unknown stays unknown."""
        replaces = [key for key in self.IDENTITY if self._replaced(key, _olds.get(key), _news.get(key))]
        if replaces:
            return DiffResult(changes=True, replaces=replaces, delete_before_replace=self.DELETE_FIRST)
        watched = (*self.IDENTITY, *self.COMPARED)
        if any(changed(_olds.get(key), _news.get(key)) for key in self.COMPARED):
            return DiffResult(changes=True, replaces=[])
        if any(holds_unknown(_news.get(key)) for key in watched):
            return DiffResult(changes=None, replaces=[])
        return DiffResult(changes=False, replaces=[])

    def _replaced(self, key: str, old: Any, new: Any) -> bool:
        if holds_unknown(new):
            return key in self.GOES_WITH
        return changed(old, new)

    def read(self, id_: str, props: dict[str, Any]) -> ReadResult:
        """What was recorded, for resources that are facts of the past."""
        return self.found(id_, props)

    def update(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> UpdateResult:
        """Take the new inputs over and keep what was found out at creation."""
        return UpdateResult(outs=self.taken_over(_olds, _news))

    def taken_over(self, olds: Mapping[str, Any], news: Mapping[str, Any]) -> dict[str, Any]:
        """The new inputs beside the old outputs; an input that was taken away does not linger."""
        kept = {key: value for key, value in olds.items() if key not in self.INPUTS}
        return without_provider({**kept, **news})

    def found(self, id_: str, outs: Mapping[str, Any]) -> ReadResult:
        """The answer of `read` for what is there: inputs go back too, or all of them show as changed."""
        clean = without_provider(outs)
        return ReadResult(id_, outs=clean, inputs={key: clean[key] for key in self.INPUTS if key in clean})

    def unseen(self, id_: str, props: Mapping[str, Any], reason: Exception) -> ReadResult:
        """The answer of `read` when nobody could be asked: what was recorded stands; the reason is shown."""
        print(f"warning: {id_} is taken as recorded: {reason}", file=sys.stderr)
        return self.found(id_, props)


def gone() -> ReadResult:
    """The answer of `read` for a resource that is no longer there."""
    return ReadResult("", outs={})


def without_provider(props: Mapping[str, Any]) -> dict[str, Any]:
    """A fresh copy: the plugin writes its own key into whatever dictionary it is given."""
    return {key: value for key, value in props.items() if key != "__provider"}


def holds_unknown(value: Any) -> bool:
    """Whether a value, or anything inside it, is not known before the deployment runs."""
    if isinstance(value, Mapping):
        return any(holds_unknown(item) for item in value.values())
    if isinstance(value, list | tuple):
        return any(holds_unknown(item) for item in value)
    return _unknown(value)


def _unknown(value: Any) -> bool:
    """Unknowns arrive as objects of the SDK, or, from older hosts, as its marker text."""
    return isinstance(value, Unknown) or bool(value == UNKNOWN)


def changed(old: Any, new: Any) -> bool:
    """Whether two values differ in a way that is known now.

    Unknown parts count as equal, 1 equals 1.0, and a missing key equals None, because None does not travel.
    """
    if _unknown(old) or _unknown(new):
        return False
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        return any(changed(old.get(key), new.get(key)) for key in {*old, *new})
    if _is_sequence(old) and _is_sequence(new):
        return len(old) != len(new) or any(changed(a, b) for a, b in zip(old, new, strict=True))
    return bool(old != new)


def whole(props: Mapping[str, Any], key: str, default: int | None = None) -> int:
    """A number of the properties as an int: every number arrives as a float.

    Raises KeyError if it is missing and there is no default.
    """
    value = props.get(key)
    if value is None:
        if default is None:
            raise KeyError(key)
        return default
    return int(value)


def _is_sequence(value: Any) -> bool:
    return isinstance(value, Sequence) and not isinstance(value, str)
