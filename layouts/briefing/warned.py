"""Early warnings in a briefing: their section, and one warning in words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from layouts.briefing.table import Cell, Section, heads, numbers
from layouts.briefing.words import Sentence, Shown, Speaker
from layouts.texts import gettext
from layouts.texts import mark as N_

LEAST_SAID = 0.1  # of an expected number
VERDICTS = {
    "acted": N_("acted on"),
    "acknowledged": N_("taken note of"),
    "dismissed": N_("dismissed"),
    "not_judged": N_("not judged"),
}


def warnings(speaker: Speaker, told: Mapping[str, Any]) -> Section:
    """What early warning said, with which cases, what people made of it, and what stands open."""
    _ = gettext(speaker.lang.id)
    said, heading = told.get("warnings"), _(N_("Early warnings"))
    raised = told["figures"].get("warnings_raised", {"value": None})["value"]
    if not said or raised is None:
        return Section("warnings", heading, [], empty=_(N_("No early warning of the period is known.")))
    useful = told["figures"]["warnings_useful"]
    note = _(N_("Raised: {raised}. Of use, of those that people judged: {useful}.")).format(
        raised=speaker.number(raised), useful=speaker.share(useful["n"], useful["of"])
    )
    how = _(
        N_(
            "Each with its numbers of the minute at which it was told with the most cases;"
            " what came later is not in them."
        )
    )
    titles = (N_("warning"), N_("district"), N_("cases"), N_("usual"), N_("in hours"), N_("told at"))
    columns = heads(speaker, *titles, N_("state"), N_("verdict"))
    rows = [_row(speaker, row) for row in said["told"]]
    return Section("warnings", heading, columns, rows, note, f"{note} {how}")


def _row(speaker: Speaker, row: Mapping[str, Any]) -> list[Cell]:
    _ = gettext(speaker.lang.id)
    return [
        Cell(subject(speaker, row)),
        Cell(_area(speaker, row)),
        Cell(speaker.number(row["observed"]), row["observed"], row["figure"], is_place=True),
        Cell(speaker.at_least(row["expected"], LEAST_SAID), row["expected"]),
        *numbers(speaker, row["window_h"]),
        Cell(speaker.at(row["told_at"])),
        Cell(_(N_("stands open")) if row["is_open"] else _(N_("over"))),
        Cell(_(VERDICTS[row["verdict"]])),
    ]


def standing(speaker: Speaker, warnings: Mapping[str, Any]) -> Sentence:
    """How many stand open as the period ends, and the strangest of them."""
    first = warnings["strangest"]
    if first is None:
        return speaker.say(N_("No early warning is open."))
    return speaker.say(
        N_("Early warnings open: {n}; the strangest: {category}, {area}, {observed} where {expected} is usual."),
        n=speaker.number(warnings["open_n"]),
        category=subject(speaker, first),
        area=_area(speaker, first),
        observed=Shown(speaker.number(first["observed"]), first["figure"]),
        expected=speaker.at_least(first["expected"], LEAST_SAID),
    )


def warned(speaker: Speaker, row: Mapping[str, Any]) -> Sentence:
    """`Gas smell, Chaoyang: 4 cases in 1 h where < 0.1 is usual, told 23 Nov 2026 18:41.`"""
    return speaker.say(
        N_("{subject}, {area}: {n} cases in {hours} h where {usual} is usual, told at {at}."),
        subject=subject(speaker, row),
        area=_area(speaker, row),
        n=speaker.number(row["observed"]),
        hours=speaker.number(row["window_h"]),
        usual=speaker.at_least(row["expected"], LEAST_SAID),
        at=speaker.at(row["told_at"]),
    )


def subject(speaker: Speaker, row: Mapping[str, Any]) -> str:
    """What a warning is about; where it rests on the words of callers that is said."""
    name = speaker.name("categories", row["subject"])
    return gettext(speaker.lang.id)(N_("{category} (callers' words)")).format(category=name) if row["said"] else name


def _area(speaker: Speaker, row: Mapping[str, Any]) -> str:
    return speaker.name("areas", row["area"]) if row["area"] else gettext(speaker.lang.id)(N_("Whole city"))
