"""The README's table of outputs names each output of a stack with everything on, and each key in it."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.unit.components.stacks import Stacks

README = (Path(__file__).resolve().parents[3] / "README.md").read_text()
EVERYTHING: dict[str, Any] = {
    "etcd.enabled": True,
    "consul.enabled": True,
    "loadBalancer.enabled": True,
    "wordpress.enabled": True,
    "aerospike.enabled": True,
    "wordpress.adminEmail": "admin@sandbox.test",
    "wordpress.uploads.kind": "volume",
}


def rows() -> dict[str, set[str]]:
    """For each output of the table, all that stands between backticks in its line."""
    table = README.partition("| Output | Content |")[2].partition("\n\n")[0]
    found: dict[str, set[str]] = {}
    for line in table.splitlines()[2:]:
        _, names, content, _ = line.split("|")
        found |= {name: set(re.findall(r"`(\w+)`", content)) for name in re.findall(r"`(\w+)`", names)}
    return found


@pytest.fixture(scope="module")
def outputs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    return Stacks(tmp_path_factory.mktemp("project")).deployed(EVERYTHING).outputs


def test_every_output_has_its_line(outputs: dict[str, Any]) -> None:
    assert set(outputs) == set(rows())


def test_every_key_of_a_services_output_is_named(outputs: dict[str, Any]) -> None:
    named = rows()
    unnamed = {
        name: missing
        for name, value in outputs.items()
        if isinstance(value, Mapping) and name not in ("topology", "databaseUserPasswords")
        if (missing := set(value) - named[name])
    }
    assert unnamed == {}
