"""The trial of the miss forecast in words and tables."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from dashboard.forecast_trial import Part, Trial
from hotline.forecast.scores import Scores

NAMES = {"model": "forecast", "rule": "time left / usual time", "rule_fitted": "the same, put right"}


def page(trial: Trial) -> list[str]:
    """Markdown: the scores of the forecast and of the rule side by side, then the calibration of the forecast."""
    lines = [
        f"Learnt from {trial.learnt:,} closed cases as known on {trial.until:%Y-%m-%d}; asked at {trial.instants}"
        " instants of what was open then. A case counts once at each instant at which it was open.",
        "",
        "| cases | n | different cases | missed | forecast by | Brier | ECE | AUC |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for part in trial.parts:
        lines += [_line(part, name) for name in NAMES]
    for part in trial.parts:
        lines += ["", f"Calibration, {part.name}:", "", "| said | n | mean chance | missed |", "|---|---|---|---|"]
        lines += [
            f"| {one.low:.1f} to {one.high:.1f} | {one.n:,} | {one.said:.3f} | {one.came:.3f} |"
            for one in part.model.bins
        ]
    return lines


def rows(trial: Trial) -> Iterator[dict[str, Any]]:
    """One row per choice of cases and way of forecasting."""
    for part in trial.parts:
        for name in NAMES:
            yield {"cases": part.name, "different": part.cases, "by": name, **_scores(part, name)._asdict()}


def _line(part: Part, name: str) -> str:
    found = _scores(part, name)
    return (
        f"| {part.name} | {found.n:,} | {part.cases:,} | {found.base:.1%} | {NAMES[name]} | {found.brier:.4f} |"
        f" {found.ece:.4f} | {found.auc:.4f} |"
    )


def _scores(part: Part, name: str) -> Scores:
    found: Scores = getattr(part, name)
    return found
