"""What a changed declaration asks of an existing guest: nothing, a change in place, or a new guest.

The table is research/softlayer.md section 2. An unknown value alone never asks for a new guest: a preview
that cannot know must not announce the loss of a server.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import Enum
from typing import Any

from providers.softlayer.guest_inputs import FLAVOR, PARSERS, GuestInputs
from providers.stateless import holds_unknown

#: The output with what the cloud told of a guest otherwise than the state says (providers.softlayer.drift).
DRIFT = "drift"


class Effect(Enum):
    """What one field's change asks for."""

    NOTHING = "nothing"
    UPDATE = "update"
    REPLACE = "replace"


def _flavor_effect(old: str | None, new: str | None) -> Effect:
    """A flavor can be exchanged within its family, as long as the boot disk stays."""
    shapes = [FLAVOR.fullmatch(value or "") for value in (old, new)]
    if not shapes[0] or not shapes[1]:
        return Effect.REPLACE
    same = all(shapes[0][part] == shapes[1][part] for part in ("family", "disk"))
    return Effect.UPDATE if same else Effect.REPLACE


def _disks_effect(old: tuple[int, ...], new: tuple[int, ...]) -> Effect:
    """Disks can grow and be added; the cloud never shrinks or removes one."""
    grows = len(new) >= len(old) and all(after >= before for before, after in zip(old, new, strict=False))
    return Effect.UPDATE if grows else Effect.REPLACE


def _size_effect(old: int | None, new: int | None) -> Effect:
    """Single cpus and memory change in place; to and from a flavor is the flavor's affair."""
    return Effect.NOTHING if old is None or new is None else Effect.UPDATE


def _always(effect: Effect) -> Callable[[Any, Any], Effect]:
    return lambda _old, _new: effect


#: What changes in place, by a restart of the server.
SIZES = ("cpus", "memory_mb", "flavor")
_IN_PLACE = ("endpoint", "mark", "hostname", "domain", "notes", "tags", "user_data", "nic_speed")
EFFECTS: Mapping[str, Callable[[Any, Any], Effect]] = {
    **{field: _always(Effect.REPLACE) for field in PARSERS},
    **{field: _always(Effect.UPDATE) for field in _IN_PLACE},
    "cpus": _size_effect,
    "memory_mb": _size_effect,
    "flavor": _flavor_effect,
    "disks": _disks_effect,
    # Only how long to wait: never a reason to touch a guest.
    "provision_timeout_minutes": _always(Effect.NOTHING),
    # With which keys it was ordered: a guest that runs takes another one over SSH (`make rotate-key`).
    "ssh_key_ids": _always(Effect.NOTHING),
}

# The guest's shape, for the effects that need more than one field.
_DEFAULTS: Mapping[str, Any] = {
    name: field.default for name, field in GuestInputs.__dataclass_fields__.items() if name in PARSERS
}


def compare(old: Mapping[str, Any], new: Mapping[str, Any]) -> tuple[dict[str, Effect], bool]:
    """The effect of each changed field, and whether some field is unknown; `old` and `new` are properties.

    A field that was found otherwise in the cloud asks for nothing while its declaration stays the same. A new
    declaration is compared with what was found: where they are equal, the state only takes note of it.
    """
    effects: dict[str, Effect] = {}
    unknown = False
    drift = old.get(DRIFT) or {}
    for field, parse in PARSERS.items():
        if field == "ssh_key_ids":
            continue
        if holds_unknown(old.get(field)) or holds_unknown(new.get(field)):
            unknown = True
            continue
        before, after = (_canonical(field, parse, props) for props in (old, new))
        if before != after:
            found = parse(drift[field]) if field in drift else before
            effect = EFFECTS[field](found, after) if found != after else Effect.UPDATE
            if effect is not Effect.NOTHING:
                effects[field] = effect
    if old.get("tagged") is False:
        effects.setdefault("mark", Effect.UPDATE)
    return effects, unknown


def _canonical(field: str, parse: Callable[[Any], Any], props: Mapping[str, Any]) -> Any:
    """The comparable form of a field; left out means its default; tags are compared without their case."""
    raw = props.get(field)
    value = parse(raw) if raw is not None else _DEFAULTS[field]
    return tuple(tag.casefold() for tag in value) if field == "tags" else value


def fields_with(effects: Mapping[str, Effect], effect: Effect) -> list[str]:
    """The fields of one effect, in the order of declaration."""
    return [field for field, found in effects.items() if found is effect]
