"""A sound configuration, and how to spoil it."""

import copy
import itertools
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from settings import Problem, Settings, parse

SOUND: Mapping[str, Any] = {
    "cloud": {
        "endpoint": "https://api.softlayer.com/xmlrpc/v3.1",
        "username": "operator",
        "apiKey": "k3y-of-the-operator",
    },
    "servers": {
        "domain": "db.example.com",
        "datacenter": "tor01",
    },
    "database": {
        "databases": [{"name": "shop"}, {"name": "blog", "charset": "latin1"}],
        "users": [
            {"name": "shop", "grants": [{"on": "shop.*", "privileges": ["ALL"]}]},
            {"name": "reader", "host": "10.%", "grants": [{"on": "blog.posts", "privileges": ["SELECT"]}]},
        ],
    },
}

MISSING = object()
"""Given as a value: the key is taken out."""


def spoil(changes: Mapping[str, Any], base: Mapping[str, Any] = SOUND) -> dict[str, Any]:
    """A copy of a configuration with other values at some paths (`database.users[0].host`)."""
    raw: dict[str, Any] = copy.deepcopy(dict(base))
    for path, value in changes.items():
        steps = [int(step) if step.isdigit() else step for step in re.split(r"[.\[\]]+", path) if step]
        holder: Any = raw
        for step, following in itertools.pairwise(steps):
            if isinstance(holder, dict):
                holder = holder.setdefault(step, [] if isinstance(following, int) else {})
            else:
                holder = holder[step]
        if value is MISSING:
            holder.pop(steps[-1], None)
        elif isinstance(holder, list) and steps[-1] == len(holder):
            holder.append(value)
        else:
            holder[steps[-1]] = value
    return raw


def problems_of(raw: Mapping[str, Any], root: Path = Path("/nowhere"), **options: Any) -> list[Problem]:
    """Everything that is said of a configuration, warnings included."""
    outcome = parse(raw, "dev", root, **options)
    return list(outcome.warnings) if isinstance(outcome, Settings) else outcome


def sound(raw: Mapping[str, Any] = SOUND, root: Path = Path("/nowhere"), **options: Any) -> Settings:
    """The settings that a sound configuration comes to."""
    outcome = parse(raw, "dev", root, **options)
    assert isinstance(outcome, Settings), "\n".join(str(problem) for problem in outcome)
    return outcome


def assert_refused(changes: Mapping[str, Any], key: str, words: str, root: Path) -> None:
    """These changes of the sound configuration are one error, at this key, in these words."""
    found = problems_of(spoil(changes), root)
    matching = [problem for problem in found if problem.key == key and words in problem.text]
    assert matching, [str(problem) for problem in found]
    assert matching[0].severity == "error"
    assert "geheim" not in "\n".join(str(problem) for problem in found)
    # One mistake is told once: nothing else is concluded from it.
    assert len([problem for problem in found if problem.severity == "error"]) == 1, list(map(str, found))
