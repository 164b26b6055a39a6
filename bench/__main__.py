"""`make bench`: measures each step of the way on a stack of its own, prints a table and writes JSON."""

import argparse
import os
import sys
from collections.abc import Sequence

from rich.console import Console
from rich.table import Table

from bench import results
from bench.by_hand import by_hand
from bench.machine import described, machine
from bench.results import Figure
from bench.stage import Stage, full_stage, stage
from bench.steps import FULL, IMPORT, STEPS, UP
from tests.e2e.cloud import sandbox_up
from tests.e2e.stack import EngineFailedError, Stack

BASELINE = "baseline"
NAMES = (IMPORT.name, UP.name, *(step.name for step in STEPS), BASELINE, FULL.name)


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure; the exit status is 0 also where a target is missed, since the machine may be busy."""
    options = _options(arguments)
    os.environ.setdefault("GALERA_SWARM_BACKEND", "file")
    wanted = set(options.only or NAMES) - ({BASELINE} if options.skip_baseline else set())
    console, facts = Console(stderr=True), machine()
    console.print(f"[bold]galera-swarm bench[/]  {described(facts)}", highlight=False)
    figures: list[Figure] = []
    seen: list[Stage] = []
    failure = ""
    try:
        for turn in range(options.repeat):
            if options.repeat > 1:
                console.print(f"run {turn + 1} of {options.repeat}", highlight=False)
            _measure(wanted, figures, seen, console)
    except (EngineFailedError, AssertionError, RuntimeError) as exc:
        failure = str(exc)
    _report(figures, seen, facts, failure)
    return 1 if failure else 0


def _measure(wanted: set[str], figures: list[Figure], seen: list[Stage], console: Console) -> None:
    """One run of everything that is wanted. Figures are kept as they come, so a failure loses none."""
    stacked = [step for step in STEPS if step.name in wanted]
    if IMPORT.name in wanted:
        bare = Stage(Stack(name="none", config_file=results.DIRECTORY), figures)
        IMPORT.run(bare)
    up: float | None = None
    if wanted - {IMPORT.name}:
        with sandbox_up():
            if stacked or UP.name in wanted:
                with stage() as made:
                    made.figures = figures
                    for step in (UP, *stacked):
                        with console.status(step.what):
                            step.run(made)
                        console.print(f"done: {step.what}", highlight=False)
                        if step is UP:
                            seen.append(made)
                            up = figures[-1].value
            if BASELINE in wanted:
                figures.extend(by_hand(up))
            if FULL.name in wanted:
                with full_stage() as whole, console.status(FULL.what):
                    whole.figures = figures
                    FULL.run(whole)
                console.print(f"done: {FULL.what}", highlight=False)


def _report(figures: list[Figure], seen: list[Stage], facts: dict[str, object], failure: str) -> None:
    console, found = Console(), results.rows(figures)
    if seen:
        console.print(_phase_table(seen[-1]), "", _path_table(seen[-1]), "", sep="\n")
    console.print(results.table(found, "figures"))
    more = {
        "phases": [vars(phase) for phase in seen[-1].phases] if seen else [],
        "criticalPath": [vars(link) for link in seen[-1].critical_path] if seen else [],
        "resources": [vars(span) for span in seen[-1].spans] if seen else [],
        "failure": failure,
    }
    file = results.write(results.document(found, facts, **more))
    console.print(f"\nwritten to {file}", highlight=False, soft_wrap=True)
    if failure:
        print(f"\nbench: stopped: {failure}", file=sys.stderr)


def _phase_table(measured: Stage) -> Table:
    made = Table(title="phases of the first up (seconds)", title_justify="left", box=None, pad_edge=False)
    made.add_column("phase")
    for name in ("resources", "start", "end", "busy"):
        made.add_column(name, justify="right")
    made.add_column("waited for")
    for phase in measured.phases:
        numbers = (f"{value:.1f}" for value in (phase.started, phase.ended, phase.busy))
        made.add_row(phase.name, str(phase.resources), *numbers, phase.waited_for)
    return made


def _path_table(measured: Stage) -> Table:
    made = Table(
        title="critical path of the first up (seconds)", title_justify="left", box=None, pad_edge=False
    )
    for name in ("phase", "resource"):
        made.add_column(name)
    for name in ("gap before", "took", "end"):
        made.add_column(name, justify="right")
    for link in measured.critical_path:
        numbers = (f"{value:.1f}" for value in (link.gap, link.seconds, link.ended))
        made.add_row(link.phase, f"{link.name} ({link.kind})", *numbers)
    return made


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    steps = "\n".join(f"  {step.name:10} {step.what}" for step in (IMPORT, UP, *STEPS, FULL))
    parser = argparse.ArgumentParser(
        prog="make bench",
        description=__doc__,
        epilog=f"steps:\n{steps}\n  {BASELINE:10} the same by a plain sequential shell script",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--only", metavar="STEP", choices=NAMES, action="append", help="only this step; may be given again"
    )
    parser.add_argument("--skip-baseline", action="store_true", help="leave the shell script out")
    parser.add_argument(
        "--repeat", metavar="N", type=_count, default=1, help="take N runs; the medians count"
    )
    return parser.parse_args(arguments)


def _count(text: str) -> int:
    if not text.isdigit() or int(text) < 1:
        message = f"{text} is no number of runs; at least 1"
        raise argparse.ArgumentTypeError(message)
    return int(text)


if __name__ == "__main__":
    sys.exit(main())
