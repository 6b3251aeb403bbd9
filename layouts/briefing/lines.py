"""The first ten lines of a briefing: what a leader reads at seven in the morning, before any chart.

A line states what the figures show and nothing else; what is not known is said to be unknown.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from layouts.briefing.definitions import UNTOLD
from layouts.briefing.warned import standing
from layouts.briefing.words import Piece, Sentence, Shown, Speaker
from layouts.texts import gettext
from layouts.texts import mark as N_

Told = Mapping[str, Any]  # a briefing as `dashboard.briefing.document.told` gives it


@dataclass(frozen=True)
class Line:
    """One of the ten: its number, what it is about, and its sentences."""

    number: int
    heading: str
    sentences: list[Sentence]
    is_list: bool = False  # its sentences stand one below the other


def ten_lines(speaker: Speaker, told: Told) -> list[Line]:
    """The ten lines in their order."""
    return [
        Line(number, heading, make(speaker, told), number in LISTS)
        for number, (heading, make) in enumerate(LINES, start=1)
    ]


def figure(speaker: Speaker, told: Told, name: str) -> Shown:
    """A figure by its name, linked to what is behind it."""
    return Shown(speaker.number(told["figures"][name]["value"]), name)


def _value(told: Told, name: str) -> Any:
    return told["figures"][name]["value"]


def _day(speaker: Speaker, told: Told) -> list[Sentence]:
    first, last = speaker.day(told["first"]), speaker.day(told["last"])
    days: Piece = first if told["span"] == "day" else f"{first} – {last}"
    known = speaker.say(N_("{days}, as known at {cut_off}."), days=days, cut_off=speaker.at(told["cut_off"]))
    whole = N_("The period is over.") if told["is_whole"] else N_("The period still runs: figures will grow.")
    n, of = _value(told, "cases_without_location"), _value(told, "cases_received")
    share = Shown(speaker.share(n, of), "cases_without_location")
    begun = N_("The archive begins {at}: of the days before, it knows only what was open.")
    late = [speaker.say(begun, at=speaker.at(told["begun"]))] if told.get("begun") else []
    return [known, *late, speaker.say(whole), speaker.say(N_("Without a place on the map: {share}."), share=share)]


def _verdict(speaker: Speaker, told: Told) -> list[Sentence]:
    said, received = told["figures"]["cases_received"], figure(speaker, told, "cases_received")
    if said.get("expected") is None:
        return [
            speaker.say(N_("{received} cases. What is usual is not known: too few earlier days."), received=received)
        ]
    usual: dict[str, Piece] = {
        "received": received,
        "low": speaker.number(said["low"]),
        "high": speaker.number(said["high"]),
        "expected": speaker.number(said["expected"]),
        "days": speaker.number(said["days"]),
        "ratio": speaker.ratio(said["value"] / max(said["expected"], 1e-9)),
    }
    if said["low"] <= said["value"] <= said["high"]:
        return [speaker.say(N_("Normal: {received} cases; {low} to {high} are usual (from {days} like it)."), **usual)]
    return [
        speaker.say(
            N_("Unusual: {received} cases where {low} to {high} are usual, {ratio} times the expected {expected}"
               " (from {days} like it)."),
            **usual,
        )
    ]  # fmt: skip


# What is asked for, by the rule that found it.
ASKED = {
    "surge": N_("{subject}: {n} where {of} are expected, most in {where}. Decide on more hands – {owner}, by {by}."),
    "arrival": N_("Arrival: {share} within the target of {subject}. Decide what is done – {owner}, by {by}."),
    "late_area": N_(
        "{subject}: {share} of the open cases with a deadline are overdue. Ask for a plan – {owner}, by {by}."
    ),
    "oldest": N_("Case {subject} is {n} days overdue. Decide who ends it – {owner}, by {by}."),
}
OWNER_OF = {"arrival": N_("emergency services")}  # whose it is where no agency is named
TABLE_OF = {"surge": "categories", "late_area": "areas"}


def asked(speaker: Speaker, decision: Told) -> Sentence:
    """One decision as a sentence."""
    n, of = decision["n"], decision.get("of") or 0
    owner = speaker.names.get("agencies", {}).get(decision["owner"]) or speaker.name("areas", decision["owner"])
    if not decision["owner"] and decision["rule"] in OWNER_OF:
        owner = gettext(speaker.lang.id)(OWNER_OF[decision["rule"]])
    table = TABLE_OF.get(decision["rule"])
    return speaker.say(
        ASKED[decision["rule"]],
        subject=speaker.name(table, decision["subject"]) if table else decision["subject"],
        n=speaker.number(n),
        of=speaker.number(of),
        share=speaker.share(n, of) if of else speaker.number(n),
        where=speaker.name("areas", decision.get("where", "")),
        owner=owner,
        by=speaker.at(decision["by"]),
    )


def _decisions(speaker: Speaker, told: Told) -> list[Sentence]:
    wanted = [asked(speaker, decision) for decision in told["decisions"]]
    return wanted or [speaker.say(N_("Nothing needs a decision."))]


def _harm(speaker: Speaker, told: Told) -> list[Sentence]:
    if why := told["figures"]["incidents_received"].get("why"):
        return [speaker.say(N_("Not known: {why}."), why=speaker.say(why)[0])]
    names = ("deaths", "gravely_hurt", "incidents_major")
    if not any(_value(told, name) for name in names):
        return [
            speaker.say(
                N_("None reported, at {incidents} incidents."), incidents=figure(speaker, told, "incidents_received")
            )
        ]
    deaths, hurt, major = (figure(speaker, told, name) for name in names)
    return [
        speaker.say(
            N_("Deaths {deaths}, gravely hurt {hurt}, major incidents {major}."), deaths=deaths, hurt=hurt, major=major
        )
    ]


def _volume(speaker: Speaker, told: Told) -> list[Sentence]:
    found: list[Sentence] = []
    if _value(told, "contacts_offered") is None:
        why = speaker.say(told["figures"]["contacts_offered"]["why"])[0]
        found.append(speaker.say(N_("Contacts: not known, {why}."), why=why))
    else:
        answered = told["figures"]["contacts_answered"]
        share = Shown(speaker.share(answered["n"], answered["of"]), "contacts_answered")
        offered = figure(speaker, told, "contacts_offered")
        found.append(speaker.say(N_("Contacts {offered}; answered {share}."), offered=offered, share=share))
    received, closed = figure(speaker, told, "cases_received"), figure(speaker, told, "cases_closed")
    found.append(speaker.say(N_("Cases received {received}, closed {closed}."), received=received, closed=closed))
    return found + [_beside(speaker, told, name) for name in BESIDE if name in told["cases"]["compared"]]


BESIDE = {
    "before": N_("The period before, by the same clock: {past}."),
    "same_weekday": N_("The same weekday a week ago: {past}."),
    "last_year": N_("The same period last year: {past}."),
}
HOLIDAY = N_("The same holiday last year, {day}: {past}.")
WORKED = N_("A weekend that is worked for a day off; last year's working day like it, {day}: {past}.")
FREE_DAYS = N_("The same period last year: {past}, with {then} public holidays where there are {now} now.")


def _beside(speaker: Speaker, told: Told, name: str) -> Sentence:
    """What another period received; last year's with the holidays that were or were not within."""
    past = speaker.number(told["cases"]["compared"][name]["cases_received"])
    free = told.get("free_days") or {"now": 0, "last_year": 0}
    moved = HOLIDAY if told.get("holiday") else WORKED if told.get("is_worked_weekend") else ""
    if name == "last_year" and moved:
        return speaker.say(moved, day=speaker.day(told["cases"]["beside"][name]), past=past)
    if name == "last_year" and free["now"] != free["last_year"]:
        now, then = speaker.number(free["now"]), speaker.number(free["last_year"])
        return speaker.say(FREE_DAYS, past=past, then=then, now=now)
    return speaker.say(BESIDE[name], past=past)


def _change(speaker: Speaker, told: Told) -> list[Sentence]:
    change = told["cases"]["change"]
    if told["figures"]["cases_received"].get("expected") is None:
        return [speaker.say(N_("Not known: {why}."), why=speaker.say(UNTOLD["usual"])[0])]
    if change is None:
        return [speaker.say(N_("No change beyond chance in any category or district."))]
    by_category = change["by"] == "category"
    here, there = ("categories", "areas") if by_category else ("areas", "categories")
    return [
        speaker.say(
            N_("{name}: {received} where {low} to {high} are usual; most of it {where}, {n} where {usual} is usual."),
            name=speaker.name(here, change["name"]),
            received=speaker.number(change["received"]),
            low=speaker.number(change["low"]),
            high=speaker.number(change["high"]),
            where=speaker.name(there, change["where"]),
            n=speaker.number(change["where_received"]),
            usual=speaker.number(change["where_expected"], 1),
        )
    ]


def _overdue(speaker: Speaker, told: Told) -> list[Sentence]:
    said = told["figures"]["cases_overdue"]
    if not said["of"]:
        return [speaker.say(N_("No open case has a deadline."))]
    share = Shown(speaker.share(said["n"], said["of"]), "cases_overdue")
    found = [speaker.say(N_("Overdue: {share} of the open cases with a deadline."), share=share)]
    for row in told["cases"]["oldest_overdue"][:1]:
        found.append(
            speaker.say(
                N_("The oldest was due {due}: {category}, {area}, case {case}."),
                due=speaker.at(row["target_at"]),
                category=speaker.name("categories", row["category"]),
                area=speaker.name("areas", row["area"] or ""),
                case=row["case_id"],
            )
        )
    return found


SEGMENTS = {
    "answer": N_("Answered"),
    "processing": N_("Processed"),
    "turnout": N_("Rolling"),
    "travel": N_("Arrived"),
    "full_plan": N_("Plan complete"),
}


def _emergency(speaker: Speaker, told: Told) -> list[Sentence]:
    found: list[Sentence] = []
    for segment in ("answer", "travel"):
        said = told["emergencies"]["times"]["segments"][segment]
        for target in [t for t in said["targets"] if not t["applies_to"] and t["within"]["of"]][:1]:
            found.append(
                speaker.say(
                    N_("{what} within {seconds} s: {share}; wanted {wanted}."),
                    what=speaker.say(SEGMENTS[segment])[0],
                    seconds=speaker.number(target["seconds"]),
                    share=speaker.share(target["within"]["n"], target["within"]["of"]),
                    wanted=f"{round(100 * target['target_share'])} %",
                )
            )
    for row in told["emergencies"]["slowest"][:1]:
        found.append(
            speaker.say(
                N_("The longest wait for a first unit: {minutes} min, {kind}, incident {incident}."),
                minutes=speaker.number(row["arrival_s"] / 60, 1),
                kind=speaker.name("incident_kinds", row["kind"]),
                incident=row["incident_id"],
            )
        )
    return found or [speaker.say(N_("Not known: no emergency of this period was timed."))]


def _standing(speaker: Speaker, told: Told) -> list[Sentence]:
    if told["standing"] is None:
        return [speaker.say(N_("Not known: no briefing of the period before is kept."))]
    return [asked(speaker, decision) for decision in told["standing"]] or [speaker.say(N_("None is left."))]


def _ahead(speaker: Speaker, told: Told) -> list[Sentence]:
    found = [speaker.say(N_("Due within 24 hours: {due} cases."), due=figure(speaker, told, "cases_due_24h"))]
    standing = [alert for alert in told["alerts"] if not alert["ended_at"]]
    for alert in standing[:2]:
        found.append(speaker.say(N_("In force: {headline}."), headline=alert["headline"] or alert["event"]))
    if not standing:
        found.append(speaker.say(N_("No public alert is in force.")))
    found += _warned(speaker, told)
    found.append(speaker.say(N_("Not known: the weather to come and events, beyond what alerts say.")))
    return found


def _warned(speaker: Speaker, told: Told) -> list[Sentence]:
    """What early warning sees as the period ends."""
    warnings = told.get("warnings")
    if not warnings or told["figures"]["warnings_raised"]["value"] is None:
        return []
    known = warnings["strangest"] or not warnings["open_n"]  # those that were kept earlier do not say which it was
    return [standing(speaker, warnings)] if known else []


LINES: tuple[tuple[str, Callable[[Speaker, Told], list[Sentence]]], ...] = (
    (N_("Period"), _day),
    (N_("Verdict"), _verdict),
    (N_("Decisions needed"), _decisions),
    (N_("Harm"), _harm),
    (N_("Volume"), _volume),
    (N_("Largest change"), _change),
    (N_("Overdue"), _overdue),
    (N_("Emergency"), _emergency),
    (N_("Left from before"), _standing),
    (N_("Next 24 hours"), _ahead),
)
LISTS = (3, 9)  # decisions
