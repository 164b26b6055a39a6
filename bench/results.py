"""Figures with their targets: one table for people, one JSON file for machines."""

import dataclasses
import json
import statistics
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from rich.table import Table

DIRECTORY = Path(__file__).resolve().parent / "results"


@dataclass(frozen=True, kw_only=True)
class Figure:
    """One measurement. `target` is the most it may be; none where nothing is promised."""

    step: str
    what: str
    value: float
    unit: str = "s"
    target: float | None = None
    note: str = ""

    @property
    def verdict(self) -> str:
        if self.target is None:
            return ""
        return "ok" if self.value <= self.target else "over"


@dataclass(frozen=True, kw_only=True)
class Row:
    """A figure over all repetitions: the median counts."""

    figure: Figure
    values: Sequence[float]


def rows(figures: Iterable[Figure]) -> list[Row]:
    """One row for each thing measured, in the order in which it was first measured."""
    grouped: dict[tuple[str, str], list[Figure]] = {}
    for figure in figures:
        grouped.setdefault((figure.step, figure.what), []).append(figure)
    return [
        Row(
            figure=dataclasses.replace(same[-1], value=statistics.median(one.value for one in same)),
            values=[one.value for one in same],
        )
        for same in grouped.values()
    ]


def table(found: Sequence[Row], title: str) -> Table:
    """The rows as people read them, the target beside each."""
    repeated = any(len(row.values) > 1 for row in found)
    made = Table(title=title, title_justify="left", box=None, pad_edge=False)
    for name, justify in (("step", "left"), ("measured", "left"), ("value", "right"), ("target", "right")):
        made.add_column(name, justify="right" if justify == "right" else "left")
    if repeated:
        made.add_column("lowest … highest", justify="right")
    made.add_column("")
    made.add_column("note", overflow="fold")
    style = {"ok": "green", "over": "bold red", "": ""}
    for row in found:
        one = row.figure
        cells = [one.step, one.what, shown(one.value, one.unit)]
        cells.append("" if one.target is None else f"≤ {shown(one.target, one.unit)}")
        if repeated:
            cells.append(f"{shown(min(row.values), one.unit)} … {shown(max(row.values), one.unit)}")
        made.add_row(*cells, f"[{style[one.verdict]}]{one.verdict}[/]" if one.verdict else "", one.note)
    return made


def shown(value: float, unit: str) -> str:
    """A value with as many digits as it deserves."""
    digits = 0 if value >= 100 or unit in {"MiB", "writes"} else 2 if value < 10 else 1
    return f"{value:.{digits}f} {unit}"


def document(found: Sequence[Row], machine: Mapping[str, Any], **more: Any) -> dict[str, Any]:
    """What is written as JSON."""
    return {
        "machine": dict(machine),
        "figures": [
            dataclasses.asdict(row.figure) | {"verdict": row.figure.verdict, "values": list(row.values)}
            for row in found
        ],
        **more,
    }


def write(content: Mapping[str, Any], name: str = "", directory: Path = DIRECTORY) -> Path:
    """Write a document named after this moment; returns the file."""
    directory.mkdir(parents=True, exist_ok=True)
    stamp = datetime.now(UTC).strftime("%Y-%m-%dT%H%M%SZ")
    file = directory / f"{name}{'-' if name else ''}{stamp}.json"
    file.write_text(json.dumps({"date": stamp, **content}, indent=2, ensure_ascii=False) + "\n")
    return file
