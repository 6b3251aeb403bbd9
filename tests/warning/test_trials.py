"""The evaluation itself: matters are put in as described, finders are judged fairly, tables say what was found."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import h3
import numpy as np
import pytest
from click.testing import CliRunner

from dashboard import warning_streams
from dashboard.cli import main
from dashboard.warning_trials import (
    Scope,
    Tried,
    as_dict,
    as_markdown,
    evaluate,
    kept,
    mean,
    median,
    paired,
    put_by,
    table,
    wilson,
)
from dashboard.warning_trials_told import page
from geo.warning.arrays import DAY_S, HOUR_S
from geo.warning.baseline import zone_table
from geo.warning.counts import zone_counts
from geo.warning.learning import events_at, learn
from geo.warning.running import RunningCounts
from geo.warning.trials import SHAPES, Period, Stream, make_matter
from tests.warning.made import SINCE_S, ZONE, made_grid, made_history

SCOPE = Scope(calls=(14,), seeds=1, step_s=7200.0)


@pytest.fixture(scope="module")
def stream() -> Stream:
    return Stream("made", made_grid(), made_history(49), ZONE, SINCE_S + 46 * DAY_S)


@pytest.fixture(scope="module")
def tried(stream: Stream) -> Tried:
    return evaluate(stream, SCOPE, lambda what, share: None)


def _week(stream: Stream) -> Period:
    baseline = learn(stream.grid, stream.history.between(SINCE_S, stream.test_from_s), ZONE)
    return Period(stream.test_from_s, stream.history.until_s, baseline, zone_table(stream.grid, baseline))


def test_matters_have_the_shape_speed_and_size_that_was_asked_for(stream: Stream) -> None:
    week = _week(stream)
    spread = {}
    for shape in SHAPES:
        for speed, hours in (("sharp", 1.0), ("slow", 12.0)):
            matters = (make_matter(stream, week, np.random.default_rng(n), shape, speed, 25) for n in range(6))
            matter = next(found for found in matters if found is not None)
            assert len(matter.times_s) == len(matter.cell) == 25
            assert week.from_s <= matter.start_s == matter.times_s[0]
            assert matter.times_s[-1] - matter.start_s <= hours * HOUR_S
            cells = [stream.grid.cells[n] for n in set(matter.cell.tolist())]
            spread[shape] = max(h3.grid_distance(a, b) for a in cells for b in cells)
            if shape == "district":
                assert len({int(stream.grid.area_of[n]) for n in matter.cell}) == 1
    assert spread["point"] == 0
    assert 2 <= spread["ring"] <= 4
    assert 4 <= spread["line"] <= 8


def test_the_same_seed_makes_the_same_matter(stream: Stream) -> None:
    week = _week(stream)
    one, again = (make_matter(stream, week, np.random.default_rng(3), "point", "sharp", 6) for _ in range(2))
    assert one is not None
    assert again is not None
    assert one.times_s.tolist() == again.times_s.tolist()
    assert one.cell.tolist() == again.cell.tolist()


def test_every_finder_is_asked_about_every_matter(tried: Tried) -> None:
    rows = table(tried.outcomes, tried.realised)
    assert {row.n for row in rows} == {len(SHAPES) * 2}
    assert {"scan", "scan-nb", "tail", "ring-z", "raw-gi", "ewma", "cusum", "ears-c1", "farrington"} <= {
        row.detector for row in rows
    }
    assert [row.found.value for row in rows] == sorted((row.found.value for row in rows), reverse=True)


def test_fourteen_calls_from_one_block_within_the_hour_are_found_there(tried: Tried) -> None:
    found = next(o for o in tried.outcomes if (o.detector, o.shape, o.speed) == ("scan", "point", "sharp"))
    assert found.found
    assert 0 < found.delay_h <= 2
    assert found.error_km < 0.6
    assert found.precision > 0.5
    assert 3 <= found.calls <= 14


def test_matter_by_matter_the_differences_add_up_to_that_of_the_totals(tried: Tried) -> None:
    found = {row.detector: row.found.value * row.n for row in table(tried.outcomes)}
    duels = paired(tried.outcomes, "scan")
    assert set(duels) == set(found) - {"scan"}
    for name, (theirs, ours) in duels.items():
        assert found[name] - found["scan"] == pytest.approx(theirs - ours)
        assert 0 <= theirs + ours <= len(SHAPES) * 2


def test_what_is_missed_has_no_delay(tried: Tried) -> None:
    for outcome in tried.outcomes:
        assert math.isnan(outcome.delay_h) == math.isnan(outcome.error_km) == (not outcome.found)


def test_outcomes_can_be_kept_and_are_tried_anew_when_asked_otherwise(tried: Tried, tmp_path: Path) -> None:
    put_by(tmp_path, "made", SCOPE, tried)
    again = kept(tmp_path, "made", SCOPE)
    assert again is not None
    assert as_markdown(table(again.outcomes)) == as_markdown(table(tried.outcomes))
    assert kept(tmp_path, "made", Scope(calls=(3,))) is None
    assert kept(tmp_path, "elsewhere", SCOPE) is None
    (tmp_path / "warning-made.msgpack").write_bytes(b"?")
    with pytest.raises(ValueError, match="warning-made"):
        kept(tmp_path, "made", SCOPE)


def test_the_page_says_how_it_was_measured(tried: Tried) -> None:
    told = "\n".join(page([tried], SCOPE))
    assert "1 false warnings a day" in told
    assert "every 120 minutes" in told
    assert "| scan |" in told
    said = as_dict(table(tried.outcomes)[0])
    assert set(said["found"]) == {"value", "low", "high"}


def test_intervals_are_wilsons_and_medians_are_between_theirs() -> None:
    assert wilson(8, 10).low == pytest.approx(0.490, abs=0.001)
    assert wilson(8, 10).high == pytest.approx(0.943, abs=0.001)
    assert math.isnan(wilson(0, 0).value)
    span = median([1.0, 2.0, 3.0, 10.0, 2.5])
    assert span.low <= span.value == 2.5 <= span.high
    assert str(median([])) == "–"
    assert mean([1.0, 2.0, 6.0]).value == 3.0


def test_an_evaluation_that_was_stopped_goes_on_where_it_stopped(stream: Stream, tried: Tried, tmp_path: Path) -> None:
    two = replace(SCOPE, seeds=2)
    put_by(tmp_path, "made", two, tried)
    before = kept(tmp_path, "made", two)
    assert before is not None
    told: list[int] = []
    after = evaluate(stream, two, lambda what, share: None, before, lambda now: told.append(now.seeds))
    assert told == [after.seeds] == [2]
    assert after.outcomes[: len(tried.outcomes)] == before.outcomes
    assert len(after.outcomes) == 2 * len(tried.outcomes)
    assert kept(tmp_path, "made", SCOPE) is not None
    put_by(tmp_path, "made", two, after)
    assert kept(tmp_path, "made", SCOPE) is None, "more than was asked for"


def test_without_data_the_command_says_so(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(warning_streams, "DATA", tmp_path)
    done = CliRunner().invoke(main, ["warning", "evaluate", "--city", "boston"])
    assert done.exit_code == 0
    assert "boston: its data are not beside this project" in done.output
    assert "Nothing was tried: no data." in done.output


def test_counts_that_run_on_are_the_counts_of_each_instant(stream: Stream) -> None:
    week, grid = _week(stream), stream.grid
    running = RunningCounts(grid, stream.history, len(grid.categories))
    hours = [0, 0.5, 1, 7, 7.25, 30, 30, 71.5]
    for now_s in (week.from_s + h * HOUR_S for h in hours):
        events = events_at(stream.history, now_s)
        look = running.look(week.baseline, week.table, now_s)
        assert np.array_equal(look.counts, zone_counts(grid, events, len(grid.categories)))
        assert look.counts.any()
