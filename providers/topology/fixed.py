"""What a stack keeps once it was reached whole; before that it carries nothing, and may be mended."""

from collections.abc import Mapping, Sequence
from typing import Any

from pulumi.dynamic import CheckFailure

from providers.stateless import changed
from providers.topology.verdict import REPLACING, Topology


def fixed(reached: Mapping[str, Any], inputs: Mapping[str, Any]) -> list[CheckFailure]:
    """One failure, one sentence, for each change of what lasts; both topologies as they travel."""
    said = (
        _network(reached, inputs),
        _mode(reached, inputs),
        _consul(reached, inputs),
        _uploads(reached, inputs),
    )
    return [CheckFailure("", sentence) for sentence in said if sentence]


def _network(reached: Mapping[str, Any], inputs: Mapping[str, Any]) -> str:
    was, wanted = reached.get("network") or {}, inputs.get("network") or {}
    moved = [key for key in sorted(was) if changed(was[key], wanted.get(key))]
    if not moved:
        return ""
    return (
        f"{_told('network', moved, was, wanted)} would replace the network under the database and stop all"
        " its members at once; set it back, or make another stack with it and move the data there"
    )


def _mode(reached: Mapping[str, Any], inputs: Mapping[str, Any]) -> str:
    if not reached or bool(reached.get("stepwise")) == bool(inputs.get("stepwise")):
        return ""
    modes = ("homogeneous", "ordered") if inputs.get("stepwise") else ("ordered", "homogeneous")
    return (
        f"database.mode {modes[0]} in place of {modes[1]} would make other members beside those that have"
        " the data; set it back, or make another stack with it and move the data there"
    )


def _consul(reached: Mapping[str, Any], inputs: Mapping[str, Any]) -> str:
    """Off it takes its volumes along, and may come back under any name."""
    was, wanted = reached.get("consul") or {}, inputs.get("consul") or {}
    moved = [key for key in sorted(was) if wanted and changed(was[key], wanted.get(key))]
    if not moved:
        return ""
    return (
        f"{_told('consul', moved, was, wanted)} would part the agents that are changed from those that are"
        " not yet, since their certificates name it; set it back, or switch Consul off with a `make up` of"
        " its own, which empties its key-value store, and on again"
    )


def _uploads(reached: Mapping[str, Any], inputs: Mapping[str, Any]) -> str:
    """Files that lie on one server alone go with it; in another place there are none yet."""
    was, wanted = reached.get("uploads") or {}, inputs.get("uploads") or {}
    if not was or inputs.get("start_empty"):
        return ""
    keys = [key for key in ("kind", "server") if wanted and changed(was.get(key), wanted.get(key))][:1]
    told = [*_lost(was.get("server"), reached, inputs)]
    told += [_told("wordpress.uploads", keys, was, wanted)] if keys else []
    if not told:
        return ""
    return (
        f"{' and '.join(told)} would leave the site without the files that users uploaded; take that back, or"
        " save the files and set wordpress.uploads.startEmpty to true for one `make up`"
    )


def _lost(server: str | None, reached: Mapping[str, Any], inputs: Mapping[str, Any]) -> list[str]:
    """What becomes of the server with the files, if that costs its disks."""
    before = Topology.from_props(reached).servers.get(str(server))
    after = Topology.from_props(inputs).servers.get(str(server))
    if before is None or before.fate(after) != REPLACING:
        return []
    return [f"{'replacing' if after else 'removing'} {server}"]


def _told(section: str, keys: Sequence[str], before: Mapping[str, Any], after: Mapping[str, Any]) -> str:
    return " and ".join(f"{section}.{key} {after.get(key)} in place of {before[key]}" for key in keys)
