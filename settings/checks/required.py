"""Keys that have to be there."""

from collections.abc import Iterator, Mapping

from pydantic import SecretStr

from settings import schema
from settings.checks.check import Check, Context
from settings.model.cloud import API_KEY_VARIABLE, USERNAME_VARIABLE
from settings.model.section import Section
from settings.problems import NAMESPACE, Problem, join

_HINTS = {
    "cloud.endpoint": "the URL of the SoftLayer API, such as https://api.softlayer.com/xmlrpc/v3.1",
    "cloud.username": f"the API user; set it here or as {USERNAME_VARIABLE} in the environment",
    "cloud.apiKey": (
        f"the API key; pulumi config set --secret --path {NAMESPACE}:cloud.apiKey, "
        f"or {API_KEY_VARIABLE} in the environment"
    ),
    "servers.domain": "the domain of the servers' names, such as db.example.com",
    "on": "what the privileges are for, such as shop.*",
    "name": "a name",
}


def missing_keys(context: Context) -> Iterator[Problem]:
    """Required keys that are missing or empty."""
    yield from _missing(context.config, ())


def _missing(section: Section, path: tuple[str | int, ...]) -> Iterator[Problem]:
    for alias, field in schema.fields_of(type(section)).items():
        name = next(name for name, info in type(section).model_fields.items() if info is field)
        value = getattr(section, name)
        here = (*path, alias)
        extra = field.json_schema_extra
        if isinstance(extra, dict) and extra.get("required") and not _text(value):
            hint = _HINTS.get(join(here), _HINTS.get(alias, "a value"))
            yield Problem(key=join(here), text=f"is required: {hint}")
        for step, item in _items(value):
            yield from _missing(item, (*here, *step))


def _text(value: object) -> str:
    return value.get_secret_value() if isinstance(value, SecretStr) else str(value)


def _items(value: object) -> Iterator[tuple[tuple[str | int, ...], Section]]:
    if isinstance(value, Section):
        yield (), value
    elif isinstance(value, tuple):
        yield from (((index,), item) for index, item in enumerate(value) if isinstance(item, Section))
    elif isinstance(value, Mapping):
        yield from (((str(name),), item) for name, item in value.items() if isinstance(item, Section))


CHECKS = (Check(reads=(), find=missing_keys),)
