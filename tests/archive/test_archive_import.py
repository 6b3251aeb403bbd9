"""Files into the archive: the same cases as through the log, and the figures that pandas finds in the file."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from dashboard.archive_import import import_file, recorded
from dashboard.archive_rows import case_values
from geo.cities import load_city
from hotline.cases import Case, fold_case
from streams.archive import longest, query
from streams.archive.intake import import_cases
from streams.archive.lists import cases_behind, cases_of_cell
from streams.archive.longest import longest_waiting
from streams.archive.schema import CASE_COLUMNS
from streams.archive.verify import check
from streams.archive.view import Archive, View, Where, bounds_of
from streams.codec import decode_envelope, payload_of
from streams.events import recording_of
from streams.feeds.prepare import prepare
from streams.feeds.preset import load_preset
from streams.feeds.rows import FeedError
from streams.feeds.sequence import as_recorded
from tests.support.messy_files import write_boston, write_nyc
from tests.support.shared_data import shared_path

NOW = datetime(2026, 3, 4, tzinfo=UTC)
BOSTON_FILE = "service_requests/boston_311_2011-07_2011-10.csv.gz"


def _folded(path: Path, preset_name: str, work: Path) -> dict[str, tuple[Any, ...]]:
    """The cases of a file as the engine's fold makes them of the feed's own entries."""
    preset = load_preset(preset_name)
    city = load_city(preset.city)
    cases: dict[str, Case] = {}
    for item in as_recorded(prepare(path, preset, work), 0, None):
        if item.reason:
            continue
        told = decode_envelope(item.body)
        envelope = recorded(told, city, None)
        payload: Any = payload_of(told)
        if payload.ENTITY == "case" and told.type == "case.received":
            place = city.place(payload.lat, payload.lng, None, payload.area)
            envelope = type(envelope)(
                **{n: getattr(envelope, n) for n in envelope.__struct_fields__}
                | {"placed": {"cell": place.cell, "area": place.area}}
            )
        case = fold_case(cases.get(payload.case_id), payload, recording_of(envelope, 0))
        assert case is not None
        cases[payload.case_id] = case
    return {name: case_values(name, case) for name, case in cases.items()}


def _imported(folder: Path) -> dict[str, tuple[Any, ...]]:
    with Archive(folder).view() as view:
        rows = view.rows(f"SELECT {', '.join(CASE_COLUMNS)} FROM {view.table('cases')}")
    return {row["case_id"]: tuple(row.values()) for row in rows}


@pytest.mark.parametrize(("preset", "write"), [("boston-311", write_boston), ("nyc-311", write_nyc)])
def test_an_import_brings_the_very_cases_that_the_log_would(tmp_path: Path, preset: str, write: Any) -> None:
    path = write(tmp_path / "file.csv", 600, seed=4)
    chosen = load_preset(preset)
    made = import_cases(tmp_path / "archive", path, chosen, load_city(chosen.city), None, NOW)
    expected = _folded(path, preset, tmp_path / "work")
    found = _imported(tmp_path / "archive")
    assert found.keys() == expected.keys()
    for name, values in expected.items():
        assert dict(zip(CASE_COLUMNS, found[name], strict=True)) == dict(zip(CASE_COLUMNS, values, strict=True))
    assert made.rows == len(expected)
    assert check(tmp_path / "archive", Archive(tmp_path / "archive").manifest) == []


def test_a_file_in_many_chunks_is_the_same_archive(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    preset, city = load_preset("nyc-311"), load_city("nyc")
    path = write_nyc(tmp_path / "file.csv", 5000, seed=9)
    head, first, *_ = path.read_text().splitlines()
    assert head
    with path.open("a") as file:
        file.write(first + "\n")  # the first row once more, in the last chunk
    import_cases(tmp_path / "one", path, preset, city, None, NOW)
    monkeypatch.setattr("streams.archive.intake.CHUNK_ROWS", 1)
    monkeypatch.setattr("streams.archive.columns_of_files.BATCH_ROWS", 2048)
    made = import_cases(tmp_path / "many", path, preset, city, None, NOW)
    assert made.repeated == 1
    assert _imported(tmp_path / "many") == _imported(tmp_path / "one")
    assert check(tmp_path / "many", Archive(tmp_path / "many").manifest) == []


def test_the_same_file_again_changes_nothing(tmp_path: Path) -> None:
    preset, city = load_preset("boston-311"), load_city("boston")
    path = write_boston(tmp_path / "file.csv", 100)
    for _ in range(2):
        import_cases(tmp_path / "archive", path, preset, city, None, NOW)
    manifest = Archive(tmp_path / "archive").manifest
    named = {file.path for file in manifest.files}
    there = {str(p.relative_to(tmp_path / "archive")) for p in (tmp_path / "archive").rglob("*.parquet")}
    assert named == there
    assert len(manifest.origins) == 1


def test_a_file_of_another_kind_is_refused_and_leaves_nothing(tmp_path: Path) -> None:
    path = tmp_path / "file.csv"
    path.write_text("case_enquiry_id,open_dt\n" + "1,never\n" * 50)
    with pytest.raises(FeedError, match="refused"):
        import_cases(tmp_path / "archive", path, load_preset("boston-311"), load_city("boston"), None, NOW)
    assert list((tmp_path / "archive").rglob("*.parquet")) == []


def _frame(path: Path) -> pd.DataFrame:
    frame = pd.read_csv(path, low_memory=False)
    for name in ("open_dt", "closed_dt", "target_dt"):
        frame[name] = pd.to_datetime(frame[name], errors="coerce")
    return frame


def _counted(view: View, frame: pd.DataFrame, day: date, area: str = "") -> tuple[dict[str, int], dict[str, int]]:
    """(figures of the archive, figures of pandas) for one day."""
    where = Where(area=(area,)) if area else Where()
    start, end = bounds_of(day, view.zone)
    ours = query.counts(view, start, end, where)[0] | query.stock(view, end, where)[0]
    begin, over = pd.Timestamp(day), pd.Timestamp(day) + pd.Timedelta(days=1)
    mine = frame[frame.neighborhood == area] if area else frame
    is_open = (mine.open_dt < over) & (mine.closed_dt.isna() | (mine.closed_dt >= over))
    theirs = {
        "received": int(((mine.open_dt >= begin) & (mine.open_dt < over)).sum()),
        "closed": int(((mine.closed_dt >= begin) & (mine.closed_dt < over)).sum()),
        "open": int(is_open.sum()),
        "deadline": int((is_open & mine.target_dt.notna()).sum()),
        "overdue": int((is_open & (mine.target_dt < over)).sum()),
    }
    return {name: ours[name] for name in theirs}, theirs


def _plain_file(path: Path) -> Path:
    """Fifteen days of cases without oddities, closed and due hours and days later."""
    rows = ["case_enquiry_id,open_dt,target_dt,closed_dt,reason,neighborhood,source,latitude,longitude"]
    for number in range(900):
        opened = pd.Timestamp("2011-08-20 00:10:00") + pd.Timedelta(minutes=24 * number)
        target = opened + pd.Timedelta(hours=(7 * number) % 90 + 1) if number % 5 else ""
        closed = opened + pd.Timedelta(hours=(11 * number) % 120) if number % 4 else ""
        area = ("Roxbury", "Dorchester", "Back Bay")[number % 3]
        rows.append(f"{number},{opened},{target},{closed},Trees,{area},Self Service,,")
    path.write_text("\n".join(rows) + "\n")
    return path


def test_figures_of_days_and_areas_equal_pandas_on_the_file(tmp_path: Path) -> None:
    path = _plain_file(tmp_path / "file.csv")
    frame = _frame(path)
    import_cases(tmp_path / "archive", path, load_preset("boston-311"), load_city("boston"), None, NOW)
    with Archive(tmp_path / "archive").view() as view:
        for day in (20, 23, 28, 31):
            for area in ("", "Roxbury"):
                ours, theirs = _counted(view, frame, date(2011, 8, day), area)
                assert ours == theirs
        start, at = bounds_of(date(2011, 8, 24), view.zone)[0], datetime.fromisoformat("2011-08-25T14:30:00-04:00")
        plain = query.counts(view, start, at), query.stock(view, at)
        assert plain == (query.counts(view, start, at, from_rows=True), query.stock(view, at, from_rows=True))
        for where in (Where(), Where(area=("Roxbury",)), Where(grade=("II",))):
            for by in ((), ("area",), ("category", "kind"), ("cell",)):
                assert query.stocks(view, [at, start], where, by) == [
                    query.stock(view, t, where, by) for t in (at, start)
                ]
        for figure in ("received", "closed", "closed_late", "open", "deadline", "overdue"):
            found = cases_behind(view, figure, start, at, Where(area=("Roxbury",)), limit=5)
            figures = query.counts(view, start, at, Where(area=("Roxbury",)))[0]
            figures |= query.stock(view, at, Where(area=("Roxbury",)))[0]
            assert found.total == figures[figure] > 0
            assert len(found.rows) == min(5, found.total)
        for figure, order in (("open", "oldest"), ("overdue", "due")):
            for where, most in ((Where(), 7), (Where(area=("Roxbury",)), 400)):
                whole = cases_behind(view, figure, start, at, where, order=order, limit=most, from_rows=True).rows
                assert longest_waiting(view, figure, at, where, most) == whole


def test_a_page_of_a_stock_is_the_same_whether_some_files_are_read_or_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(longest, "FIRST_ROWS", 20)  # many steps through 900 cases
    path = _plain_file(tmp_path / "file.csv")
    import_cases(tmp_path / "archive", path, load_preset("boston-311"), load_city("boston"), None, NOW)
    at = datetime.fromisoformat("2011-08-27T14:30:00-04:00")
    cell = Where(cell="852a3067fffffff")
    with Archive(tmp_path / "archive").view() as view:
        for figure, order, where, first in (
            ("open", "newest", Where(), 0),
            ("open", "newest", Where(), 40),
            ("open", "oldest", Where(area=("Roxbury",)), 3),
            ("open", "due", Where(), 0),
            ("open", "closed", Where(), 0),
            ("deadline", "due", Where(), 10),
            ("overdue", "due", Where(), 0),
            ("overdue", "newest", cell, 5),
            ("overdue", "newest", Where(area=("nowhere",)), 0),
            ("due", "due", Where(), 0),
            ("open", "newest", Where(), 100_000),
        ):
            pages = [
                cases_behind(view, figure, at, at, where, order=order, limit=12, offset=first, from_rows=from_rows)
                for from_rows in (False, True)
            ]
            assert pages[0] == pages[1], (figure, order, where, first)
            assert bool(pages[0].rows) == (first < pages[0].total)


def test_counts_add_up_however_they_are_asked(tmp_path: Path) -> None:
    path = _plain_file(tmp_path / "file.csv")
    import_cases(tmp_path / "archive", path, load_preset("boston-311"), load_city("boston"), None, NOW)
    with Archive(tmp_path / "archive").view() as view:
        first, last = date(2011, 8, 20), date(2011, 9, 3)
        months = query.trend(view, first, last, "month", ("area",))
        assert months == query.trend(view, first, last, "month", ("area",), from_rows=True)
        start, end = bounds_of(first, view.zone)[0], bounds_of(last, view.zone)[1]
        assert sum(row["received"] for row in months) == query.counts(view, start, end)[0]["received"]
        assert sum(row["received"] for row in query.counts(view, start, end, by=("day",))) == 900
        assert cases_of_cell(view, "862a30667ffffff", first, last).total == 0


@pytest.mark.shared
@pytest.mark.thorough
def test_every_case_of_boston_is_the_one_that_the_log_would_bring(tmp_path: Path) -> None:
    path = shared_path(BOSTON_FILE)
    import_cases(tmp_path / "archive", path, load_preset("boston-311"), load_city("boston"), None, NOW)
    assert _imported(tmp_path / "archive") == _folded(path, "boston-311", tmp_path / "work")


@pytest.mark.shared
@pytest.mark.thorough
def test_figures_of_boston_equal_pandas(tmp_path: Path) -> None:
    path = shared_path(BOSTON_FILE)
    frame = _frame(path)
    import_cases(tmp_path / "archive", path, load_preset("boston-311"), load_city("boston"), None, NOW)
    assert check(tmp_path / "archive", Archive(tmp_path / "archive").manifest) == []
    with Archive(tmp_path / "archive").view() as view:
        for day in pd.date_range("2011-07-01", "2011-10-31", freq="5D"):
            ours, theirs = _counted(view, frame, day.date())
            assert ours == theirs


@pytest.mark.shared
@pytest.mark.thorough
def test_fire_calls_of_san_francisco_keep_every_stamp(tmp_path: Path) -> None:
    path = shared_path("emergency/sf_fire_calls_2016-12-31_2017-01-05.csv.gz")
    preset = load_preset("sf-fire")
    made = import_file(tmp_path / "archive", path, preset, load_city("sf"), None, tmp_path / "work")
    frame = pd.read_csv(path)
    assert made.rows == frame["Call Number"].nunique()
    with Archive(tmp_path / "archive").view() as view:
        rows = view.rows(f"SELECT count(*) AS n, count(on_scene_at) AS arrived FROM {view.latest('assignments')}")
    assert rows == [{"n": len(frame), "arrived": int(frame["On Scene DtTm"].notna().sum())}]
