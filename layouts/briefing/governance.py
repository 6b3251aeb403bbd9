"""The page of a governance case: before, action, after, evidence."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from layouts.briefing.lines import Line, Told
from layouts.briefing.paper import Sheet
from layouts.briefing.table import Cell, Section, heads, numbers
from layouts.briefing.words import Sentence, Speaker
from layouts.texts import gettext
from layouts.texts import mark as N_

TITLE = N_("Governance case")
WEEKLY = N_("Complaints by week")
# What was done, by the type of the fact.
DONE = {
    "situation.opened": N_("opened"),
    "situation.extended": N_("cases joined"),
    "situation.reduced": N_("cases taken out"),
    "situation.merged": N_("merged into another"),
    "situation.split": N_("divided"),
    "situation.offered": N_("offered to dispatch"),
    "situation.withdrawn": N_("offer taken back"),
    "situation.declined": N_("declined by dispatch"),
    "situation.promoted": N_("made an incident"),
    "situation.demoted": N_("incident taken back"),
    "situation.closed": N_("closed"),
    "situation.reopened": N_("opened again"),
}
STEPS = {
    "dispatched": N_("dispatched"),
    "contacted": N_("caller reached"),
    "handled": N_("handled"),
    "closed": N_("closed"),
}


def governance_sheet(speaker: Speaker, told: Told, city: str) -> Sheet:
    """The case as lines and tables. `told`: a `Governance` as plain values, with `is_chance`."""
    _ = gettext(speaker.lang.id)
    title = " · ".join(word for word in (_(TITLE), told["title"] or told["situation_id"], city) if word)
    closed = f" – {speaker.at(told['closed_at'])}" if told["closed_at"] else ""
    foot = _(N_("Situation {id}, known at {until}; counted from {files} files, inputs {digest}.")).format(
        id=told["situation_id"],
        until=speaker.at(told["known_until"]),
        files=told["inputs"]["files"],
        digest=told["inputs"]["digest"][:16],
    )
    makers = (_before, _action, _after, _evidence)
    lines = [
        Line(number, heading, make(speaker, told))
        for number, (heading, make) in enumerate(zip(HEADINGS, makers, strict=True), start=1)
    ]
    parts = [_weeks(speaker, told), _deeds(speaker, told), _steps(speaker, told), _cases(speaker, told)]
    return Sheet(title, f"{speaker.at(told['opened_at'])}{closed}", "", lines, parts, foot, "few", title)


HEADINGS = (N_("Before"), N_("Action"), N_("After"), N_("Evidence"))


def _per_week(speaker: Speaker, side: Mapping[str, Any]) -> str:
    return speaker.number(side["n"] / side["days"] * 7 if side["days"] else None, 1)


def _before(speaker: Speaker, told: Told) -> list[Sentence]:
    said = N_("{category}, {area}: {n} complaints in the {days} days before it was opened, {week} a week.")
    return [_side(speaker, told, "before", said)]


def _side(speaker: Speaker, told: Told, which: str, template: str) -> Sentence:
    side = told[which]
    return speaker.say(
        template,
        category=speaker.name("categories", told["category"]),
        area=speaker.name("areas", told["area"]),
        n=speaker.number(side["n"]),
        days=speaker.number(side["days"]),
        week=_per_week(speaker, side),
    )


def _action(speaker: Speaker, told: Told) -> list[Sentence]:
    steps = told["steps"]
    found = [
        speaker.say(
            N_("{cases} cases; dispatched {dispatched}, handled {handled}, closed {closed}."),
            cases=speaker.number(told["cases_n"]),
            **{name: speaker.number(steps[name]) for name in ("dispatched", "handled", "closed")},
        )
    ]
    if told["incident_id"]:
        found.append(speaker.say(N_("It became incident {incident}."), incident=told["incident_id"]))
    return found


def _after(speaker: Speaker, told: Told) -> list[Sentence]:
    if not told["after"]["days"]:
        return [speaker.say(N_("Not known: nothing has been archived since."))]
    since_end = N_("{n} complaints in the {days} days since it was closed, {week} a week.")
    since_opening = N_("It is still open: {n} complaints in the {days} days since it was opened, {week} a week.")
    found = [_side(speaker, told, "after", since_end if told["closed_at"] else since_opening)]
    verdict = N_("The difference is within chance.") if told["is_chance"] else N_("The difference is beyond chance.")
    return [*found, speaker.say(verdict)]


def _evidence(speaker: Speaker, told: Told) -> list[Sentence]:
    steps = told["steps"]
    if not steps["asked"]:
        return [speaker.say(N_("No caller was asked yet; the cases stand below."))]
    share, again = speaker.share(steps["resolved"], steps["asked"]), speaker.number(steps["reopened"])
    said = N_("Solved, say callers: {share}; opened again: {again}. The cases stand below.")
    return [speaker.say(said, share=share, again=again)]


def _weeks(speaker: Speaker, told: Told) -> Section:
    _ = gettext(speaker.lang.id)
    rows = [[Cell(speaker.short_day(day)), *numbers(speaker, n)] for day, n in told["weeks"]]
    note = _(
        N_(
            "Complaints of the category in its cells and those around them; weeks count from the opening. A situation"
            " is opened when there are many, so some fall is to be expected whatever is done."
        )
    )
    titles = heads(speaker, N_("week from"), N_("complaints"))
    empty = _(N_("Less than a week is known."))
    return Section("weeks", _(N_("Week by week")), titles, rows, empty, note, chart="daily")


def _deeds(speaker: Speaker, told: Told) -> Section:
    _ = gettext(speaker.lang.id)
    rows = [
        [
            Cell(speaker.at(fact["at"])),
            Cell(_(what)),
            Cell(speaker.number(fact["n"]) if fact["n"] else "–", fact["n"] or None),
            Cell(fact["reason"] or "–"),
        ]
        for fact, what in ((fact, DONE.get(fact["type"], fact["type"])) for fact in told["facts"])
    ]
    titles = heads(speaker, N_("at"), N_("what was done"), N_("cases"), N_("reason"))
    return Section("deeds", _(N_("What was done")), titles, rows, _(N_("Nothing was done yet.")))


def _steps(speaker: Speaker, told: Told) -> Section:
    _ = gettext(speaker.lang.id)
    rows = [
        [
            Cell(_(name)),
            *numbers(speaker, told["steps"][key]),
            Cell(speaker.number(told["hours"].get(key), 1), told["hours"].get(key)),
        ]
        for key, name in STEPS.items()
    ]
    titles = heads(speaker, "", N_("cases"), N_("median hours from receipt"))
    return Section("steps", _(N_("How its cases went on")), titles, rows)


def _cases(speaker: Speaker, told: Told) -> Section:
    _ = gettext(speaker.lang.id)
    rows = [
        [
            Cell(row["case_id"]),
            Cell(speaker.name("areas", row["area"] or "")),
            Cell(speaker.at(row["received_at"])),
            Cell(speaker.at(row["closed_at"]) if row["closed_at"] else "–"),
            Cell("–" if row["resolved"] is None else _(N_("yes")) if row["resolved"] else _(N_("no"))),
        ]
        for row in told["cases"]
    ]
    titles = heads(speaker, N_("case"), N_("district"), N_("received"), N_("closed"), N_("solved"))
    return Section("cases", _(N_("Its cases")), titles, rows, _(N_("The archive knows none of its cases.")))
