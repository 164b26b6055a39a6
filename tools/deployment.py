"""What an interrupted run left in a stack's state, and how it is mended there; nothing here talks to anybody.

A deployment is the form of `pulumi stack export`.
"""

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from tools.docker_objects import IMMUTABLE

#: A resource of the state, or what its provider was given.
Properties: TypeAlias = Mapping[str, Any]


def latest(checkpoint: Mapping[str, Any]) -> dict[str, Any]:
    """The deployment in the file of a stack's state."""
    return (checkpoint.get("checkpoint") or {}).get("latest") or {}


def pending_operations(checkpoint: Mapping[str, Any]) -> list[Any]:
    """The operations that were under way when the state was last written and never ended."""
    return list(latest(checkpoint).get("pending_operations") or [])


def deleted_already(
    deployment: Mapping[str, Any], is_gone: Callable[[Properties, Properties], bool]
) -> list[str]:
    """The URNs of pending deletes whose object `is_gone`."""
    resources = deployment.get("resources") or []
    pending = [
        operation["resource"]
        for operation in deployment.get("pending_operations") or []
        if operation["type"] == "deleting"
    ]
    return [one["urn"] for one in pending if is_gone(one, _provider_inputs(one, resources))]


def adopt(deployment: dict[str, Any], find: Callable[[Properties, Properties], str | None]) -> list[str]:
    """Move pending creates whose object `find`s itself into the resources, drop the other pending operations,
    and return the URNs that were adopted. Changes `deployment` in place.

    A resource of that URN is one that was to be replaced. It is kept for deletion, as the engine does, which
    deletes it once nothing uses it; or, where it was deleted first, the new one takes its place.
    """
    resources = deployment.setdefault("resources", [])
    adopted: list[str] = []
    for operation in deployment.pop("pending_operations", None) or []:
        resource = operation["resource"]
        if operation["type"] != "creating":
            continue
        found = find(resource, _provider_inputs(resource, resources))
        if found is None or found in {one.get("id") for one in resources}:
            continue
        inputs = resource.get("inputs") or {}
        _put_in(resources, resource | {"id": found, "outputs": {**inputs, "id": found}})
        adopted.append(resource["urn"])
    return adopted


def superseded(deployment: Mapping[str, Any]) -> list[Any]:
    """The configs and secrets that wait for their deletion while others are in their place."""
    resources = deployment.get("resources") or []
    living = {one["urn"] for one in resources if not one.get("delete")}
    return [
        one for one in resources if one.get("delete") and one["urn"] in living and one["type"] in IMMUTABLE
    ]


def wanted_names(preview: Mapping[str, Any]) -> dict[str, Any]:
    """URN to the name of the object that a previewed run would make; one not known yet is no text."""
    made = [one for one in preview.get("steps") or [] if one.get("newState")]
    return {one["urn"]: (one["newState"].get("inputs") or {}).get("name") for one in made}


def restore(deployment: Mapping[str, Any], wanted: Mapping[str, Any]) -> list[str]:
    """Let superseded objects of a `wanted` name and those in their place change roles; the URNs of them.

    Changes `deployment` in place.
    """
    resources = deployment.get("resources") or []
    restored: list[str] = []
    for old in superseded(deployment):
        urn, name = old["urn"], (old.get("inputs") or {}).get("name")
        at = next(at for at, one in enumerate(resources) if one["urn"] == urn and not one.get("delete"))
        now = resources[at]
        if wanted.get(urn) != name or (now.get("inputs") or {}).get("name") == name:
            continue
        resources[resources.index(old)] = now | {"delete": True}
        resources[at] = {key: value for key, value in old.items() if key != "delete"}
        restored.append(urn)
    return restored


def _put_in(resources: list[Any], made: dict[str, Any]) -> None:
    """In the place of the one before, since whatever depends on a resource stands behind it in the state."""
    living = (at for at, one in enumerate(resources) if one["urn"] == made["urn"] and not one.get("delete"))
    at = next(living, None)
    if at is None:
        resources.append(made)
    elif resources[at].get("pendingReplacement"):
        resources[at] = made
    else:
        resources[at : at + 1] = [made, resources[at] | {"delete": True}]


def _provider_inputs(resource: Mapping[str, Any], resources: list[Any]) -> dict[str, Any]:
    reference = str(resource.get("provider", "")).rsplit("::", 1)[0]
    for candidate in resources:
        if candidate["urn"] == reference:
            return dict(candidate.get("inputs") or {})
    return {}
