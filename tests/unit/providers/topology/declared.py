"""Small topologies, as they travel."""

from typing import Any


def declared(identities: str) -> dict[str, Any]:
    """One server for each letter; another letter is another server."""
    names = [f"db{number}" for number in range(1, len(identities) + 1)]
    return {
        "servers": [
            {"name": name, "datacenter": "ams01", "identity": identity}
            for name, identity in zip(names, identities, strict=True)
        ],
        "managers": float(len(names) if len(names) % 2 else len(names) - 1),
        "members": names,
        "voters": {},
    }
