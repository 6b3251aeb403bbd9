"""The warning page as it leaves the server: in three languages, with its words, with nothing for who may not read."""

from __future__ import annotations

import json
from typing import Any

import pytest

from geo.cities import load_city
from layouts.context import Viewer, context_of
from layouts.pages.dispatch import DeskOptions
from layouts.pages.warning import rings, warning
from layouts.texts import DESK_LANGUAGES, Language, language
from layouts.warning.reasons import REASONS
from layouts.warning.words import WORDS

CONTEXT = context_of(load_city("boston"))
READER = Viewer(name="ann", may_read=True)


def page(lang: Language, viewer: Viewer = READER) -> Any:
    return warning(CONTEXT, lang, DeskOptions(), viewer).to_plotly_json()


@pytest.mark.parametrize("lang", [one if isinstance(one, Language) else language(one) for one in DESK_LANGUAGES])
def test_every_word_of_the_script_is_sent_in_the_page_s_language(lang: Language) -> None:
    setup = json.loads(page(lang)["props"]["data-setup"])
    reasons = {f"refused.{name}": text for name, _, text in REASONS}
    assert setup["words"].keys() == WORDS.keys() | reasons.keys()
    assert setup["lang"]["dir"] == ("rtl" if lang.id == "ar" else "ltr")
    translated = [key for key, text in setup["words"].items() if text != (WORDS | reasons)[key]]
    assert (len(translated) == len(WORDS | reasons)) is (lang.id != "en")


def test_who_may_not_read_gets_no_setup() -> None:
    assert "data-setup" not in page(language("en"), Viewer(may_read=False))["props"]


def test_the_map_gets_the_outer_borders_of_all_kinds_of_areas() -> None:
    square = [[10.00004, 50.0], [11.0, 50.0], [11.0, 51.0], [10.00004, 50.0]]
    hole = [[10.4, 50.4], [10.5, 50.4], [10.5, 50.5], [10.4, 50.4]]
    shapes = [
        {"type": "Polygon", "coordinates": [square, hole]},
        {"type": "MultiPolygon", "coordinates": [[hole], [square]]},
    ]
    found = rings({"features": [{"geometry": shape} for shape in shapes]})
    assert [len(found), found[0][0], found[1][0]] == [3, (50.0, 10.0), (50.4, 10.4)]
    assert rings(None) == []
