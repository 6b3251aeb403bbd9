"""The wall's sentences: what is said of one picture, and that nothing is said that the numbers do not carry."""

from __future__ import annotations

from typing import Any

import pytest

from layouts.texts import LANGUAGES
from layouts.wall.words import words_for_scripts
from tests.browser.scripts import load_scripts

pytestmark = pytest.mark.browser

NOW = "2011-08-28T22:00:00Z"
SAY = """([words, tag, topics]) => {
  const picture = new hexwatch.Picture(Object.keys(topics));
  picture.take({ epoch: 1, seq: 1, at: topics.clock.now, topics });
  const speech = new hexwatch.Speech(words, tag, "America/New_York"), moment = new hexwatch.Moment(picture);
  return [hexwatch.sentences(moment, speech).map((s) => s.text), hexwatch.standing(moment)];
}"""


def said(page: Any, figures: dict[str, float], sources: dict[str, Any], lang: str = "en") -> list[Any]:
    language = LANGUAGES[lang]
    topics = {"figures": figures, "sources": sources, "clock": {"now": NOW}}
    return load_scripts(page).evaluate(SAY, [words_for_scripts(language), language.tag, topics])


FRESH = {"last_event_at": "2011-08-28T21:59:58Z", "stale": False, "dead": 0}
LATE = {"last_event_at": "2011-08-28T21:54:00Z", "stale": True, "dead": 12}


def test_a_calm_picture_needs_no_decision(page: Any) -> None:
    calm = {"cases.received_1h": 40, "band.low": 31, "band.high": 52}
    assert said(page, calm, {"311": FRESH}) == [["Nothing needs a decision"], "usual"]


def test_without_history_nothing_is_called_unusual(page: Any) -> None:
    assert said(page, {"cases.received_1h": 9000}, {"311": FRESH}) == [["Nothing needs a decision"], None]


@pytest.mark.parametrize(("n", "where"), [(30, "below"), (31, "usual"), (52, "usual"), (53, "above")])
def test_an_arrow_appears_only_outside_the_band(page: Any, n: int, where: str) -> None:
    figures = {"cases.received_1h": n, "band.low": 31, "band.high": 52}
    assert said(page, figures, {"311": FRESH})[1] == where


def test_trouble_is_said_in_at_most_three_sentences_gravest_first(page: Any) -> None:
    figures = {"cases.received_1h": 99, "band.low": 31, "band.high": 52}
    sentences, _ = said(page, figures, {"311": FRESH, "open311": LATE, "cap": LATE})
    assert sentences == [
        "cap has sent nothing for 6 min",
        "open311 has sent nothing for 6 min",
        "12 records of cap could not be understood",
    ]


def test_one_record_and_many_are_worded_rightly(page: Any) -> None:
    assert said(page, {}, {"311": FRESH | {"dead": 1}})[0] == ["1 record of 311 could not be understood"]
    assert said(page, {}, {"311": FRESH | {"dead": 12}})[0] == ["12 records of 311 could not be understood"]
    assert said(page, {}, {"311": FRESH | {"dead": 2}}, "ar")[0] == ["تعذر فهم سجلين من 311"]


def test_an_empty_city_says_that_nothing_came_yet(page: Any) -> None:
    assert said(page, {}, {})[0] == ["No events yet: the picture fills as soon as a feed sends"]


def test_digits_are_latin_in_arabic(page: Any) -> None:
    assert "6 د" in said(page, {}, {"311": LATE}, "ar")[0][0]


CURVE = "([slots, day, minute]) => hexwatch.curveSeries(new Map(Object.entries(slots)), day, minute)"


def test_the_curve_leaves_out_the_half_hour_that_is_not_finished(page: Any) -> None:
    slots = {
        "2011-08-28T00:00": 3,
        "2011-08-28T00:25": 4,
        "2011-08-28T00:30": 5,
        "2011-08-28T01:00": 1,
        "2011-08-27T23:55": 9,
    }
    curve = load_scripts(page).evaluate(CURVE, [slots, "2011-08-28", 75])
    assert curve["today"] == [7, 5]
    assert len(curve["before"]) == 48
    assert curve["before"][-1] == 9
    assert curve["top"] == 10


def test_an_empty_curve_is_known_to_be_empty(page: Any) -> None:
    assert load_scripts(page).evaluate(CURVE, [{}, "2011-08-28", 0])["any"] is False
