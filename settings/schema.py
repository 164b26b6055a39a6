"""The shape of the stack configuration, looked at from outside: which keys there are, and of what kind."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from annotated_types import Ge, Le
from pydantic import SecretStr
from pydantic.fields import FieldInfo

from settings.model import StackConfig
from settings.model.section import Section

Path = tuple[str | int, ...]


@dataclass(frozen=True, kw_only=True)
class Key:
    """One key that users can set. `path` has `[]` in place of an index and `<name>` in place of a free
    name."""

    path: tuple[str, ...]
    field: FieldInfo
    annotation: Any

    @property
    def secret(self) -> bool:
        """Whether the value must never be shown."""
        return self.annotation is SecretStr

    @property
    def required(self) -> bool:
        """Whether the key has to be there."""
        extra = self.field.json_schema_extra
        return isinstance(extra, dict) and bool(extra.get("required"))


def bare(annotation: Any) -> Any:
    """The annotation without `Annotated[...]` and without `| None`."""
    while True:
        if get_origin(annotation) is Annotated:
            annotation = get_args(annotation)[0]
            continue
        if get_origin(annotation) in (Union, UnionType):
            (annotation,) = (part for part in get_args(annotation) if part is not NoneType)
            continue
        return annotation


def is_section(annotation: Any) -> bool:
    """Whether values of this annotation are mappings with known keys."""
    return isinstance(annotation, type) and issubclass(annotation, Section)


def fields_of(section: type[Section]) -> dict[str, FieldInfo]:
    """The fields of a section by the keys that users write."""
    return {info.alias or name: info for name, info in section.model_fields.items()}


def inner(annotation: Any) -> tuple[str, Any] | None:
    """For a list or a mapping with free names: its step in a path (`[]` or `<name>`) and what it holds."""
    origin = get_origin(annotation)
    if origin is tuple:
        return "[]", bare(get_args(annotation)[0])
    if origin is Mapping:
        return "<name>", bare(get_args(annotation)[1])
    return None


def all_keys(section: type[Section] = StackConfig, above: tuple[str, ...] = ()) -> Iterator[Key]:
    """Every key of the configuration, sections before what is in them."""
    for name, field in fields_of(section).items():
        annotation = bare(field.annotation)
        path = (*above, name)
        yield Key(path=path, field=field, annotation=annotation)
        holds = inner(annotation)
        if holds is not None:
            path, annotation = (*path, holds[0]), holds[1]
        if is_section(annotation):
            yield from all_keys(annotation, path)


def annotation_at(path: Sequence[str | int]) -> Any:
    """What may stand at a path of the configuration; None where nothing may."""
    return _at(path)[1]


def expected(annotation: Any, field: FieldInfo | None = None) -> str:
    """What a value of this annotation has to be, in words, with the range that its field gives."""
    if is_section(annotation):
        return "a mapping"
    if get_origin(annotation) is Literal:
        return one_of([str(choice) for choice in get_args(annotation)])
    holds = inner(annotation)
    if holds is not None:
        plural = _PLURAL.get(holds[1], "mappings")
        return f"a list of {plural}" if holds[0] == "[]" else f"a mapping of names to {plural}"
    return _SINGULAR.get(annotation, "a value") + (bounds(field) if field is not None else "")


_SINGULAR: dict[Any, str] = {
    int: "a whole number",
    bool: "true or false",
    str: "text (quote what looks like a number)",
    SecretStr: "text (quote what looks like a number)",
}
_PLURAL: dict[Any, str] = {int: "whole numbers", str: "text", bool: "true or false"}


def bounds(field: FieldInfo) -> str:
    """The range of a number, or of the numbers of a list: ` from 1 to 100`; empty when there is none."""
    lowest = highest = None
    for constraint in _constraints(field.metadata, field.annotation):
        if isinstance(constraint, Ge):
            lowest = constraint.ge
        elif isinstance(constraint, Le):
            highest = constraint.le
    return "" if lowest is None or highest is None else f" from {lowest} to {highest}"


def _constraints(metadata: Sequence[Any], annotation: Any) -> Iterator[Any]:
    for item in metadata:
        yield from _constraints(item.metadata, None) if isinstance(item, FieldInfo) else (item,)
    if get_origin(annotation) is Annotated:
        held, *extra = get_args(annotation)
        yield from _constraints(extra, held)
    elif get_origin(annotation) in (Union, UnionType, tuple):
        for part in get_args(annotation):
            yield from _constraints((), part)


def field_at(path: Sequence[str | int]) -> FieldInfo | None:
    """The field that holds the value at a path, be it the value of the field itself or of its list."""
    return _at(path)[0]


def _at(path: Sequence[str | int]) -> tuple[FieldInfo | None, Any]:
    field: FieldInfo | None = None
    annotation: Any = StackConfig
    for step in path:
        holds = inner(annotation)
        if holds is not None:
            annotation = holds[1]
        elif is_section(annotation) and step in fields_of(annotation):
            field = fields_of(annotation)[str(step)]
            annotation = bare(field.annotation)
        else:
            return None, None
    return field, annotation


def one_of(choices: Sequence[str]) -> str:
    """`a`, `a or b`, `one of a, b, c`."""
    return " or ".join(choices) if len(choices) < 3 else f"one of {', '.join(choices)}"


def secret_at(path: Sequence[str | int]) -> bool:
    """Whether a secret stands at this path."""
    return annotation_at(path) is SecretStr
