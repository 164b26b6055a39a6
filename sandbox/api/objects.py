"""The objects of the API: plain dictionaries whose relations are read only when something asks for them."""

from collections.abc import Callable, Mapping
from typing import Any

type_key = "__type__"
"""Holds the type of an object where a relation may hold several (search results); never sent."""

Object = Mapping[str, Any]
Lazy = Callable[[], Any]


def read(owner: Object, name: str) -> Any:
    """The value of a property; None when the object does not have it. A lazy relation is evaluated here."""
    value = owner.get(name)
    return value() if callable(value) else value
