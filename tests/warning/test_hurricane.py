"""The real hurricane: Boston, 28 August 2011, seen before the day's total stands out."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from dashboard.warning_replay import Listed, as_markdown, replayed
from dashboard.warning_streams import Recorded, read_cases
from streams.feeds.preset import load_preset
from tests.support.shared_data import shared_path

pytestmark = [pytest.mark.shared, pytest.mark.thorough]
BEGINS = datetime(2011, 8, 28, 4, tzinfo=UTC)  # local midnight


@pytest.fixture(scope="module")
def recorded() -> Recorded:
    path = shared_path("service_requests/boston_311_2011-07_2011-10.csv.gz")
    found = read_cases(path, load_preset("boston-311"), lambda share: None)
    return found._replace(cases=[case for case in found.cases if case.at < datetime(2011, 8, 29, 4, tzinfo=UTC)])


@pytest.fixture(scope="module")
def told(recorded: Recorded) -> list[Listed]:
    return replayed(recorded, 1.0, 30, lambda share: None)


def test_trees_are_warned_of_hours_before_the_daily_total_stands_out(recorded: Recorded, told: list[Listed]) -> None:
    on_the_day = [one for one in told if one.first.first_seen_at >= BEGINS and one.first.category == "Trees"]
    first = min(one.first.first_seen_at for one in on_the_day)
    # The busiest of the days before: the total stands out when it is passed.
    days = [case.at.date() for case in recorded.cases if case.at < BEGINS]
    busiest = max(days.count(day) for day in set(days))
    today = sorted(case.at for case in recorded.cases if case.at >= BEGINS)
    stands_out = today[busiest] if len(today) > busiest else datetime(2011, 8, 29, 4, tzinfo=UTC)
    assert (stands_out - first).total_seconds() >= 3 * 3600


def test_the_list_says_of_every_warning_what_its_cases_were(recorded: Recorded, told: list[Listed]) -> None:
    assert len(told) / 51 < 4
    lines = as_markdown(told, recorded)
    assert len(lines) == len(told) + 4
    assert sum(bool(one.what) for one in told) >= 0.9 * len(told)
