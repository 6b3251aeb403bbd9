"""The generated day that ships: it can be made again, lies in the city, and looks like a day of a hotline."""

from __future__ import annotations

import gzip
import tomllib
from collections import Counter
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import pytest

from geo.areas import Areas
from geo.cities import load_city
from streams.events import Envelope
from streams.feeds import make_sample
from streams.feeds.prepare import Prepared, prepare
from streams.feeds.preset import load_preset
from tests.feeds.builders import envelopes, local

LARGEST_BYTES = 1_000_000


@pytest.fixture(scope="module")
def cases(tmp_path_factory: pytest.TempPathFactory) -> Prepared:
    return prepare(make_sample.SAMPLES / "beijing_day.csv.gz", load_preset("beijing-day"), tmp_path_factory.mktemp("c"))


@pytest.fixture(scope="module")
def calls(tmp_path_factory: pytest.TempPathFactory) -> Prepared:
    path = make_sample.SAMPLES / "beijing_day_units.csv.gz"
    return prepare(path, load_preset("beijing-day-units"), tmp_path_factory.mktemp("u"))


def received(prepared: Prepared) -> list[Envelope]:
    return [e for e in envelopes(prepared) if e.type in ("case.received", "incident.received")]


def test_the_generator_writes_the_same_rows_again(tmp_path: Path) -> None:
    words = tomllib.loads((make_sample.SAMPLES / "beijing_day.words.toml").read_text(encoding="utf-8"))
    for name, columns, rows in (
        ("beijing_day.csv.gz", make_sample.CASE_COLUMNS, make_sample.cases(words, Random(make_sample.SEED))),
        (
            "beijing_day_units.csv.gz",
            make_sample.UNIT_COLUMNS,
            make_sample.unit_rows(words, Random(make_sample.SEED + 1)),
        ),
    ):
        make_sample.write(tmp_path / name, columns, rows)
        shipped = (make_sample.SAMPLES / name).read_bytes()
        assert gzip.decompress((tmp_path / name).read_bytes()) == gzip.decompress(shipped)
        assert len(shipped) < LARGEST_BYTES


def test_it_is_labelled_as_generated() -> None:
    for name in ("beijing-day", "beijing-day-units"):
        text = (make_sample.SAMPLES.parent / "presets" / f"{name}.toml").read_text(encoding="utf-8")
        assert text.startswith("# A GENERATED day")
        assert "generated" in load_preset(name).title


def test_the_day_has_the_shape_of_a_hotline(cases: Prepared) -> None:
    assert (cases.rows, cases.dead, cases.repeated) == (12_350, 0, 0)
    day = local("2026-01-14 00:00:00", "Asia/Shanghai")
    entries = received(cases)
    assert all(day <= e.occurred_at < day + timedelta(days=1) for e in entries)
    hours = Counter(int((e.occurred_at - day) / timedelta(hours=1)) for e in entries)
    assert min(hours.values()) > 20
    assert hours[9] > 10 * hours[3]
    said: dict[str, Counter[str]] = {}
    for field in ("channel", "language", "category", "grade", "kind", "area"):
        said[field] = Counter(e.data.get(field, "complaint") for e in entries)
    assert len(said["channel"]) == 10
    assert set(said["language"]) == {"zh", "en", "ko", "ja", "de", "fr", "ru", "es", "ar", "pt"}
    assert len(said["category"]) == 26
    assert set(said["grade"]) == {"I", "II", "III", "IV"}
    assert set(said["kind"]) == {"complaint", "enquiry", "suggestion", "praise"}
    assert len(said["area"]) == 16


def test_targets_follow_the_grades(cases: Prepared) -> None:
    hours = {"I": 2, "II": 24, "III": 168, "IV": 360}
    city = load_city("beijing")
    assert {grade: about.feedback_h for grade, about in city.deadlines.items()} == hours
    for entry in received(cases):
        if "target_at" in entry.data:
            wanted = entry.occurred_at + timedelta(hours=hours[entry.data["grade"]])
            assert datetime.fromisoformat(entry.data["target_at"]) == wanted


def test_some_cases_close_late_and_some_the_next_day(cases: Prepared) -> None:
    due = {e.data["case_id"]: e.data.get("target_at") for e in received(cases)}
    closings = [e for e in envelopes(cases) if e.type == "case.closed"]
    late = sum(
        due[e.data["case_id"]] is not None and e.occurred_at > datetime.fromisoformat(str(due[e.data["case_id"]]))
        for e in closings
    )
    assert 0.03 < late / len(closings) < 0.2
    midnight = local("2026-01-15 00:00:00", "Asia/Shanghai")
    assert 0.2 < sum(e.occurred_at >= midnight for e in closings) / len(closings) < 0.8


def test_points_lie_in_the_districts_of_the_city(cases: Prepared, calls: Prepared) -> None:
    city = load_city("beijing")
    areas = city.load_areas()
    assert isinstance(areas, Areas)
    placed = [e for prepared in (cases, calls) for e in received(prepared) if "lat" in e.data]
    outside = [e for e in placed if not areas.area_of(e.data["lat"], e.data["lng"])]
    assert len(outside) / len(placed) < 0.002
    assert 0.04 < 1 - len(placed) / (cases.rows + 350) < 0.09


def test_the_emergencies_have_units_that_serve_one_call_at_a_time(calls: Prepared) -> None:
    entries = list(envelopes(calls))
    counts = Counter(e.type for e in entries)
    assert counts["incident.received"] == counts["incident.closed"] == 350
    assert counts["unit.dispatched"] == counts["unit.cleared"] == calls.rows
    busy: dict[str, Any] = {}
    for entry in entries:
        unit = str(entry.data.get("unit_id"))
        if entry.type == "unit.dispatched":
            assert unit not in busy, f"{unit} sent to {entry.data['incident_id']} while on {busy[unit]}"
            busy[unit] = entry.data["incident_id"]
        elif entry.type == "unit.cleared":
            del busy[unit]
    assert 100 <= len({e.data["unit_id"] for e in entries if "unit_id" in e.data}) <= 125
