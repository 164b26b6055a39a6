"""What a guest has otherwise than declared, where only another guest or a restart would bring that.

Changed by hand in the portal, or told in other words by the API: a refresh alone must never end a server that
runs, nor restart all of them side by side past the guard, which judges declarations. So such a property stays
in the state as declared, and what the cloud tells is kept beside it.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

from providers.softlayer.guest_diff import DRIFT, SIZES, Effect, compare, fields_with
from providers.softlayer.guest_inputs import GuestInputs


def apart(real: GuestInputs, declared: GuestInputs) -> tuple[GuestInputs, dict[str, Any]]:
    """What belongs into the state, and the properties whose real value does not, by their names."""
    effects, _ = compare(real.to_props(), declared.to_props())
    fields = [
        *fields_with(effects, Effect.REPLACE),
        *(size for size in SIZES if effects.get(size) is Effect.UPDATE),
    ]
    kept = dataclasses.replace(real, **{field: getattr(declared, field) for field in fields})
    return kept, {field: getattr(real, field) for field in fields}


def noted(drift: Mapping[str, Any]) -> dict[str, Any]:
    """The drift as outputs, for the next diff; nothing where there is none."""
    return {DRIFT: dict(drift)} if drift else {}


def warnings(declared: GuestInputs, drift: Mapping[str, Any]) -> list[str]:
    """One sentence for each property: the server, both values, and what can be done."""
    return [
        f"{declared.subject}: {field} is {value} in the cloud, and was declared as "
        f"{getattr(declared, field)}; the server is left as it is: change it back there, or declare {value} "
        "for this server, which takes it over and touches nothing; a third value would replace or restart it"
        for field, value in drift.items()
    ]
