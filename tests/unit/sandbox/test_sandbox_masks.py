"""Object masks: every form is read, unknown properties are refused, what was asked for is shown."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sandbox.api.errors import ApiError
from sandbox.api.masks import Selection, check, parse, project
from sandbox.api.schema import SCHEMA

GUEST: dict[str, Any] = {
    "id": 7,
    "hostname": "db",
    "provisionDate": None,
    "primaryIpAddress": "10.140.0.10",
    "datacenter": lambda: {"id": 1, "name": "tor01", "regions": lambda: [{"keyname": "TORONTO"}]},
    "tagReferences": lambda: [{"id": 3, "tagId": 3, "tag": {"id": 3, "name": "blue"}}],
    "activeTransaction": lambda: None,
}


def show(mask: str, value: Any = GUEST, kind: str = "Virtual_Guest") -> Any:
    """What a client sees through a mask."""
    selection = parse(mask)
    check(selection, kind)
    return project(value, kind, selection)


LOCAL = {"id": 7, "hostname": "db", "provisionDate": None}


@pytest.mark.parametrize(
    ("mask", "expected"),
    [
        ("", LOCAL),
        ("mask[]", LOCAL),
        ("mask[id]", {"id": 7}),
        ("id,hostname", {"id": 7, "hostname": "db"}),
        (" mask [ id ,\n hostname ] ", {"id": 7, "hostname": "db"}),
        ("mask.id,mask.hostname", {"id": 7, "hostname": "db"}),
        ("[mask[id],mask[hostname]]", {"id": 7, "hostname": "db"}),
        ("filteredMask[id]", {"id": 7}),
        ("mask(SoftLayer_Virtual_Guest)[id]", {"id": 7}),
        ("mask[datacenter]", {**LOCAL, "datacenter": {"id": 1, "name": "tor01"}}),
        ("mask[id,datacenter.name]", {"id": 7, "datacenter": {"name": "tor01"}}),
        ("mask[id,datacenter[name],datacenter[id]]", {"id": 7, "datacenter": {"id": 1, "name": "tor01"}}),
        (
            "id,datacenter.regions.keyname",
            {"id": 7, "datacenter": {"id": 1, "name": "tor01", "regions": [{"keyname": "TORONTO"}]}},
        ),
        (
            "mask[id,tagReferences[tag[name]]]",
            {"id": 7, "tagReferences": [{"id": 3, "tagId": 3, "tag": {"name": "blue"}}]},
        ),
        ("mask[id,tagReferenceCount]", {"id": 7, "tagReferenceCount": 1}),
        ("mask[id,networkVlans[id]]", {"id": 7, "networkVlans": []}),
        ("mask[id,activeTransaction[id]]", {"id": 7}),
        ("mask[id,primaryIpAddress]", {"id": 7, "primaryIpAddress": "10.140.0.10"}),
        ("mask[id,datacenter(SoftLayer_Location)[name]]", {"id": 7, "datacenter": {"name": "tor01"}}),
    ],
)
def test_a_mask_shows_what_it_names(mask: str, expected: dict[str, Any]) -> None:
    assert show(mask) == expected


@pytest.mark.parametrize(
    "mask", ["mask[id", "id]", "mask[[id]", "a..b", "mask[,id]", "id;hostname", "mask(x[id]", "."]
)
def test_a_mask_that_is_not_well_formed_is_refused(mask: str) -> None:
    with pytest.raises(ApiError, match="not well formed") as refusal:
        parse(mask)
    assert refusal.value.code == "SoftLayer_Exception_WebService_ObjectMask"


@pytest.mark.parametrize(
    ("mask", "name"),
    [
        ("mask[colour]", "colour"),
        ("mask[datacenter[colour]]", "colour"),
        ("id.name", "name"),
        ("mask[primaryIpAddress[x]]", "x"),
    ],
)
def test_an_unknown_property_is_refused(mask: str, name: str) -> None:
    with pytest.raises(ApiError, match=f"Property '{name}' not valid for"):
        show(mask)


def test_a_search_result_shows_only_the_type_that_was_asked_for() -> None:
    result = {"resourceType": "x", "resource": {**GUEST, "__type__": "Virtual_Guest"}}
    kind = "Container_Search_Result"
    guests = "mask[resourceType,resource(SoftLayer_Virtual_Guest)[id]]"
    assert show(guests, result, kind) == {"resourceType": "x", "resource": {"id": 7}}
    vlans = "mask[resourceType,resource(SoftLayer_Network_Vlan)[id]]"
    assert show(vlans, result, kind) == {"resourceType": "x"}


def selections(kind: str, depth: int) -> st.SearchStrategy[dict[str, Any]]:
    """Nested names that the type has."""
    known = SCHEMA[kind]
    parts = {name: st.just({}) for name in known.local}
    for name, relation in known.relations.items():
        if relation.kind in SCHEMA and depth:
            parts[name] = st.deferred(lambda kind=relation.kind: selections(kind, depth - 1))
    names = st.lists(st.sampled_from(sorted(parts)), max_size=3, unique=True)
    return names.flatmap(lambda chosen: st.fixed_dictionaries({name: parts[name] for name in chosen}))


def written(wanted: dict[str, Any], *, dotted: bool, gap: str) -> str:
    """The same names as text, in one of the forms of the API."""
    parts = []
    for name, below in wanted.items():
        if dotted and len(below) == 1:
            parts.append(f"{name}.{written(below, dotted=dotted, gap='')}")
        else:
            parts.append(f"{name}[{written(below, dotted=dotted, gap=gap)}]" if below else name)
    return f",{gap}".join(parts)


def nested(selection: Selection) -> dict[str, Any]:
    """A selection as nested names."""
    return {name: nested(below) for (name, _), below in selection.items.items()}


@settings(deadline=None)
@given(selections("Virtual_Guest", 2), st.booleans(), st.sampled_from(["", " ", "\n\t"]), st.booleans())
def test_every_form_of_a_mask_is_read_as_the_names_it_was_written_from(
    wanted: dict[str, Any], dotted: bool, gap: str, rooted: bool
) -> None:
    text = written(wanted, dotted=dotted, gap=gap)
    found = parse(f"mask[{text}]" if rooted else text)
    assert nested(found) == wanted
    check(found, "Virtual_Guest")


@settings(deadline=None)
@given(selections("Virtual_Guest", 1))
def test_a_projection_never_shows_a_property_that_was_not_asked_for(wanted: dict[str, Any]) -> None:
    shown = project(GUEST, "Virtual_Guest", parse(written(wanted, dotted=False, gap="")))
    local = SCHEMA["Virtual_Guest"].local
    allowed = set(wanted) if set(wanted) & local else set(wanted) | local
    assert set(shown) <= allowed


@settings(deadline=None)
@given(st.text(max_size=40))
def test_any_text_is_read_or_refused(text: str) -> None:
    refusal = None
    try:
        parse(text)
    except ApiError as error:
        refusal = error
    assert refusal is None or "not well formed" in refusal.message
