"""Boston's overdue and on-time shares by month and neighbourhood: our folds of the feed equal pandas on the file."""

from __future__ import annotations

import gzip
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from zoneinfo import ZoneInfo

import pandas as pd
import pytest

from hotline.cases import Case, fold_case
from hotline.timeliness import Timeliness, timeliness
from streams.codec import payload_of
from streams.events import CasePayload, CaseReceived, Recording
from streams.feeds.prepare import prepare
from streams.feeds.preset import load_preset
from tests.feeds.builders import envelopes
from tests.support.pandas_files import file_times
from tests.support.shared_data import shared_path

pytestmark = pytest.mark.shared
FILE = "service_requests/boston_311_2011-07_2011-10.csv.gz"
ZONE = "America/New_York"
END = datetime(2011, 11, 1, 4, tzinfo=UTC)  # midnight after October, local


def ours(path: Path, folder: Path) -> dict[tuple[str, str], Timeliness]:
    """Through preset, feed and fold, as the engine reads the file."""
    cases: dict[str, Case] = {}
    for seq, envelope in enumerate(envelopes(prepare(path, load_preset("boston-311"), folder)), start=1):
        payload = payload_of(envelope)
        if not isinstance(payload, CasePayload):
            continue
        at = envelope.occurred_at
        area = payload.area if isinstance(payload, CaseReceived) else ""
        recording = Recording(at=at, occurred_at=at, seq=seq, source=envelope.source, area=area)
        case = fold_case(cases.get(payload.case_id), payload, recording)
        if case is not None:
            cases[payload.case_id] = case
    return timeliness(cases.values(), ZoneInfo(ZONE), END)


def pandas_rows(path: Path) -> pd.DataFrame:
    """Month, neighbourhood, on time, overdue and running of each case with a deadline, from the raw columns; and what
    the city itself says of it (`ontime`)."""
    raw = pd.read_csv(path, dtype=str).drop_duplicates()
    opened, closed, target = (file_times(raw[name], ZONE) for name in ("open_dt", "closed_dt", "target_dt"))
    closed = closed.where(closed.isna() | (closed >= opened), opened)
    ended = closed.where(closed <= pd.Timestamp(END))
    table = pd.DataFrame(
        {
            "month": opened.dt.tz_convert(ZONE).dt.strftime("%Y-%m"),
            "area": raw.neighborhood.fillna("").str.strip(),
            "on_time": ended.notna() & (ended <= target),
            "overdue": (ended.notna() & (ended > target)) | (ended.isna() & (target < pd.Timestamp(END))),
            "said": raw.ontime,
        }
    )[target.notna()]
    table["running"] = ~table.on_time & ~table.overdue
    return table


def assert_equal(path: Path, folder: Path) -> dict[tuple[str, str], Timeliness]:
    rows = pandas_rows(path)
    judged_rows = rows[~rows.running]
    assert ((judged_rows.said == "ONTIME") == judged_rows.on_time).all()  # the city's own column says the same
    found = ours(path, folder)
    expected = rows.groupby(["month", "area"])[["on_time", "overdue", "running"]].sum()
    said = {key: (t.on_time, t.overdue, t.running) for key, t in found.items()}
    assert said == {key: tuple(map(int, row)) for key, row in zip(expected.index, expected.to_numpy(), strict=True)}
    for key, counts in found.items():
        judged = int(expected.loc[key, "on_time"] + expected.loc[key, "overdue"])
        if judged:
            assert counts.on_time_share == expected.loc[key, "on_time"] / judged
            assert counts.overdue_share == pytest.approx(1 - counts.on_time_share)
    return found


def test_the_first_days_by_neighbourhood_equal_pandas(tmp_path: Path) -> None:
    with gzip.open(shared_path(FILE), "rt", encoding="utf-8") as file:
        lines = list(islice(file, 2_501))
    part = tmp_path / "boston_part.csv"
    part.write_text("".join(lines), encoding="utf-8")
    found = assert_equal(part, tmp_path / "work")
    assert {month for month, _ in found} == {"2011-07"}
    assert len(found) > 15


@pytest.mark.thorough
def test_every_month_and_neighbourhood_equals_pandas(tmp_path: Path) -> None:
    found = assert_equal(shared_path(FILE), tmp_path)
    assert {month for month, _ in found} == {"2011-07", "2011-08", "2011-09", "2011-10"}
    judged = sum(counts.judged for counts in found.values())
    assert judged > 30_000
