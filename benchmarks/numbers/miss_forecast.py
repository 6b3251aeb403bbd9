"""How well missed deadlines are forecast: Boston's October by what was known of July to September."""

from __future__ import annotations

from collections.abc import Iterator

from benchmarks.results import Result, not_measured, rounded
from benchmarks.run import Run
from dashboard.forecast_trial import Part, Trial, boston
from hotline.forecast.scores import Scores

NAME = "miss-forecast"
ASKS = "chances to miss the deadline learnt from July to September 2011 in Boston, and what came of them in October"
UNIT = "Brier score"
TARGET = "below the simple rule's, also when that is put right on the learnt weeks; AUC above its AUC"


def measure(run: Run) -> Iterator[Result]:
    run.say("the miss forecast is learnt and asked")
    trial = boston(run.pick(False, True, True), lambda share: None)
    if trial is None:
        yield not_measured(NAME, UNIT, TARGET, "the recorded cases of Boston are not here")
        return
    for part in trial.parts:
        yield _result(trial, part)


def _result(trial: Trial, part: Part) -> Result:
    ours, rules = part.model, (part.rule, part.rule_fitted)
    return Result(
        name=f"{NAME}: {part.name}",
        value=rounded(ours.brier),
        unit=UNIT,
        target=TARGET,
        met=all(ours.brier < rule.brier and ours.auc > rule.auc for rule in rules),
        n=ours.n,
        compared_with={
            "forecast": _told(ours),
            "time left / usual time": _told(part.rule),
            "the same, put right": _told(part.rule_fitted),
        },
        conditions={
            "learnt from": f"{trial.learnt:,} closed cases as known on {trial.until:%Y-%m-%d}",
            "asked": f"at {trial.instants} instants of October, {part.cases:,} different cases",
            "missed": f"{ours.base:.1%}",
            "calibration (said: came, n)": "; ".join(f"{b.said:.2f}: {b.came:.2f}, {b.n:,}" for b in ours.bins),
        },
    )


def _told(found: Scores) -> str:
    return f"Brier {found.brier:.4f}, ECE {found.ece:.4f}, AUC {found.auc:.4f}"
