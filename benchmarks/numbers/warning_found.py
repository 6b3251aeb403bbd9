"""How many made-up matters early warning finds in a real stream, at one false warning a day: a sample of the whole.

The whole evaluation of three cities takes an hour: `python -m dashboard warning evaluate`, kept in `evaluations/`.
"""

from __future__ import annotations

from collections.abc import Iterator

from benchmarks.results import Result, not_measured, rounded
from benchmarks.run import Run
from dashboard.warning_streams import city_stream
from dashboard.warning_trials import DEFAULT_DETECTOR, Scope, evaluate, table

NAME = "warning-found"
ASKS = "matters of four shapes put into a real stream: found by which detector, how soon, how exactly (two minutes)"
CITY = "boston"
TRIED_DAYS = (28, 14, 8)
SEEDS = (5, 1, 1)
SIZES = ((6, 25), (6, 25), (25,))
STEP_S = (3600.0, 3600.0, 7200.0)


def measure(run: Run) -> Iterator[Result]:
    days = run.pick(*TRIED_DAYS)
    scope = Scope(calls=run.pick(*SIZES), seeds=run.pick(*SEEDS), step_s=run.pick(*STEP_S))
    stream = city_stream(CITY, lambda what, share: None, tried_days=days)
    if stream is None:
        yield not_measured(NAME, "share", "best at equal false alarms", "its data are not here")
        return
    run.say(f"{scope.seeds * scope.matters} matters put into {days} days of {CITY}, seen by every detector")
    tried = evaluate(stream, scope, lambda what, share: None)
    rows = table(tried.outcomes, tried.realised)
    ours = next(row for row in rows if row.detector == DEFAULT_DETECTOR)
    best = max(row.found.value for row in rows)
    yield Result(
        name=NAME,
        value=rounded(ours.found.value),
        unit=f"of the matters found by `{DEFAULT_DETECTOR}`",
        target="within chance of the best at equal false alarms a day",
        met=ours.found.high >= best,
        n=ours.n,
        compared_with={
            row.detector: f"found {row.found}, delay {row.delay_h} h, precision {row.precision}, place error "
            f"{row.error_km} km, false a day on other days {row.false_per_day:.2f}"
            for row in rows
        },
        conditions={
            "stream": f"{CITY}, {days} days of {len(stream.grid.cells):,} cells",
            "seeds": scope.seeds,
            "calls of a matter": list(scope.calls),
            "looked every": f"{scope.step_s / 60:g} minutes for thresholds",
            "accepted false warnings a day": scope.false_per_day,
            "interval": "95 %: Wilson for shares, resampling for the rest",
        },
    )
