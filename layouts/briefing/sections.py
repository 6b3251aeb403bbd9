"""What follows the ten lines: one table a section, its cells as text for people and as values for spreadsheets."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from layouts.briefing.judged import people, rates, topics
from layouts.briefing.lines import BESIDE, SEGMENTS, Told
from layouts.briefing.table import Cell, Section, heads, numbers, part
from layouts.briefing.warned import warnings
from layouts.briefing.words import Speaker
from layouts.texts import gettext
from layouts.texts import mark as N_


def sections(speaker: Speaker, told: Told) -> list[Section]:
    """Every section, in order."""
    return [make(speaker, told) for make in SECTIONS]


COMPARED_NAMES = {
    "before": N_("period before"),
    "same_weekday": N_("same weekday"),
    "last_year": N_("last year"),
}
COMPARED_FIGURES = {
    "cases_received": N_("Received"),
    "cases_closed": N_("Closed"),
    "cases_open": N_("Open"),
    "cases_overdue": N_("Overdue"),
}


def _compared(speaker: Speaker, told: Told) -> Section:
    _ = gettext(speaker.lang.id)
    beside = [name for name in BESIDE if name in told["cases"]["compared"]]
    rows = []
    for name, heading in COMPARED_FIGURES.items():
        value = told["figures"][name]["value"]
        past = [told["cases"]["compared"][which][name] for which in beside]
        rows.append([Cell(_(heading)), Cell(speaker.number(value), value, name), *numbers(speaker, *past)])
    return Section(
        key="compared",
        heading=_("Beside other periods"),
        columns=["", _("now"), *(_(COMPARED_NAMES[name]) for name in beside)],
        rows=rows,
        note=_("As much of each period as of this one: up to the same clock time."),
        chart="daily",
    )


def _usual(speaker: Speaker, row: Mapping[str, Any]) -> Cell:
    if row["expected"] is None:
        return Cell("–")
    return Cell(f"{speaker.number(row['low'])}–{speaker.number(row['high'])}")


def _judgement(speaker: Speaker, row: Mapping[str, Any]) -> Cell:
    """An arrow only outside of what is usual: colour alone would say nothing in print."""
    _ = gettext(speaker.lang.id)
    if row["is_unusual"] is None:
        return Cell(_("not known"))
    if not row["is_unusual"]:
        return Cell(_("usual"))
    return Cell("▲ " + _("more") if row["received"] > row["high"] else "▼ " + _("less"))


def _categories(speaker: Speaker, told: Told) -> Section:
    has_before = "before" in told["cases"]["compared"]
    rows = [
        [
            Cell(speaker.name("categories", row["name"])),
            *numbers(speaker, row["received"], row["matters"], row["before"] if has_before else None),
            _usual(speaker, row),
            _judgement(speaker, row),
        ]
        for row in told["cases"]["categories"]
    ]
    return Section(
        key="categories",
        heading=gettext(speaker.lang.id)(N_("Top ten problems")),
        columns=heads(speaker, "", N_("cases"), N_("matters"), N_("period before"), N_("usual"), N_("judgement")),
        rows=rows,
        empty=gettext(speaker.lang.id)(N_("No case was received.")),
        note=gettext(speaker.lang.id)(N_("Matters count cases that were merged into one as one.")),
        chart="categories",
    )


def _areas(speaker: Speaker, told: Told) -> Section:
    _ = gettext(speaker.lang.id)
    rows = [
        [
            Cell(speaker.name("areas", row["name"])),
            *numbers(speaker, row["received"]),
            _usual(speaker, row),
            _judgement(speaker, row),
            *numbers(speaker, row["open"]),
            Cell(speaker.share(row["overdue"], row["deadline"]) if row["deadline"] else "–", row["overdue"]),
        ]
        for row in told["cases"]["areas"]
    ]
    titles = ("", N_("cases"), N_("usual"), N_("judgement"), N_("open"), N_("overdue of those with a deadline"))
    return Section(
        "areas", _(N_("Districts")), heads(speaker, *titles), rows, _(N_("No case was received.")), chart="map"
    )


def _channels(speaker: Speaker, told: Told) -> Section:
    _ = gettext(speaker.lang.id)
    calls = {row["channel"]: row for row in told["calls"]}
    cases = {row["channel"]: row["received"] for row in told["cases"]["channels"]}
    rows = []
    for channel in sorted(cases.keys() | calls.keys(), key=lambda name: (-cases.get(name, 0), name)):
        call = calls.get(channel)
        # What a channel does not have is no zero.
        shown = [Cell("–")] * 4
        if call:
            within = Cell(speaker.share(call["answered_20s"], call["offered"]), call["answered_20s"])
            shown = [*numbers(speaker, call["offered"], call["answered"], call["abandoned"]), within]
        rows.append([Cell(speaker.name("channels", channel)), *numbers(speaker, cases.get(channel, 0)), *shown])
    titles = (
        "",
        N_("cases"),
        N_("offered"),
        N_("answered"),
        N_("abandoned"),
        N_("answered within 20 s, of all offered"),
    )
    return Section("channels", _(N_("Channels")), heads(speaker, *titles), rows, _(N_("No contact came in.")))


def _answers(speaker: Speaker, told: Told) -> Section:
    _ = gettext(speaker.lang.id)
    rows = [
        [
            Cell(speaker.name("areas", row["area"])),
            *numbers(speaker, row["followed_up"]),
            part(speaker, row["contacted"], row["followed_up"]),
            part(speaker, row["resolved"], row["resolved_known"]),
            part(speaker, row["satisfied"], row["satisfied_known"]),
        ]
        for row in told["cases"]["rates"]
    ]
    titles = ("", N_("followed up"), N_("contacted"), N_("resolved"), N_("satisfied"))
    empty = _(N_("Nobody was asked within the period, or no source tells it."))
    return Section("answers", _(N_("Callers' answers")), heads(speaker, *titles), rows, empty)


def _kinds(speaker: Speaker, told: Told) -> Section:
    _ = gettext(speaker.lang.id)
    rows = [
        [Cell(speaker.name("incident_kinds", row["kind"])), *numbers(speaker, row["received"], row["priority_1"])]
        for row in told["emergencies"]["kinds"][:12]
    ]
    titles = ("", N_("incidents"), N_("priority 1"))
    return Section("kinds", _(N_("Emergencies")), heads(speaker, *titles), rows, _(N_("No source tells emergencies.")))


PERCENTILES = ("p50", "p90", "p95")


def _segments(speaker: Speaker, told: Told) -> Section:
    _ = gettext(speaker.lang.id)
    rows = []
    for key, heading in SEGMENTS.items():
        said = told["emergencies"]["times"]["segments"][key]
        if not said["n"]:
            continue
        lasted = [Cell(_clock(said["percentiles_s"][p]), said["percentiles_s"][p]) for p in PERCENTILES]
        targets = [_held(speaker, target) for target in said["targets"] if target["within"]["of"]]
        never = Cell(speaker.number(said["never"]["n"]), said["never"]["n"])
        rows.append([Cell(_(heading)), *numbers(speaker, said["n"]), *lasted, never, Cell("; ".join(targets) or "–")])
    titles = ("", "n", "P50", "P90", "P95", N_("never"), N_("within the target"))
    note = _(
        N_("Exact percentiles (nearest rank) of all single times, in minutes and seconds; no averages of averages.")
    )
    return Section(
        "segments", _(N_("Response times")), heads(speaker, *titles), rows, _(N_("No emergency was timed.")), note
    )


def _held(speaker: Speaker, target: Mapping[str, Any]) -> str:
    within = target["within"]
    share = speaker.share(within["n"], within["of"])
    return f"{target['edition']}: ≤ {speaker.number(target['seconds'])} s {share}"


def _clock(seconds: float) -> str:
    """4:05"""
    return f"{int(seconds) // 60}:{int(seconds) % 60:02d}"


def _longest(speaker: Speaker, told: Told) -> Section:
    _ = gettext(speaker.lang.id)
    rows = [
        [
            Cell(row["case_id"]),
            Cell(speaker.name("categories", row["category"])),
            Cell(speaker.name("areas", row["area"] or "")),
            Cell(speaker.at(row["received_at"])),
            Cell(speaker.at(row["target_at"]) if row["target_at"] else "–"),
            *numbers(speaker, row["reopened"]),
        ]
        for row in told["cases"]["oldest_open"]
    ]
    titles = (N_("case"), N_("category"), N_("district"), N_("received"), N_("due"), N_("reopened"))
    return Section("longest", _(N_("Waiting longest")), heads(speaker, *titles), rows, _(N_("No case is open.")))


def _cells(speaker: Speaker, told: Told) -> Section:
    _ = gettext(speaker.lang.id)
    rows = [[Cell(row["cell"]), *numbers(speaker, row["received"])] for row in told["cases"]["cells"][:10]]
    titles = (N_("cell (H3, resolution 9)"), N_("cases"))
    return Section(
        "cells", _(N_("Cells with most cases")), heads(speaker, *titles), rows, _(N_("No case has a place."))
    )


def _languages(speaker: Speaker, told: Told) -> Section:
    _ = gettext(speaker.lang.id)
    rows = [
        [Cell(speaker.language(row["language"])), *numbers(speaker, row["received"], row["closed"])]
        for row in told["cases"]["languages"]
        if row["language"]
    ]
    titles = (N_("language"), N_("cases"), N_("closed"))
    return Section("languages", _(N_("Languages")), heads(speaker, *titles), rows, _(N_("No source tells languages.")))


def _alerts(speaker: Speaker, told: Told) -> Section:
    _ = gettext(speaker.lang.id)
    rows = [
        [
            Cell(row["headline"] or row["event"]),
            Cell(row["sender"]),
            Cell(row["severity"]),
            Cell(speaker.at(row["sent_at"])),
        ]
        for row in told["alerts"]
    ]
    titles = (N_("alert"), N_("sender"), N_("severity"), N_("sent"))
    return Section(
        "alerts", _(N_("Public alerts")), heads(speaker, *titles), rows, _(N_("No public alert was issued."))
    )


SECTIONS: tuple[Callable[[Speaker, Told], Section], ...] = (
    *(_compared, _categories, _areas, people, _channels, rates, _answers, _kinds, _segments, _longest, _cells),
    *(_languages, warnings, topics, _alerts),
)
