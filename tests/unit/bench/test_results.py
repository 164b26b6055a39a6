"""Figures, their verdicts, the table and the file."""

import json
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from bench.results import Figure, document, rows, shown, table, write


def figure(value: float, **more: object) -> Figure:
    return Figure(**{"step": "up", "what": "all", "value": value, **more})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("value", "target", "verdict"), [(5, 6, "ok"), (6, 6, "ok"), (6.01, 6, "over"), (5, None, "")]
)
def test_the_verdict_compares_with_the_target(value: float, target: float | None, verdict: str) -> None:
    assert figure(value, target=target).verdict == verdict


def test_repetitions_become_one_row_whose_median_counts() -> None:
    (row, other) = rows([figure(9.0, target=6.0), figure(1.0, step="down"), figure(2.0), figure(4.0)])
    assert (row.figure.value, list(row.values)) == (4.0, [9.0, 2.0, 4.0])
    assert other.figure.step == "down"


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (0.456, "s", "0.46 s"),
        (12.34, "s", "12.3 s"),
        (123.4, "s", "123 s"),
        (349.6, "MiB", "350 MiB"),
        (0.0, "writes", "0 writes"),
    ],
)
def test_values_have_the_digits_they_deserve(value: float, unit: str, text: str) -> None:
    assert shown(value, unit) == text


def printed(*figures: Figure) -> str:
    console = Console(file=StringIO(), width=160)
    console.print(table(rows(figures), "figures"))
    assert isinstance(console.file, StringIO)
    return console.file.getvalue()


def test_the_table_shows_value_target_verdict_and_note() -> None:
    text = printed(figure(100.0, target=90.0, note="busy"), figure(3.0, what="other"))
    line = next(line for line in text.splitlines() if "100 s" in line)
    for part in ("up", "all", "≤ 90.0 s", "over", "busy"):
        assert part in line
    assert "lowest" not in text


def test_the_table_shows_the_spread_when_there_is_one() -> None:
    assert "2.00 s … 4.00 s" in printed(figure(2.0), figure(4.0))


def test_the_file_holds_machine_figures_and_what_else_was_found(tmp_path: Path) -> None:
    content = document(rows([figure(7.0, target=6.0)]), {"cores": 2}, failure="none")
    file = write(content, "faults", tmp_path / "results")
    assert file.name.startswith("faults-")
    read = json.loads(file.read_text())
    assert read["machine"] == {"cores": 2}
    assert read["failure"] == "none"
    assert read["date"] in file.name
    (one,) = read["figures"]
    assert (one["step"], one["value"], one["target"], one["verdict"], one["values"]) == (
        "up",
        7.0,
        6.0,
        "over",
        [7.0],
    )
