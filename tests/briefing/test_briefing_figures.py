"""A briefing of real days: every figure equals what pandas counts in the file, and opens as many cases as it says."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from functools import cache

import numpy as np
import pandas as pd
import pytest

from dashboard.briefing.behind import behind
from dashboard.briefing.figures import FIGURES
from dashboard.briefing.period import Span
from tests.briefing.conftest import Told
from tests.support.pandas_files import file_table
from tests.support.shared_data import shared_path

pytestmark = pytest.mark.shared
HURRICANE = date(2011, 8, 28)
DOZEN = [
    *(date(2011, 7, 5), date(2011, 7, 17), date(2011, 7, 31), date(2011, 8, 1), date(2011, 8, 12)),
    *(date(2011, 8, 27), date(2011, 8, 29), date(2011, 9, 5), date(2011, 9, 30), date(2011, 10, 10)),
    *(date(2011, 10, 30), date(2011, 10, 31)),
]
CHECKED = ("cases_received", "cases_closed", "cases_open", "cases_with_deadline", "cases_overdue")


@cache
def raw() -> pd.DataFrame:
    file = "service_requests/boston_311_2011-07_2011-10.csv.gz"
    return file_table(file, "America/New_York", "open_dt", "closed_dt", "target_dt")


def by_pandas(first: date, days: int) -> dict[str, int]:
    table = raw()
    start = pd.Timestamp(first).tz_localize("America/New_York")
    end = pd.Timestamp(first + timedelta(days=days)).tz_localize("America/New_York")
    received = table.opened < end
    is_open = received & (table.closed.isna() | (table.closed >= end))
    due = is_open & table.target.notna()
    return {
        "cases_received": int((received & (table.opened >= start)).sum()),
        "cases_closed": int(((table.closed >= start) & (table.closed < end)).sum()),
        "cases_open": int(is_open.sum()),
        "cases_with_deadline": int(due.sum()),
        "cases_overdue": int((due & (table.target < end)).sum()),
    }


@pytest.mark.parametrize("day", [HURRICANE, *(pytest.param(day, marks=pytest.mark.thorough) for day in DOZEN)], ids=str)
def test_every_figure_of_a_day_is_that_of_pandas(boston: Told, day: date) -> None:
    figures = boston.brief(day).figures
    assert {name: figures[name].value for name in CHECKED} == by_pandas(day, 1)


@pytest.mark.parametrize(
    ("span", "day", "days"),
    [
        (Span.WEEK, date(2011, 8, 24), 7),
        pytest.param(Span.WEEK, date(2011, 10, 5), 7, marks=pytest.mark.thorough),
        pytest.param(Span.MONTH, date(2011, 9, 9), 30, marks=pytest.mark.thorough),
    ],
)
def test_weeks_and_months_too(boston: Told, span: Span, day: date, days: int) -> None:
    made = boston.brief(day, span)
    assert {name: made.figures[name].value for name in CHECKED} == by_pandas(made.first, days)


def test_the_day_of_the_hurricane_is_unusual_and_says_by_how_much(boston: Told) -> None:
    made = boston.brief(HURRICANE)
    said = made.figures["cases_received"]
    sundays = [by_pandas(HURRICANE - timedelta(days=7 * n), 1)["cases_received"] for n in range(1, 9)]
    assert said.days == 8
    assert said.expected == pytest.approx(np.mean(sundays))
    assert said.value is not None
    assert said.high is not None
    assert said.value > 5 * said.high
    assert made.cases.change is not None
    assert (made.cases.change.by, made.cases.change.name) == ("category", "Trees")
    assert made.decisions[0].rule == "surge"


def test_a_usual_day_is_called_usual(boston: Told) -> None:
    said = boston.brief(date(2011, 10, 12)).figures["cases_received"]
    assert said.low is not None
    assert said.high is not None
    assert said.value is not None
    assert said.low <= said.value <= said.high


def test_each_figure_opens_as_many_cases_as_it_says(boston: Told) -> None:
    made = boston.brief(HURRICANE)
    with boston.archive.view() as view:
        for name, counted in FIGURES.items():
            if counted.behind and counted.behind != "casualties" and made.figures[name].value is not None:
                found = behind(view, made, name, limit=10)
                assert found.total == made.figures[name].value, name
                assert len(found.rows) == min(10, found.total), name


def test_a_day_that_still_runs_is_compared_with_as_much_of_the_others(boston: Told) -> None:
    noon = datetime(2011, 8, 28, 16, tzinfo=UTC)  # 12:00 in Boston
    made = boston.brief(HURRICANE, cut_off=noon)
    table = raw()
    day = pd.Timestamp("2011-08-27").tz_localize("America/New_York")
    until_noon = ((table.opened >= day) & (table.opened < day + pd.Timedelta("12h"))).sum()
    assert made.cases.compared["before"]["cases_received"] == until_noon
    assert not made.is_whole


def test_made_again_it_is_the_same_in_every_figure(boston: Told) -> None:
    assert boston.brief(HURRICANE) == boston.brief(HURRICANE)


def test_an_area_has_a_briefing_of_its_own(boston: Told) -> None:
    whole, part = boston.brief(HURRICANE), boston.brief(HURRICANE, area="Dorchester")
    (row,) = [row for row in whole.cases.areas if row.name == "Dorchester"]
    assert part.figures["cases_received"].value == row.received
    assert part.figures["cases_open"].value == row.open
    assert part.id != whole.id


def test_response_times_of_a_real_day_have_the_percentiles_of_pandas(fire: Told) -> None:
    made = fire.brief(date(2017, 1, 1))
    rows = pd.read_csv(shared_path("emergency/sf_fire_calls_2016-12-31_2017-01-05.csv.gz"), dtype=str)
    at = {
        name: pd.to_datetime(rows[column], format="%m/%d/%Y %I:%M:%S %p")
        for name, column in (
            *(("received", "Received DtTm"), ("dispatched", "Dispatch DtTm")),
            *(("rolling", "Response DtTm"), ("arrived", "On Scene DtTm")),
        )
    }
    table = pd.DataFrame({"call": rows["Call Number"], **at})
    table = table[(table.received >= "2017-01-01") & (table.received < "2017-01-02")]
    assert made.figures["incidents_received"].value == table.call.nunique()
    turnout = (table["rolling"] - table["dispatched"]).dt.total_seconds().dropna()
    first = table.groupby("call")["dispatched"].min() - table.groupby("call").received.first()
    segments = made.emergencies.times["segments"]
    for name, values in (("turnout", turnout), ("processing", first.dt.total_seconds())):
        lasted = values[values >= 0]
        assert segments[name]["n"] == len(lasted), name
        for share in (50, 90, 95):
            exact = np.percentile(lasted, share, method="inverted_cdf")
            assert segments[name]["percentiles_s"][f"p{share}"] == exact, (name, share)
