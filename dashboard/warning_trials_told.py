"""What the evaluation of early warning says: tables per city and over all, and the limits in figures."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from dashboard.warning_trials import DEFAULT_DETECTOR, Scope, Tried, as_markdown, by, paired, table
from geo.warning.trials import Outcome


def page(found: Sequence[Tried], scope: Scope) -> list[str]:
    """All tables as Markdown."""
    return [*_page(found, scope)]


def _page(found: Sequence[Tried], scope: Scope) -> Iterator[str]:
    if not found:
        yield "Nothing was tried: no data."
        return
    yield "## Early warning: which detector finds what was put in"
    yield ""
    everything = [outcome for tried in found for outcome in tried.outcomes]
    yield "`python -m dashboard warning evaluate` ([how](warning.md)). Precision: share of the cases in the"
    yield "place and hours found that belong to the matter; place error: between the middles of both."
    yield f"Thresholds at {scope.false_per_day:g} false warnings a day; every {scope.step_s / 60:g} minutes;"
    yield f"calls per matter: {', '.join(map(str, scope.calls))}. Shares with Wilson's interval, medians (of precision"
    yield "the mean) of what was found with an interval by resampling (95 %)."
    if len(found) > 1:
        yield ""
        yield "### All cities"
        yield ""
        yield from as_markdown(table(everything))
    for tried in found:
        yield ""
        yield f"### {tried.city}"
        yield ""
        yield f"{tried.seeds} seeds, tried on {tried.days:.0f} days."
        yield ""
        rows = table(tried.outcomes, tried.realised)
        yield from as_markdown(rows)
        yield ""
        duels = paired(tried.outcomes, DEFAULT_DETECTOR)
        yield (
            f"Of the same matters, found by it alone and by `{DEFAULT_DETECTOR}` alone: "
            + ", ".join(
                f"{row.detector} {duels[row.detector][0]} and {duels[row.detector][1]}"
                for row in rows
                if row.detector in duels
            )
            + "."
        )
        yield ""
        yield (
            "False warnings a day on days that the thresholds were not learnt from: "
            + ", ".join(f"{name} {value:.2f}" for name, value in tried.realised.items())
            + "."
        )
    yield ""
    yield f"### How often `{DEFAULT_DETECTOR}` finds what"
    yield ""
    yield from _groups(everything)


def _groups(outcomes: Sequence[Outcome]) -> Iterator[str]:
    groups = {
        "shape": lambda o: o.shape,
        "speed": lambda o: o.speed,
        "calls": lambda o: o.size,
        "usual cases a day in its cells": lambda o: _class_of(o.usual_per_day),
    }
    yield "| by | group | found |"
    yield "|---|---|---|"
    for name, key in groups.items():
        for group, span in by(outcomes, DEFAULT_DETECTOR, key):
            yield f"| {name} | {group} | {span} |"


def _class_of(per_day: float) -> str:
    """Four classes of how thin the data are."""
    bounds = (0.01, 0.1, 1.0, math.inf)
    names = ("a: below 0.01", "b: 0.01 to 0.1", "c: 0.1 to 1", "d: 1 and more")
    return next(name for name, bound in zip(names, bounds, strict=True) if per_day < bound)
