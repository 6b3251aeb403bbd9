"""How many made-up matters early warning finds in real and simulated streams, at one false warning a day."""

from __future__ import annotations

from collections.abc import Iterator

from benchmarks.results import Result, not_measured, rounded
from benchmarks.run import Run
from dashboard.warning_streams import city_stream
from dashboard.warning_trials import DEFAULT_DETECTOR, Scope, evaluate, table
from geo.warning.trials import CALLS, Stream

NAME = "warning-found"
ASKS = "matters of four shapes put into the streams of three cities: found by which detector, how soon, how exactly"
CITIES = (("boston", "montgomery", "beijing"), ("boston",), ("boston",))
SEEDS = (20, 5, 1)
SIZES = (CALLS, (6, 12, 25), (6, 25))
STEP_S = (1800.0, 1800.0, 7200.0)


def measure(run: Run) -> Iterator[Result]:
    scope = Scope(calls=run.pick(*SIZES), seeds=run.pick(*SEEDS), step_s=run.pick(*STEP_S))
    for city in run.pick(*CITIES):
        run.say(f"early warning tried on {city}")
        stream = city_stream(city, lambda what, share: None)
        if stream is None:
            yield not_measured(f"{NAME}: {city}", "share", "best at equal false alarms", "its data are not here")
            continue
        yield _result(city, stream, scope)


def _result(city: str, stream: Stream, scope: Scope) -> Result:
    tried = evaluate(stream, scope, lambda what, share: None)
    rows = table(tried.outcomes, tried.realised)
    ours = next(row for row in rows if row.detector == DEFAULT_DETECTOR)
    best = max(row.found.value for row in rows)
    return Result(
        name=f"{NAME}: {city}",
        value=rounded(ours.found.value),
        unit=f"of all matters found by `{DEFAULT_DETECTOR}`",
        target="within chance of the best at equal false alarms a day",
        met=ours.found.high >= best,
        n=ours.n,
        compared_with={
            row.detector: f"found {row.found}, delay {row.delay_h} h, precision {row.precision}, place error "
            f"{row.error_km} km, false a day on other days {row.false_per_day:.2f}"
            for row in rows
        },
        conditions={
            "seeds": scope.seeds,
            "calls of a matter": list(scope.calls),
            "looked every": f"{scope.step_s / 60:g} minutes",
            "accepted false warnings a day": scope.false_per_day,
            "interval": "95 %: Wilson for shares, resampling for medians",
        },
    )
