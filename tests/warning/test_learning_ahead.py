"""A simulated city is learnt before it begins, and what its people say of grave things is part of its past."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

from dashboard.warner.learning import Learner, Learnt, learn_here
from dashboard.warner.past import SIMULATED, Past, Spoken
from geo.catalogue import Catalogue
from hotline.grave_words import grave_words
from streams.sim.contacts import Contact
from streams.sim.texts import Words
from tests.support.engines import NOON
from tests.support.redis_server import wait_until
from tests.warning.test_warner import CELLS, DAYS, ZONE, quiet_past


def contact(number: int, about: str = "gas_smell", language: str = "en", opposite: bool = False) -> Contact:
    kind = "enquiry" if opposite else "complaint"
    place = {"lat": 40.0, "lng": 116.4, "area": "Chaoyang"}
    times = {"number": number, "at_ms": 0, "story": number}
    return Contact(
        channel="phone", language=language, category=about, kind=kind, grade="", about=about, opposite=opposite,
        **place, **times,
    )  # fmt: skip


def test_a_caller_of_the_past_says_grave_words_as_often_as_one_of_today() -> None:
    words = Words.load(Catalogue())
    spoken = Spoken(words, grave_words())
    for language in ("zh", "en", "ar"):
        lines = words.lines_for("gas_smell", language, "complaint", False)
        share = sum("gas" in grave_words().themes_of(line, language) for line in lines) / len(lines)
        said = sum("said:gas" in spoken.of(contact(n, language=language)) for n in range(0, 30_000, 7)) / (30_000 / 7)
        assert abs(said - share) < 0.05
        assert share > 0.5
    assert {theme for n in range(300) for theme in spoken.of(contact(n, opposite=True))} == set()


def test_what_is_learnt_ahead_is_learnt_once_and_told_when_the_city_has_begun(tmp_path: Path) -> None:
    asked = []

    def past(now: object, tell: Callable[[float], None]) -> Past:
        asked.append(now)
        return Past(quiet_past(), None, SIMULATED)

    learner = Learner(tmp_path / "model", partial(learn_here, past, ZONE))
    learner.begin(NOON)
    learner.begin(NOON)
    told: list[Learnt] = []

    def is_whole() -> bool:
        if (learnt := learner.turn(NOON)) is not None:
            told.append(learnt)
        return bool(told and told[-1].model.law)

    wait_until(is_whole, 60, "it has learnt how chance behaves, too")
    learnt = told[-1]
    assert learnt.source == SIMULATED
    assert learnt.model.cases == len(CELLS)
    assert [one.model.law for one in told[:-1]] in ([None], []), "what can be had sooner is told sooner"
    assert learnt.model.baseline.days > DAYS - 2
    assert asked == [NOON]
    again = Learner(tmp_path / "model", partial(learn_here, past, ZONE))
    again.begin(NOON)
    assert again.has_news, "what is kept need not be learnt"
    assert asked == [NOON]
