"""Real records through feed, inbox and engine: the committed figures equal pandas, instant by instant."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import redis as redis_module

from dashboard.engine.clock import Mode
from geo.cells import counts_to_parents
from hotline.cases import CASE_MEASURES
from streams.feeds.preset import load_preset
from streams.feeds.replay import Plan, replay
from tests.support.engines import TestCity
from tests.support.pandas_files import file_table
from tests.support.shared_data import shared_path

pytestmark = pytest.mark.shared
DAY, HOUR = pd.Timedelta("24h"), pd.Timedelta("1h")


class Replayed(TestCity):
    """A city that replays one file from instant to instant."""

    __test__ = False

    def __init__(self, client: redis_module.Redis, preset: str, file: str, folder: Path):
        self.preset = load_preset(preset)
        self.path = shared_path(file)
        self.folder = folder
        super().__init__(client, f"{self.preset.city}-replay", Mode.REPLAY)

    def until(self, local: str) -> dict[str, Any]:
        """Replay up to a local time and let the engine take it all; returns the committed figures."""
        at = self.preset.instant(local)
        replay(self.client, self.keys, self.preset, self.path, Plan(until=at), work_dir=self.folder)
        for _ in itertools.count():
            self.turn()
            if self.engine.clock.standing and self.engine.clock.at == at:
                break
        self.turn()
        return self.figures()


def cells_add_up(city: TestCity, figures: dict[str, Any]) -> None:
    """At every resolution the cells of every case measure and those without location add up to the figure."""
    numbers: Any = city.client.lrange(city.keys.grid, 0, -1)
    for measure in ("received_1h", "received_24h", "open", "overdue", "due_4h"):
        finest = {numbers[int(n)].decode(): count for n, count in city.view(f"cells:{measure}:").items()}
        for resolution in (9, 8, 7, 6):
            drawn = sum(counts_to_parents(finest, resolution).values())
            assert drawn + figures[f"without_location.{measure}"] == figures[f"cases.{measure}"], (measure, resolution)


def pandas_figures(raw: pd.DataFrame, local: str) -> dict[str, int]:
    """The same figures from opened, closed and target columns; instants as UTC, the day as the local day."""
    now = raw.attrs["localize"](local)
    day = now.tz_convert(raw.attrs["zone"]).normalize().tz_convert("UTC")
    received = raw.opened <= now
    is_open = received & (raw.closed.isna() | (raw.closed > now))
    due = is_open & raw.target.notna()
    overdue = due & (raw.target < now)
    return {
        "received_today": int((received & (raw.opened >= day)).sum()),
        "received_1h": int((received & (raw.opened > now - HOUR)).sum()),
        "received_24h": int((received & (raw.opened > now - DAY)).sum()),
        "closed_today": int(((raw.closed >= day) & (raw.closed <= now)).sum()),
        "open": int(is_open.sum()),
        "with_deadline": int(due.sum()),
        "overdue": int(overdue.sum()),
        "due_4h": int((due & ~overdue & (raw.target <= now + pd.Timedelta("4h"))).sum()),
    }


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path


CASES = {
    "boston": (
        "boston-311",
        "service_requests/boston_311_2011-07_2011-10.csv.gz",
        ("America/New_York", "open_dt", "closed_dt", "target_dt"),
        [
            "2011-07-01 12:00:00",
            "2011-07-06 23:59:59",
            "2011-07-15 00:00:00",
            "2011-07-31 09:30:00",
            "2011-08-10 17:00:00",
            "2011-08-27 23:00:00",
            "2011-08-28 18:00:00",
            "2011-08-29 08:00:00",
            "2011-09-05 12:00:00",
            "2011-09-30 16:45:10",
            "2011-10-15 03:00:00",
            "2011-10-31 23:30:00",
        ],
    ),
    "san-francisco": (
        "sf-311",
        "service_requests/sf_311_sample_2008_2018.csv.gz",
        ("America/Los_Angeles", "created_date", "closed_date", None),
        [
            f"{day} 12:00:00"
            for day in ("2008-08-01", "2009-03-08", "2009-11-01", "2010-06-30", "2011-03-13", "2012-01-01")
        ]
        + [
            f"{day} 18:30:00"
            for day in ("2013-07-04", "2014-02-28", "2015-09-09", "2016-11-06", "2017-05-05", "2018-01-24")
        ],
    ),
    "new-york": (
        "nyc-311",
        "service_requests/nyc_311_window_2024-05-26.csv.gz",
        ("America/New_York", "created_date", "closed_date", "due_date"),
        [f"2024-05-{day} {clock}" for day, clock in itertools.product(("26",), ("23:15:00", "23:45:00"))]
        + [f"2024-05-27 {h:02d}:{m:02d}:00" for h, m in itertools.product((0, 1, 2), (0, 15, 40))]
        + ["2024-05-27 09:00:00"],
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_committed_figures_equal_pandas_at_a_dozen_instants(name: str, redis: redis_module.Redis, folder: Path) -> None:
    preset, file, columns, instants = CASES[name]
    raw = file_table(file, *columns)
    city = Replayed(redis, preset, file, folder)
    assert len(instants) == 12
    for local in instants:
        figures = city.until(local)
        assert {m: figures[f"cases.{m}"] for m in CASE_MEASURES} == pandas_figures(raw, local), local
        cells_add_up(city, figures)
        for split in ("by_channel", "by_category", "by_area"):
            parts = [n for key, n in figures.items() if key.startswith(f"cases.{split}.")]
            assert sum(parts) == figures["cases.received_today"], (local, split)


def test_boston_on_the_evening_of_the_hurricane(redis: redis_module.Redis, folder: Path) -> None:
    """The six figures that the acceptance of the main job names."""
    figures = Replayed(redis, *CASES["boston"][:2], folder).until("2011-08-28 18:00:00")
    assert figures["cases.received_today"] == 778
    assert figures["cases.received_24h"] == 803
    assert figures["cases.open"] == 4783
    assert figures["cases.overdue"] == 1074
    assert figures["cases.with_deadline"] == 4506
    assert figures["cases.without_location"] == 648
