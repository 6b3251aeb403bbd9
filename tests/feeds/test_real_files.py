"""Every real file, parsed whole, and its counts at many instants against pandas on the raw columns."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from streams.codec import decode_envelope, payload_of
from streams.feeds.prepare import Prepared, items, prepare
from streams.feeds.preset import load_preset
from tests.feeds.builders import PlainFold, envelopes, local
from tests.support.shared_data import shared_path

pytestmark = pytest.mark.shared

BOSTON = "service_requests/boston_311_2011-07_2011-10.csv.gz"
SF = "service_requests/sf_311_sample_2008_2018.csv.gz"
FIRE = "emergency/sf_fire_calls_2016-12-31_2017-01-05.csv.gz"
WINDOW_2019 = "service_requests/nyc_311_window_2019-12-31.csv.gz"
WINDOW_2022 = "service_requests/nyc_311_window_2022-05-01.csv.gz"
WINDOW_2024 = "service_requests/nyc_311_window_2024-05-26.csv.gz"

# file, preset, rows, events by type, records without a usable place
FILES: list[tuple[str, str, int, dict[str, int], int]] = [
    (BOSTON, "boston-311", 41_827, {"case.received": 41_827, "case.closed": 39_368}, 3_395),
    (SF, "sf-311", 10_000, {"case.received": 10_000, "case.closed": 9_630}, 4_264),
    (WINDOW_2019, "nyc-311", 1_000, {"case.received": 1_000, "case.closed": 998}, 13),
    (WINDOW_2022, "nyc-311", 924, {"case.received": 924, "case.closed": 480}, 11),
    (WINDOW_2024, "nyc-311", 1_000, {"case.received": 1_000, "case.closed": 677}, 12),
    (
        *("service_requests/nyc_311_day_2025-03-24_subset.csv.gz", "nyc-311", 235),
        *({"case.received": 235, "case.closed": 201}, 3),
    ),
    (
        *("service_requests/nyc_311_socrata_2026-02-12.json.gz", "nyc-311", 1_000),
        *({"case.received": 1_000, "case.closed": 437}, 6),
    ),
    (
        *("service_requests/nyc_311_animals_2025-01_2025-03.csv.gz", "nyc-311-animals", 4_969),
        *({"case.received": 4_969, "case.closed": 4_692}, 62),
    ),
    (
        *(FIRE, "sf-fire", 5_843),
        {
            "incident.received": 2_720,
            "incident.closed": 2_720,
            "unit.dispatched": 5_843,
            "unit.departed": 5_843 - 163,
            "unit.arrived": 5_843 - 1_162,
            "unit.transported": 5_843 - 4_096,
            "unit.delivered": 5_843 - 4_141,
            "unit.cleared": 5_843,
        },
        0,
    ),
    (
        *("emergency/sf_fire_calls_sample_2000_2014.csv.gz", "sf-fire-sample", 10_000),
        {
            "incident.received": 8_989,
            "incident.closed": 8_989,
            "unit.dispatched": 10_000,
            "unit.departed": 10_000 - 1_128,
            "unit.arrived": 10_000 - 2_719,
            "unit.transported": 10_000 - 7_870,
            "unit.delivered": 10_000 - 8_174,
            "unit.cleared": 10_000,
        },
        0,
    ),
    (
        *("emergency/montgomery_pa_911_2015-12_2016-05.csv.gz", "montgomery-911", 66_491),
        *({"incident.received": 66_491, "incident.closed": 66_491}, 0),
    ),
]


@pytest.fixture(scope="module")
def work_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("prepared")


def prepared_of(file: str, preset: str, work_dir: Path) -> Prepared:
    return prepare(shared_path(file), load_preset(preset), work_dir)


LARGE = 30_000  # rows; that these are replayed right is in tests/stories


@pytest.mark.parametrize(
    ("file", "preset", "rows", "events", "unlocated"),
    [pytest.param(*row, id=row[0], marks=[pytest.mark.thorough] * (row[2] > LARGE)) for row in FILES],
)
def test_a_real_file_is_understood_to_the_last_row(
    work_dir: Path, file: str, preset: str, rows: int, events: dict[str, int], unlocated: int
) -> None:
    prepared = prepared_of(file, preset, work_dir)
    assert (prepared.rows, prepared.dead, prepared.refused) == (rows, 0, "")
    found: Counter[str] = Counter()
    nowhere = 0
    seen: set[str] = set()
    before = None
    for item in items(prepared):
        envelope = decode_envelope(item.body)
        payload_of(envelope)
        found[envelope.type] += 1
        nowhere += envelope.type in ("case.received", "incident.received") and "lat" not in envelope.data
        assert before is None or before <= envelope.occurred_at == item.at
        before = item.at
        seen.add(envelope.id)
    assert dict(found) == events
    assert nowhere == unlocated
    assert len(seen) == prepared.entries == found.total()


# against pandas


def pandas_counts(table: Any, now: Any) -> dict[str, int]:
    """The figures by the definitions of the issue, on local times as the file writes them."""
    standing = table[(table.received <= now) & ~(table.closed <= now)]
    return {
        "received": int((table.received <= now).sum()),
        "open": len(standing),
        "with_deadline": int(standing.target.notna().sum()),
        "overdue": int((standing.target < now).sum()),
        "without_location": int((~standing.located).sum()),
    }


def raw(file: str, received: str, target: str | None, closed: str, located: Any, time_format: str) -> Any:
    table = pd.read_csv(shared_path(file), dtype=str)
    table.columns = [name.lower().replace(" ", "_") for name in table.columns]

    def times(name: str | None) -> Any:
        return pd.to_datetime(table[name].str.replace("+00:00", ""), format=time_format) if name else pd.NaT

    return pd.DataFrame(
        {
            "received": times(received),
            "target": pd.to_datetime(times(target)) if target else pd.Series(pd.NaT, index=table.index),
            "closed": times(closed),
            "located": located(table),
        }
    )


def in_place(table: Any) -> Any:
    return table.latitude.notna() & (table.latitude != "0.0")


def off_city_hall(table: Any) -> Any:
    return ~((table.latitude == "42.3594") & (table.longitude == "-71.0587"))


COMPARED: list[tuple[str, str, tuple[Any, ...], str, list[str]]] = [
    (
        *(BOSTON, "boston-311", ("open_dt", "target_dt", "closed_dt", off_city_hall, "%Y-%m-%d %H:%M:%S")),
        "America/New_York",
        [
            *("2011-07-01 02:18:31", "2011-07-06 12:00:00", "2011-07-15 01:32:32", "2011-07-31 23:59:59"),
            *("2011-08-01 00:00:00", "2011-08-14 06:30:15", "2011-08-28 18:00:00", "2011-08-29 08:45:00"),
            *("2011-09-30 17:20:10", "2011-10-31 23:25:16", "2011-11-06 12:00:00", "2012-03-11 12:00:00"),
        ],
    ),
    (
        *(SF, "sf-311", ("created_date", None, "closed_date", in_place, "%Y-%m-%d %H:%M:%S")),
        "America/Los_Angeles",
        [
            *("2008-07-01 15:49:47", "2009-01-01 00:00:00", "2010-03-14 12:00:00", "2010-11-07 12:00:00"),
            *("2011-05-05 05:05:05", "2012-08-24 19:33:13", "2013-06-30 23:59:59", "2014-02-14 14:00:00"),
            *("2015-03-05 09:04:29", "2016-07-13 15:11:07", "2017-12-24 18:00:00", "2018-01-24 23:41:00"),
        ],
    ),
    (
        *(WINDOW_2019, "nyc-311", ("created_date", "due_date", "closed_date", in_place, "ISO8601")),
        "America/New_York",
        [
            *("2019-12-31 18:52:55", "2019-12-31 19:30:00", "2019-12-31 20:00:00", "2019-12-31 21:15:30"),
            *("2019-12-31 22:00:00", "2019-12-31 23:00:00", "2019-12-31 23:59:11", "2020-01-01 00:00:00"),
            *("2020-01-01 03:07:18", "2020-01-02 12:00:00", "2020-02-01 00:00:00", "2024-06-05 00:00:00"),
        ],
    ),
    (
        *(WINDOW_2022, "nyc-311", ("created_date", "due_date", "closed_date", in_place, "%m/%d/%Y %I:%M:%S %p")),
        "America/New_York",
        ["2022-05-01 00:00:03", "2022-05-01 00:45:00", "2022-05-01 01:30:00", "2022-05-01 02:06:26"],
    ),
    (
        *(WINDOW_2024, "nyc-311", ("created_date", "due_date", "closed_date", in_place, "ISO8601")),
        "America/New_York",
        ["2024-05-26 23:30:00", "2024-05-27 00:00:00", "2024-05-27 01:30:00", "2024-05-27 12:00:00"],
    ),
]


@pytest.mark.parametrize(("file", "preset", "columns", "zone", "moments"), COMPARED, ids=[row[0] for row in COMPARED])
def test_counts_equal_pandas_on_the_raw_file(
    work_dir: Path, file: str, preset: str, columns: tuple[Any, ...], zone: str, moments: list[str]
) -> None:
    fold = PlainFold(envelopes(prepared_of(file, preset, work_dir)))
    table = raw(file, *columns)
    for moment in moments:
        assert fold.counts(local(moment, zone)) == pandas_counts(table, pd.Timestamp(moment)), moment


def test_boston_at_the_end_of_the_hurricane(work_dir: Path) -> None:
    fold = PlainFold(envelopes(prepared_of(BOSTON, "boston-311", work_dir)))
    now = local("2011-08-28 18:00:00")
    counts = fold.counts(now)
    assert (counts["open"], counts["overdue"], counts["with_deadline"]) == (4_783, 1_074, 4_506)
    assert counts["without_location"] == 648
    day = local("2011-08-28 00:00:00")
    assert sum(day <= at <= now for at, _, _ in fold.received.values()) == 778


def test_san_francisco_an_hour_into_the_new_year(work_dir: Path) -> None:
    now = local("2017-01-01 01:00:00", "America/Los_Angeles")
    calls: set[str] = set()
    busy: dict[tuple[str, str], bool] = {}
    for entry in envelopes(prepared_of(FIRE, "sf-fire", work_dir)):
        if entry.occurred_at > now:
            break
        if entry.type == "incident.received":
            calls.add(entry.data["incident_id"])
        elif entry.type.startswith("unit."):
            busy[entry.data["unit_id"], entry.data["incident_id"]] = entry.type != "unit.cleared"
    out = [pair for pair, is_out in busy.items() if is_out]
    assert (len(calls), len({unit for unit, _ in out}), len({call for _, call in out})) == (460, 33, 24)


@pytest.mark.parametrize(
    "moment",
    [
        *("2016-12-31 00:30:00", "2016-12-31 12:00:00", "2016-12-31 23:59:59", "2017-01-01 00:30:00"),
        *("2017-01-01 02:10:00", "2017-01-01 19:00:00", "2017-01-02 08:15:00", "2017-01-02 17:57:14"),
        *("2017-01-03 03:33:33", "2017-01-04 18:00:00", "2017-01-05 10:00:00", "2017-01-05 23:45:49"),
    ],
)
def test_busy_units_of_san_francisco_equal_pandas(work_dir: Path, moment: str) -> None:
    now, table = pd.Timestamp(moment), pd.read_csv(shared_path(FIRE), dtype=str)
    stamps = {
        name: pd.to_datetime(table[f"{name} DtTm"], format="%m/%d/%Y %I:%M:%S %p")
        for name in ("Received", "Dispatch", "Available", "On Scene")
    }
    # four units have no stamp of availability: a day after the last thing known of them they are let go
    last = stamps["On Scene"].fillna(stamps["Dispatch"])
    until = stamps["Available"].fillna(last + pd.Timedelta(hours=24))
    out = table[(stamps["Dispatch"] <= now) & ~(until <= now)]
    busy: dict[tuple[str, str], bool] = {}
    for entry in envelopes(prepared_of(FIRE, "sf-fire", work_dir)):
        if entry.type.startswith("unit.") and entry.occurred_at <= local(moment, "America/Los_Angeles"):
            busy[entry.data["incident_id"], entry.data["unit_id"]] = entry.type != "unit.cleared"
    found = {pair for pair, is_out in busy.items() if is_out}
    assert found == set(zip(out["Call Number"], out["Unit ID"], strict=True))
