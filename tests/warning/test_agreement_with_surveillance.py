"""Farrington and EARS against what R's surveillance package said of the same series (recorded/record.R)."""

from __future__ import annotations

import csv
import json
from collections import defaultdict
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from geo.warning.farrington import Plan, farrington
from geo.warning.series import Ears, ears

RECORDED = Path(__file__).parent / "recorded"
# What record.R asked for.
PLANS = {
    "farrington days": Plan(7, back=6, half_window=1, recent=2, alpha=0.01, least_cases=3, least_steps=1),
    "farrington days nb": Plan(
        7, back=6, half_window=1, recent=2, alpha=0.01, least_cases=3, least_steps=1, method="nbPlugin"
    ),
    "farrington weeks": Plan(52, back=5, half_window=3, alpha=0.05),
    "farrington weeks periods": Plan(52, back=5, half_window=3, periods=10, recent=26, alpha=0.01, method="nbPlugin"),
}
NEAR = 1e-4  # relative difference of bounds: R stops its fits at a relative change of deviance of 1e-8


def _series() -> dict[str, np.ndarray[Any, Any]]:
    found: dict[str, list[float]] = defaultdict(list)
    with (RECORDED / "series.csv").open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            found[row["series"]].append(float(row["count"]))
    return {name: np.array(counts) for name, counts in found.items()}


def _recorded() -> dict[str, dict[str, dict[str, list[float | None]]]]:
    said = json.loads((RECORDED / "surveillance.json").read_text(encoding="utf-8"))
    said.pop("versions")
    return said


CASES = [(name, method) for name, methods in _recorded().items() for method in methods]


@pytest.mark.parametrize(("name", "method"), [case for case in CASES if case[1].startswith("farrington")])
def test_farrington_alarms_where_the_reference_does(name: str, method: str) -> None:
    counts, said, plan = _series()[name], _recorded()[name][method], PLANS[method]
    differing, checked = [], 0
    for step, alarm, upper in zip(said["step"], said["alarm"], said["upper"], strict=True):
        at = int(step or 0) - 1
        verdict = farrington(counts[None], at, plan)
        if upper is not None:
            checked += 1
            if abs(verdict.upper[0] - upper) > NEAR * max(upper, 1.0):
                differing.append((at, float(verdict.upper[0]), upper))
        assert bool(verdict.alarm[0]) == bool(alarm), f"{name}, step {at}"
    assert checked > 10
    assert not differing, f"{len(differing)} of {checked} bounds differ: {differing[:5]}"


@pytest.mark.parametrize(("name", "method"), [case for case in CASES if case[1] in ("ears C1", "ears C2")])
def test_ears_alarms_where_the_reference_does(name: str, method: str) -> None:
    counts, said = _series()[name], _recorded()[name][method]
    steps = np.array(said["step"], dtype=int) - 1
    bounds = ears(counts, method.removeprefix("ears "))  # type: ignore[arg-type]
    np.testing.assert_allclose(bounds.upper[steps], np.array(said["upper"], dtype=float), rtol=1e-6)
    assert ((counts > bounds.upper)[steps] == np.array(said["alarm"], dtype=bool)).all()


@pytest.mark.parametrize("name", list(_recorded()))
def test_ears_c3_is_the_references_with_its_two_days_before_and_more(name: str) -> None:
    """earsC 1.20 sets the bound of C3 at the observed count plus what is left of z: its alarms rest on the two days
    before alone. The papers count the day itself too; so do we, and every alarm of the reference is one of ours."""
    counts, said = _series()[name], _recorded()[name]["ears C3"]
    steps = np.array(said["step"], dtype=int) - 1
    method: Ears = "C3"
    theirs = ears(counts, method, like_reference=True)
    assert ((counts > theirs.upper)[steps] == np.array(said["alarm"], dtype=bool)).all()
    ours = ears(counts, method).statistic > 1.96
    assert (ours[steps] >= np.array(said["alarm"], dtype=bool)).all()


def test_there_are_enough_series_and_alarms_to_mean_something() -> None:
    recorded = _recorded()
    assert len(recorded) >= 5
    alarms = {
        m: sum(sum(map(int, (a or 0 for a in s[m]["alarm"]))) for s in recorded.values() if m in s) for m in PLANS
    }
    assert all(n >= 3 for n in alarms.values()), alarms
