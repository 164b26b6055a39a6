"""The `ssh` input in the forms in which it arrives."""

from typing import Any

import pytest

from providers.ssh import Target


@pytest.mark.parametrize(
    ("inputs", "target"),
    [
        ({"host": "h", "privateKey": "k"}, Target(host="h", private_key="k")),
        (
            {"host": "h", "privateKey": "k", "port": 2222.0, "user": "admin", "hostKey": "ssh-ed25519 AA"},
            Target(host="h", private_key="k", port=2222, user="admin", host_key="ssh-ed25519 AA"),
        ),
        ({"host": "h", "privateKey": "k", "port": None, "hostKey": ""}, Target(host="h", private_key="k")),
    ],
)
def test_from_inputs(inputs: dict[str, Any], target: Target) -> None:
    assert Target.from_inputs(inputs) == target


@pytest.mark.parametrize("missing", ["host", "privateKey"])
def test_what_is_required(missing: str) -> None:
    with pytest.raises(KeyError):
        Target.from_inputs({key: "x" for key in ("host", "privateKey") if key != missing})


def test_the_private_key_is_not_shown() -> None:
    target = Target(host="h", private_key="very-secret", port=2222)
    assert "very-secret" not in f"{target!r} {target}"
    assert str(target) == "h:2222"
