"""Which declarations are refused, with the field that is wrong."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from providers.softlayer.guest_inputs import GuestInputs, problems
from tests.unit.providers.softlayer.fakes import declared

REFUSED: list[tuple[dict[str, Any], str]] = [
    ({"endpoint": ""}, "endpoint"),
    ({"endpoint": "api.softlayer.com"}, "endpoint"),
    ({"endpoint": "http://api.softlayer.com/xmlrpc/v3.1"}, "endpoint"),
    ({"endpoint": "https://api.softlayer.com/rest/v3.1"}, "endpoint"),
    ({"hostname": "12345"}, "hostname"),
    ({"hostname": "-db"}, "hostname"),
    ({"hostname": "db-"}, "hostname"),
    ({"hostname": "db--1"}, "hostname"),
    ({"hostname": "db_1"}, "hostname"),
    ({"domain": "example"}, "domain"),
    ({"domain": "example.c0m"}, "domain"),
    ({"memory_mb": 1000}, "memory_mb"),
    ({"memory_mb": "much"}, "memory_mb"),
    ({"cpus": 0}, "cpus"),
    ({"cpus": 1.5}, "cpus"),
    ({"cpus": None}, "flavor"),
    ({"flavor": "B1_2X8X25"}, "cpus"),
    ({"flavor": "B1_2X8X100", "cpus": None, "memory_mb": None}, "disks"),
    ({"flavor": "B1_2X8X25", "cpus": None, "memory_mb": None, "dedicated": True}, "flavor"),
    ({"image_id": "6f5b"}, "os_code"),
    ({"os_code": None}, "os_code"),
    ({"disks": []}, "disks"),
    ({"disks": [25, 0]}, "disks"),
    ({"disks": [25] * 6}, "disks"),
    ({"disks": "25"}, "disks"),
    ({"nic_speed": 50}, "nic_speed"),
    ({"tags": ["a,b"]}, "tags"),
    ({"notes": "a\x00b"}, "notes"),
    ({"user_data": '{"a": 1}'}, "user_data"),
    ({"user_data": "x\n# galera-swarm mark: abc"}, "user_data"),
    ({"post_install_uri": "http://example.com/x"}, "post_install_uri"),
    ({"private_only": True, "public_vlan_id": 1}, "public_vlan_id"),
    ({"hourly": "perhaps"}, "hourly"),
    ({"mark": "x"}, "mark"),
    ({"mark": "two words"}, "mark"),
    ({"provision_timeout_minutes": 0}, "provision_timeout_minutes"),
]


@pytest.mark.parametrize(("change", "field"), REFUSED)
def test_refused(change: dict[str, Any], field: str) -> None:
    found = problems({**declared().to_props(), **change})
    assert field in [name for name, _ in found]
    assert all(sentence for _, sentence in found)


@pytest.mark.parametrize(
    "change",
    [
        {},
        {"endpoint": "http://127.0.0.1:18080/xmlrpc/v3.1"},
        {"hostname": "1a"},
        {"hostname": "db-1.rack"},
        {"flavor": "B1_2X8X25", "cpus": None, "memory_mb": None, "disks": [25, 100]},
        {"flavor": "SOMETHING_NEW", "cpus": None, "memory_mb": None},
        {"image_id": "6f5b", "os_code": None},
        {"user_data": "#cloud-config\nruncmd:\n- [ls]\n"},
    ],
)
def test_accepted(change: dict[str, Any]) -> None:
    assert problems({**declared().to_props(), **change}) == []


TEXTS = st.text(alphabet=st.characters(exclude_categories=("Cs", "Cc")))
GUESTS = st.builds(
    declared,
    hourly=st.booleans(),
    disks=st.lists(st.integers(1, 2000), min_size=1, max_size=5).map(tuple),
    ssh_key_ids=st.sets(st.integers(1, 2**31 - 1)).map(lambda ids: tuple(sorted(ids))),
    notes=TEXTS,
    user_data=TEXTS,
    public_vlan_id=st.none() | st.integers(1, 2**31 - 1),
)


@given(GUESTS)
def test_properties_go_out_and_come_back(inputs: GuestInputs) -> None:
    assert GuestInputs.from_props(inputs.to_props()) == inputs


@given(GUESTS)
def test_numbers_may_come_back_as_floats(inputs: GuestInputs) -> None:
    props = {
        key: float(value) if type(value) is int else [float(v) for v in value] if key == "disks" else value
        for key, value in inputs.to_props().items()
    }
    assert GuestInputs.from_props(props) == inputs
