"""Sections of a briefing that judge: rates with intervals, cases per resident, the topic of the month."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from layouts.briefing.lines import Told
from layouts.briefing.table import Cell, Section, heads, numbers, part
from layouts.briefing.words import Speaker
from layouts.texts import gettext
from layouts.texts import mark as N_

RATES = {"response": N_("response"), "resolution": N_("resolution"), "satisfaction": N_("satisfaction")}


def rates(speaker: Speaker, told: Told) -> Section:
    """Response, resolution and satisfaction of the month so far, by district; ranks as wide as chance leaves them."""
    _ = gettext(speaker.lang.id)
    heading, rated = _(N_("Three rates of the month so far")), told.get("rates")
    if not rated or not any(row["counts"]["closed"] or row["counts"]["dispatched"] for row in rated["rows"]):
        return Section("rates", heading, [], empty=_(N_("Not known: no source tells how cases went on.")))
    city = {**rated["city"], "unit": ""}
    titles = ("", *RATES.values(), N_("asked, of those closed"), N_("waiting"), N_("rank"))
    note = _(
        N_(
            "Cases due {first} to {last}, as known at the cut-off; rule set {rule}, Wilson intervals of {confidence}."
            " Below {least} cases, or where too few callers were asked, nothing is shown. Waiting: closed less than"
            " {hours} hours ago, and nobody was asked yet. Left out: {excluded}."
        )
    ).format(
        first=speaker.short_day(rated["first"]),
        last=speaker.short_day(rated["last"]),
        rule=rated["rule"],
        confidence=speaker.percent(rated["confidence"]),
        least=speaker.number(rated["least_n"]),
        hours=speaker.number(rated["matured_h"]),
        excluded=speaker.number(rated["excluded"]),
    )
    rows = [_rates_of(speaker, row) for row in (city, *rated["rows"])]
    return Section("rates", heading, heads(speaker, *titles), rows, note=note)


def _rates_of(speaker: Speaker, row: Mapping[str, Any]) -> list[Cell]:
    counts, rank = row["counts"], row["rank"]
    name = speaker.name("areas", row["unit"]) if row["unit"] else gettext(speaker.lang.id)(N_("all districts"))
    return [
        Cell(name),
        *(_rate(speaker, row["rates"][name]) for name in RATES),
        part(speaker, counts["followed_up_n"], counts["closed"]),
        *numbers(speaker, counts["waiting"]),
        Cell("–" if rank is None else str(rank[0]) if rank[0] == rank[1] else f"{rank[0]}–{rank[1]}"),
    ]


def _rate(speaker: Speaker, rate: Mapping[str, Any] | None) -> Cell:
    """`82 % (78–85), of 240`"""
    if rate is None:
        return Cell("–")
    low, high = (speaker.number(100 * rate[bound]) for bound in ("low", "high"))
    said = gettext(speaker.lang.id)(N_("{rate} ({low}–{high}), of {n}"))
    return Cell(
        said.format(rate=speaker.percent(rate["value"]), low=low, high=high, n=speaker.number(rate["of"])),
        rate["value"],
    )


def people(speaker: Speaker, told: Told) -> Section:
    """Cases per 100,000 residents, so that large and small districts can be compared."""
    _ = gettext(speaker.lang.id)
    said = told.get("people") or {"source": "", "rows": []}
    unknown, heading = _(N_("no population known")), _(N_("Cases per 100,000 residents"))
    rows = [
        [
            Cell(speaker.name("areas", row["area"])),
            *numbers(speaker, row["received"]),
            Cell(unknown) if row["residents"] is None else Cell(speaker.number(row["residents"]), row["residents"]),
            Cell("–") if row["rate"] is None else Cell(speaker.number(row["rate"], 1), row["rate"]),
            Cell("–")
            if row["rate"] is None
            else Cell(f"{speaker.number(row['low'], 1)}–{speaker.number(row['high'], 1)}"),
        ]
        for row in said["rows"]
    ]
    if not said["source"]:
        return Section("people", heading, [], empty=_(N_("Not known: the city file does not say how many live where.")))
    titles = ("", N_("cases"), N_("residents"), N_("per 100,000"), N_("95 % interval"))
    note = _(N_("Residents: {source}. Where intervals overlap, chance may be the whole difference.")).format(
        source=said["source"]
    )
    return Section("people", heading, heads(speaker, *titles), rows, note=note)


def topics(speaker: Speaker, told: Told) -> Section:
    """What came back at one place month after month: candidates for the topic of the month."""
    _ = gettext(speaker.lang.id)
    heading, found = _(N_("Topic of the month: candidates")), told.get("topics")
    if told["span"] != "month":
        return Section("topics", heading, [], empty=_(N_("They stand in the month's briefing.")))
    if found is None:
        return Section("topics", heading, [], empty=_(N_("Not known: two times 28 days are needed to compare.")))
    rows = [
        [
            Cell(speaker.name("categories", row["category"])),
            Cell(speaker.name("areas", row["area"])),
            Cell(row["cell"]),
            Cell(" · ".join(speaker.number(n) for n in row["months"]), sum(row["months"])),
            Cell(" · ".join(speaker.number(n, 1) for n in row["expected"])),
            *numbers(speaker, row["high"]),
        ]
        for row in found
    ]
    titles = (N_("problem"), N_("district"), N_("cell"), N_("cases by 28 days"), N_("usual"), N_("high periods"))
    empty = _(N_("Nothing came back more than its share in two periods or more."))
    note = _(N_("A cell with its neighbours, oldest period first; usual is the place's share of all other complaints."))
    return Section("topics", heading, heads(speaker, *titles), rows, empty, note)
