"""`python -m benchmarks`: measure the numbers of the design; JSON lines on standard output, progress beside it."""

from __future__ import annotations

import os
import signal
import sys
import traceback
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import msgspec
import structlog

from benchmarks import report
from benchmarks.machine import conditions
from benchmarks.numbers import (
    archive_import,
    archive_years,
    area_lookup,
    browser_redraw,
    bytes_per_viewer,
    dispatch_in_storm,
    engine_recovery,
    engine_throughput,
    frames_under_query,
    lists_and_search,
    miss_forecast,
    open311_post,
    recommendation,
    seen_in_browser,
    similar_update,
    slow_clients,
    surge,
    warning_beside,
    warning_cost,
    warning_found,
)
from benchmarks.results import Result, from_lines, to_line
from benchmarks.run import SIZES, Run

# In the order of the design's table; those that share a live city follow one another.
NUMBERS: dict[str, Any] = {
    module.NAME: module
    for module in (
        engine_throughput,
        seen_in_browser,
        bytes_per_viewer,
        slow_clients,
        frames_under_query,
        browser_redraw,
        dispatch_in_storm,
        engine_recovery,
        lists_and_search,
        miss_forecast,
        open311_post,
        similar_update,
        recommendation,
        area_lookup,
        archive_import,
        archive_years,
        surge,
        warning_cost,
        warning_beside,
        warning_found,
    )
}
PAGE = Path(__file__).resolve().parents[1] / "docs" / "benchmarks.md"
EVALUATIONS = Path(__file__).with_name("evaluations")  # too long to be made with each run: `warning evaluate --write`


def measured(names: list[str], run: Run) -> Iterator[Result]:
    """Results of the named measurements, as they come. One that fails says so and does not stop the others."""
    for name in names:
        run.say(f"{name}: {NUMBERS[name].ASKS}")
        before = conditions()
        try:
            for result in NUMBERS[name].measure(run):
                yield _with_conditions(result, before, run)
        except Exception as error:
            traceback.print_exc()
            failed = Result(
                name=name, value=None, unit="", target="", met=False, n=0, conditions={"failed": str(error)}
            )
            yield _with_conditions(failed, before, run)


def _with_conditions(result: Result, before: dict[str, Any], run: Run) -> Result:
    after = round(os.getloadavg()[0], 1)
    told = {"size": run.size, **before, "load_average": [before["load_average"], after]}
    return msgspec.structs.replace(result, conditions={**result.conditions, **told})


@click.command()
@click.option("--only", multiple=True, type=click.Choice(list(NUMBERS)), help="measure this; may be repeated")
@click.option("--quick", "size", flag_value="quick", help="smaller and shorter: numbers to compare, not to quote")
@click.option("--size", type=click.Choice(SIZES), default="full", help="tiny only shows that everything runs")
@click.option("--list", "show", is_flag=True, help="say what can be measured")
@click.option("--write", is_flag=True, help="write docs/benchmarks.md from a full run")
@click.option("--results", type=click.File(), help="with --write: JSON lines of an earlier run instead of measuring")
def main(only: tuple[str, ...], size: str, show: bool, write: bool, results: Any) -> None:
    """Measure the numbers that Hexwatch promises, each beside its baseline of the same run."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # as an exception, so that every server is ended
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))
    if show:
        for name, module in NUMBERS.items():
            click.echo(f"{name:22} {module.ASKS}")
        return
    if write and not results and (size != "full" or only):
        raise click.UsageError("--write needs a full run of everything, or --results of one")
    found = from_lines(results) if results else _measure(list(only) or list(NUMBERS), size)
    if write:
        evaluations = [path.read_text(encoding="utf-8") for path in sorted(EVALUATIONS.glob("*.md"))]
        PAGE.write_text(report.page(found, evaluations), encoding="utf-8")
        click.echo(f"wrote {PAGE.name}", err=True)
    sys.exit(1 if any("failed" in result.conditions for result in found) else 0)


def _measure(names: list[str], size: str) -> list[Result]:
    found = []
    with Run(size) as run:
        for result in measured(names, run):
            click.echo(to_line(result))
            found.append(result)
    return found


if __name__ == "__main__":
    main()
