"""The benchmarks run, print what they promise to print, and their arithmetic is right."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.__main__ import NUMBERS
from benchmarks.report import page
from benchmarks.results import Result, from_lines, percentile, rounded, to_line

pytestmark = pytest.mark.thorough

ROOT = Path(__file__).resolve().parents[2]
VALUES = st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=50)


def run(*options: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "benchmarks", *options]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=400)


def a_result(name: str = "speed", met: bool | None = True, value: float | None = 12_345.0) -> Result:
    conditions = {"cores": 2, "load_average": [0.5, 1.5], "weather": "calm"}
    promised: dict[str, Any] = {"unit": "events/s", "target": "≥ 1", "compared_with": {"walking": 3}}
    return Result(name=name, value=value, met=met, n=7, conditions=conditions, **promised)


@pytest.mark.timeout(410)
def test_each_benchmark_runs_and_prints_json_lines() -> None:
    """The smallest size: it shows that everything works, not how fast."""
    done = run("--size", "tiny")
    assert done.returncode == 0, done.stderr[-3000:]
    results = from_lines(done.stdout.splitlines())
    for name in NUMBERS:
        own = [result for result in results if result.name.partition(":")[0] == name]
        assert own, f"{name} printed nothing"
        for result in own:
            assert result.unit, result
            assert result.value is not None or "not measured" in result.conditions, result
            assert result.conditions["size"] == "tiny"


def test_what_can_be_measured_is_listed() -> None:
    done = run("--list")
    assert done.returncode == 0, done.stderr
    assert [line.split()[0] for line in done.stdout.splitlines()] == list(NUMBERS)


def test_small_runs_do_not_replace_the_published_page() -> None:
    done = run("--quick", "--write", "--only", "area-lookup")
    assert done.returncode == 2
    assert "--write needs a full run" in done.stderr


def test_a_line_is_one_object_with_the_promised_keys() -> None:
    line = to_line(a_result())
    assert "\n" not in line
    assert set(json.loads(line)) == {"name", "value", "unit", "target", "met", "n", "compared_with", "conditions"}


def test_lines_read_back_are_the_results_printed() -> None:
    results = [a_result("one"), a_result("two", met=None, value=None)]
    assert from_lines([to_line(result) for result in results]) == results


def test_what_is_no_result_is_refused() -> None:
    with pytest.raises(ValueError, match="not a line of results"):
        from_lines(['{"name": 3}'])


def test_the_page_says_what_was_not_held_and_what_was_not_measured() -> None:
    written = page([a_result("fast"), a_result("slow", met=False), a_result("unknown", met=None, value=None)])
    rows = {row.split(" | ")[0].strip("| "): row for row in written.splitlines() if row.startswith("| ")}
    assert rows["fast"] == "| fast | 12,345 events/s | ≥ 1 | yes | 7 |"
    assert "**no**" in rows["slow"]
    assert "not measured" in rows["unknown"]
    assert "load average during the runs 0.5 to 1.5" in written
    assert "* walking: 3" in written
    assert "* _weather: calm_" in written


@given(VALUES, st.floats(0.01, 1.0))
def test_a_percentile_is_the_least_value_that_enough_values_do_not_exceed(values: list[float], share: float) -> None:
    found = percentile(values, share)
    assert found in values
    assert sum(value <= found for value in values) >= share * len(values) - 1e-9
    assert sum(value < found for value in values) < share * len(values)


def test_no_samples_have_no_percentile() -> None:
    with pytest.raises(ValueError, match="no samples"):
        percentile([], 0.5)


@given(st.floats(0.001, 1e9))
def test_rounding_keeps_three_figures_and_whole_numbers_whole(value: float) -> None:
    assert abs(rounded(value) - value) <= value * 0.005
    assert value < 1000 or rounded(value) == round(value)
