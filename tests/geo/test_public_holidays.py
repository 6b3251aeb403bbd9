"""Days and their like a year before: holidays with holidays, whichever way they move."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo.cities import city_ids, load_city
from geo.public_holidays import alike, days_off, is_known

DAYS = st.dates(date(2012, 1, 1), date(2026, 12, 31))
SPRING = "Chinese New Year (Spring Festival)"


@pytest.mark.parametrize(
    ("code", "day", "like", "holiday"),
    [
        ("CN", date(2026, 2, 17), date(2025, 1, 29), SPRING),  # by the moon, 19 days later
        ("CN", date(2026, 2, 19), date(2025, 1, 31), SPRING),  # the third day of it
        ("CN", date(2026, 2, 16), date(2025, 1, 28), SPRING),  # its eve
        ("CN", date(2026, 9, 25), date(2025, 10, 6), "Mid-Autumn Festival"),
        ("CN", date(2026, 10, 1), date(2025, 10, 1), "National Day"),
        ("CN", date(2026, 1, 28), date(2025, 1, 22), ""),  # the same weekday was within the festival then
        ("CN", date(2026, 3, 4), date(2025, 3, 5), ""),
        ("US-MA", date(2011, 11, 24), date(2010, 11, 25), "Thanksgiving Day"),
        ("US-MA", date(2011, 8, 28), date(2010, 8, 29), ""),
        ("", date(2026, 2, 17), date(2025, 2, 18), ""),
        ("XX", date(2026, 2, 17), date(2025, 2, 18), ""),  # a country that nobody knows has no holidays
    ],
)
def test_a_day_is_compared_with_its_like(code: str, day: date, like: date, holiday: str) -> None:
    assert alike(code, day) == (like, holiday, False)


@pytest.mark.parametrize(
    ("day", "like"),
    [
        (date(2026, 2, 14), date(2025, 1, 26)),  # before the Spring Festival, three weeks later than the year before
        (date(2026, 2, 28), date(2025, 2, 8)),  # after it
        (date(2026, 9, 20), date(2025, 9, 28)),  # for National Day, although the Mid-Autumn Festival is nearer
        (date(2026, 10, 10), date(2025, 10, 11)),
        (date(2026, 5, 9), date(2025, 4, 27)),  # the only one of Labour Day lay before it then
        (date(2026, 1, 4), date(2025, 1, 6)),  # no weekend was worked for New Year: the Monday after the Sunday
    ],
)
def test_a_weekend_that_is_worked_is_like_one_that_was(day: date, like: date) -> None:
    assert alike("CN", day) == (like, "", True)


def test_an_ordinary_weekend_is_not_like_one_that_was_worked() -> None:
    assert alike("CN", date(2026, 2, 7)) == (date(2025, 2, 15), "", False)  # 8 February 2025 was worked


@given(DAYS)
def test_an_ordinary_day_is_like_an_ordinary_day_of_the_same_weekday(day: date) -> None:
    like, holiday, is_worked = alike("CN", day)
    if is_worked:
        assert day.weekday() in (5, 6)
        assert alike("CN", like).is_worked or like.weekday() < 5
    elif holiday:
        assert alike("CN", like).holiday or days_off("CN", like - timedelta(days=3), like + timedelta(days=3))
    else:
        assert like.weekday() == day.weekday()
        assert days_off("CN", like, like) == 0
        assert 340 <= (day - like).days <= 390


def test_the_holidays_of_every_city_are_known() -> None:
    codes = {city_id: load_city(city_id).public_holidays for city_id in city_ids()}
    assert all(is_known(code) for code in codes.values()), codes
    assert codes["beijing"] == "CN"
    assert days_off("CN", date(2026, 2, 1), date(2026, 2, 28)) == 6
