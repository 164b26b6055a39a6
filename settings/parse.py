"""From the raw stack configuration to `Settings`, or to the list of everything that is wrong with it."""

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

from settings import checks
from settings.model import Settings, StackConfig
from settings.model.cloud import API_KEY_VARIABLE, USERNAME_VARIABLE
from settings.problems import Problem, covers, join
from settings.shape import LATER_SECTIONS, read_shape


def parse(
    raw: Mapping[str, Any],
    stack: str,
    root: Path,
    *,
    environ: Mapping[str, str] | None = None,
    secret_keys: Collection[str] | None = None,
    further: Sequence[checks.Check] = (),
) -> Settings | list[Problem]:
    """Checks a whole configuration without touching anything but the files that it names.

    `raw` holds the sections by name, as in `Pulumi.<stack>.yaml` without the namespace. A value that is still
    encrypted (`{"secure": ...}`) counts as given. `environ` may hold the credentials. `secret_keys` are the
    keys, or the sections, known to be encrypted in the file: with it, a secret found in clear is a problem
    (unless the endpoint is on this machine). `further` are rules that may ask somebody else, each only where
    nothing is wrong with what it reads.
    """
    given: dict[str, Any] = {}
    encrypted: list[str] = []
    for section, value in raw.items():
        _without_nulls_and_ciphers(given, section, value, (section,), encrypted)
    from_environment = _take_credentials(given, environ or {}, encrypted)
    shape = read_shape(given)
    context = checks.Context(
        config=shape.config,
        stack=stack,
        root=root,
        secret_keys=None if secret_keys is None else {*secret_keys, *from_environment},
    )
    unsure = {*shape.unsure, *encrypted}
    problems = shape.problems + checks.run(context, unsure)
    wrong = {problem.key for problem in problems if problem.severity == "error"}
    problems += checks.run(context, unsure | wrong, further)
    problems = [problem for problem in problems if not any(covers(key, problem.key) for key in encrypted)]
    order = [*StackConfig.model_fields, *LATER_SECTIONS]
    problems.sort(key=lambda problem: _position(order, problem.key))
    if any(problem.severity == "error" for problem in problems):
        return problems
    return Settings(stack=stack, root=root, config=shape.config, warnings=tuple(problems))


def _position(order: list[str], key: str) -> int:
    section = key.split(".")[0]
    return order.index(section) if section in order else len(order)


def _without_nulls_and_ciphers(
    into: Any, step: str | int, value: Any, path: tuple[str | int, ...], encrypted: list[str]
) -> None:
    """Copies a value, leaving out what is null or still encrypted."""
    if isinstance(value, Mapping):
        if set(value) == {"secure"} and isinstance(value["secure"], str):
            encrypted.append(join(path))
            return
        copied: Any = {}
        for name, item in value.items():
            _without_nulls_and_ciphers(copied, str(name), item, (*path, str(name)), encrypted)
    elif isinstance(value, list | tuple):
        copied = [None] * len(value)
        for index, item in enumerate(value):
            _without_nulls_and_ciphers(copied, index, item, (*path, index), encrypted)
    elif value is None:
        return
    else:
        copied = value
    into[step] = copied


def _take_credentials(
    given: dict[str, Any], environ: Mapping[str, str], encrypted: Collection[str]
) -> set[str]:
    """Fills in missing credentials from the environment; returns the keys that came from there."""
    cloud = given.setdefault("cloud", {})
    taken: set[str] = set()
    for name, variable in (("username", USERNAME_VARIABLE), ("apiKey", API_KEY_VARIABLE)):
        key = f"cloud.{name}"
        if isinstance(cloud, dict) and name not in cloud and key not in encrypted and environ.get(variable):
            cloud[name] = environ[variable]
            taken.add(key)
    return taken
