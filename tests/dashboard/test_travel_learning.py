"""`travel learn`: recorded calls of any preset with units become a file of travel times, or one line says why not."""

from __future__ import annotations

import csv
import gzip
import random
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from dashboard.cli import main
from dashboard.recorded_runs import learn_from, read_runs
from emergency.travel import distance_m, from_bytes
from emergency.trips import SF_TIME, estimate_homes, runs_to_trips, sf_rows_to_runs
from streams.feeds.preset import load_preset
from tests.support.shared_data import shared_path

SIX_DAYS = "emergency/sf_fire_calls_2016-12-31_2017-01-05.csv.gz"
COLUMNS = (
    *("Call Number", "Unit ID", "Call Type", "Received DtTm", "Dispatch DtTm", "Response DtTm", "On Scene DtTm"),
    *("Transport DtTm", "Hospital DtTm", "Available DtTm", "Address", "Station Area", "Final Priority", "Unit Type"),
    *("Neighborhood  District", "Location"),
)
STATION = (37.76, -122.44)
START = datetime(2017, 1, 1, 6)
MPS = 8.0


def calls(path: Path, n: int) -> Path:
    """So many calls of one engine that drives 8 m/s from its station, an hour apart, turning out in 70 s."""
    rng = random.Random(1)
    with path.open("w", newline="", encoding="utf-8") as file:
        rows = csv.DictWriter(file, COLUMNS, restval="")
        rows.writeheader()
        for number in range(n):
            at = START + timedelta(hours=number)
            scene = STATION[0] + rng.uniform(-0.02, 0.02), STATION[1] + rng.uniform(-0.02, 0.02)
            rolling = at + timedelta(seconds=130)
            there = rolling + timedelta(seconds=20 + distance_m(STATION, scene) / MPS)
            stamps = {
                "Received": at,
                "Dispatch": at + timedelta(seconds=60),
                "Response": rolling,
                "On Scene": there,
                "Available": there + timedelta(minutes=20),
            }
            rows.writerow(
                {f"{name} DtTm": f"{stamp:{SF_TIME}}" for name, stamp in stamps.items()}
                | {"Call Number": f"c{number}", "Unit ID": "E07", "Unit Type": "ENGINE", "Station Area": "07"}
                | {"Call Type": "Alarms", "Final Priority": "3", "Location": f"({scene[0]:.6f}, {scene[1]:.6f})"}
            )
    return path


def learn(*words: str | Path) -> Result:
    return CliRunner().invoke(main, ["travel", "learn", *map(str, words)])


def test_what_was_driven_is_what_is_expected(tmp_path: Path) -> None:
    out = tmp_path / "sf.travel"
    answer = learn(calls(tmp_path / "calls.csv", 300), "--preset", "sf-fire", "--out", out)
    assert answer.exit_code == 0, answer.output
    for said in ("300 runs of 300 rows (0 not readable)", "calls.csv: 300 trips", f"HEXWATCH_TRAVEL={out}"):
        assert said in answer.output
    assert "engine: 1 km in" in answer.output
    model = from_bytes(out.read_bytes())
    home = model.homes["E07"]
    assert distance_m(home, STATION) < 300
    scene = STATION[0] + 0.01, STATION[1]
    found = model.estimate(home, scene, START.astimezone(), "engine")
    assert found.seconds == pytest.approx(20 + distance_m(STATION, scene) / MPS, rel=0.15)
    assert model.turnout_s("engine") == 70
    shown = CliRunner().invoke(main, ["travel", "show", str(out)])
    assert "calls.csv: 300 trips (America/Los_Angeles)" in shown.output


def test_what_teaches_nothing_is_refused_in_one_line_and_the_old_file_stays(tmp_path: Path) -> None:
    out = tmp_path / "sf.travel"
    out.write_bytes(b"as before")
    few = calls(tmp_path / "few.csv", 20)
    for words, said in (
        ((few, "--preset", "sf-fire"), "20 of 20 runs have a known start and a credible duration; at least 200"),
        ((few, "--preset", "boston-311"), "preset boston-311 tells of no units"),
        ((few, "--preset", "montgomery-911"), "preset montgomery-911 tells of no units"),
        ((few, "--preset", "nope"), "nope"),
        ((__file__, "--preset", "sf-fire"), "no column for"),
    ):
        answer = learn(*words, "--out", out)
        assert answer.exit_code == 1
        assert said in answer.output.splitlines()[-1], answer.output
    assert (
        learn(calls(tmp_path / "many.csv", 300), "--preset", "sf-fire", "--out", tmp_path / "no/where").exit_code == 1
    )
    assert out.read_bytes() == b"as before"
    nothing = CliRunner().invoke(main, ["travel", "show", str(out)])
    assert (nothing.exit_code, nothing.output.count("\n")) == (1, 1)


@pytest.mark.shared
def test_san_franciscos_calls_are_read_by_their_preset_as_by_hand() -> None:
    path, preset = shared_path(SIX_DAYS), load_preset("sf-fire")
    recorded = read_runs(path, preset, lambda share: None)
    assert (len(recorded.runs), recorded.rows, recorded.rejected) == (5_843, 5_843, 0)
    with gzip.open(path, "rt", encoding="utf-8") as file:
        by_hand = sf_rows_to_runs(csv.DictReader(file))
    assert [run.home for run in recorded.runs] == [run.home for run in by_hand]
    mine, theirs = (runs_to_trips(runs, estimate_homes(runs)) for runs in (recorded.runs, by_hand))
    # A stamp after the unit was available again is put at that instant by the preset: a few trips end sooner.
    assert abs(len(mine) - len(theirs)) <= 0.01 * len(theirs)
    found = learn_from(recorded.runs, preset.zone, "six days")
    assert found.mae_s < 0.85 * found.constant_mae_s
    assert found.p90_s < found.constant_p90_s
    assert set(found.model.homes) == {run.unit_id for run in by_hand if run.home}
