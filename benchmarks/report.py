"""`docs/benchmarks.md` from results: one table of promises, then each number with its baselines and conditions."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from benchmarks.results import Result

HEAD = """# Benchmarks

Written by `make bench` with `--write` (`python -m benchmarks --write`); do not edit. Every number was measured on the
machine named below, its baseline beside it in the same run; the page may join several runs. Compare ratios before
absolute numbers: all processes of a measurement (Redis, engine, web, browser, viewers) share the same cores.

* `python -m benchmarks --list` names the measurements, `--only NAME` runs one, `--quick` a smaller set in some minutes.
* JSON lines on standard output, one per number; `--write --results FILE` makes this page from such lines.
"""
MARKS = {True: "yes", False: "**no**", None: "–"}
MACHINE = ("cores", "python", "redis", "size")
LOAD = "load_average"


def page(results: Sequence[Result], evaluations: Iterable[str] = ()) -> str:
    """The whole page; evaluations are Markdown that was written by commands of their own."""
    return "\n".join([HEAD, _machine(results), "", *_table(results), "", *_details(results), *evaluations])


def _machine(results: Sequence[Result]) -> str:
    if not results:
        return "Nothing was measured."
    told = results[0].conditions
    loads = [load for result in results for load in result.conditions.get(LOAD, [])]
    busy = f"; load average during the runs {min(loads)} to {max(loads)}" if loads else ""
    return "Machine: " + ", ".join(f"{name} {told[name]}" for name in MACHINE if name in told) + busy + "."


def _table(results: Sequence[Result]) -> Iterable[str]:
    yield "| number | measured | promised | held | n |"
    yield "|---|---|---|---|---|"
    for result in results:
        measured = "not measured" if result.value is None else f"{_shown(result.value)} {result.unit}"
        yield f"| {result.name} | {measured} | {result.target} | {MARKS[result.met]} | {result.n:,} |"


def _details(results: Sequence[Result]) -> Iterable[str]:
    for result in results:
        yield f"## {result.name}"
        yield ""
        yield from (f"* {name}: {_shown(value)}" for name, value in result.compared_with.items())
        own = {name: value for name, value in result.conditions.items() if name not in (*MACHINE, LOAD)}
        yield from (f"* _{name}: {_shown(value)}_" for name, value in own.items())
        yield ""


def _shown(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int | float):
        return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:g}"
    if isinstance(value, list):
        return ", ".join(map(_shown, value))
    return str(value)
