"""The configuration reference as a Markdown table, made from the model itself."""

import json

from pydantic import SecretStr

from settings import schema


def markdown() -> str:
    """One table for each section: key, kind, default, meaning."""
    lines: list[str] = []
    for key in schema.all_keys():
        if len(key.path) == 1:
            lines += ["", f"### `{key.path[0]}`", "", key.field.description or "", ""]
            lines += ["| Key | Kind | Default | Meaning |", "| --- | --- | --- | --- |"]
            continue
        cells = (
            f"`{_path(key.path)}`",
            _kind(key),
            _default(key),
            " ".join((key.field.description or "").split()),
        )
        lines.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
    return "\n".join(lines).strip() + "\n"


def _path(path: tuple[str, ...]) -> str:
    return ".".join(path).replace(".[]", "[]")


def _kind(key: schema.Key) -> str:
    kind = (
        "secret text"
        if key.secret
        else schema.expected(key.annotation).removesuffix(" (quote what looks like a number)")
    )
    bounds = schema.bounds(key.field)
    return f"{kind}{bounds}"


def _default(key: schema.Key) -> str:
    if key.required:
        return "required"
    value = key.field.get_default(call_default_factory=True, validated_data={})
    if value is None or isinstance(value, SecretStr) or value in ("", (), {}):
        return ""
    if schema.is_section(key.annotation):
        return ""
    return f"`{json.dumps(value, ensure_ascii=False, default=list)}`"
