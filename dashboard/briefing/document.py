"""A briefing as it is kept: what it speaks of, its figures, and everything that its pages show."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

import msgspec

from dashboard.briefing.counting import CaseCounts, alerts_issued, begins_after, count_cases
from dashboard.briefing.decisions import Decision, decisions
from dashboard.briefing.emergencies import EmergencyCounts, count_emergencies
from dashboard.briefing.figures import Figure, figure
from dashboard.briefing.people import People, per_head
from dashboard.briefing.period import Period, Span
from dashboard.briefing.rates import Rated, rate_month
from dashboard.briefing.topics import month_topics
from dashboard.briefing.warned import WarningCounts, count_warnings
from emergency.plans import Plans
from emergency.segments import TargetFile
from emergency.tasks import EMERGENCY_NUMBERS
from geo.cities import City
from geo.public_holidays import alike, days_off
from hotline.ranking_rules import RuleSet, load_rule_sets
from layouts.briefing.definitions import UNTOLD
from streams.archive import lists
from streams.archive.view import View, Where
from streams.codec import encode

LAYOUT = 3  # raise it when figures are counted otherwise: then a briefing made again may differ


class Inputs(msgspec.Struct, frozen=True, kw_only=True):
    """What the figures were counted from. `digest` is a hash of exactly that: equal digests, equal figures."""

    digest: str
    files: int
    log_position: str
    sources: list[str]  # files that were imported


class Briefing(msgspec.Struct, frozen=True, kw_only=True):
    """Everything of one briefing. `id` names city, period and area; `revision` counts from 1 when it is frozen;
    0: made, and not kept."""

    id: str
    revision: int
    city: str
    span: Span
    first: date
    last: date
    zone: str
    area: str
    cut_off: datetime
    is_whole: bool
    made_at: datetime
    inputs: Inputs
    figures: dict[str, Figure]
    cases: CaseCounts
    emergencies: EmergencyCounts
    decisions: list[Decision]
    standing: list[Decision] | None  # of the briefing before, those whose reason still holds; None: there was none
    calls: list[dict[str, Any]]  # by channel
    alerts: list[dict[str, Any]]
    warnings: WarningCounts | None = None
    topics: list[dict[str, Any]] | None = None  # candidates of a month; None: no month, or too short a past
    people: People | None = None
    rates: Rated | None = None  # of the month so far; None: no source tells lives of cases
    free_days: dict[str, int] = {}  # public holidays within, and within the period of last year, by `compared`
    holiday: str = ""  # which the day and the one it is compared with last year belong to
    is_worked_weekend: bool = False  # worked for a day off, like the day of last year that it is compared with
    begun: datetime | None = None  # when the archive began, if that was later than the first day

    @property
    def period(self) -> Period:
        return Period(span=self.span, first=self.first, last=self.last, zone=self.zone, cut_off=self.cut_off)


@dataclass(frozen=True)
class Rules:
    """What figures are judged by."""

    plans: Plans
    targets: TargetFile
    owners: Mapping[str, str]  # category -> agency
    rule_sets: Sequence[RuleSet] = field(default_factory=load_rule_sets)  # of the rates


def still_standing(before: Iterable[Decision], now: Iterable[Decision]) -> list[Decision]:
    """Decisions of the briefing before whose reason is found again: nobody has changed what they were about."""
    known = {(one.rule, one.subject) for one in now}
    return [one for one in before if (one.rule, one.subject) in known]


def make_briefing(
    view: View,
    city: City,
    period: Period,
    rules: Rules,
    made_at: datetime,
    area: str = "",
    before: Briefing | None = None,
) -> Briefing:
    """Count one briefing from the archive. Blocks for as long as the questions take. `before`: the one before it."""
    where = Where(area=(area,)) if area else Where()
    like = alike(city.public_holidays, period.first) if period.span is Span.DAY else None
    cases = count_cases(view, period, where, None if like is None else like.day)
    emergencies = count_emergencies(view, period, rules.plans, rules.targets, where)
    wanted = decisions(period, cases, emergencies, rules.owners)
    calls = lists.calls(view, period.start, period.end, ("channel",), EMERGENCY_NUMBERS)
    begun = begins_after(view, period)
    alerts = alerts_issued(view, period)
    warnings = count_warnings(view, period, where)
    others = _contacts(calls, begun is not None) | {"alerts_issued": figure("alerts_issued", len(alerts))}
    return Briefing(
        id=briefing_id(city.id, period, area),
        revision=0,
        city=city.id,
        span=period.span,
        first=period.first,
        last=period.last,
        zone=period.zone,
        area=area,
        cut_off=period.cut_off,
        is_whole=period.is_whole,
        made_at=made_at,
        inputs=inputs_of(view, period),
        figures=cases.figures | emergencies.figures | warnings.figures | others,
        cases=cases,
        emergencies=emergencies,
        decisions=wanted,
        standing=None if before is None else still_standing(before.decisions, wanted),
        calls=calls,
        alerts=alerts,
        begun=begun,
        people=per_head(city, cases.by_area, area),
        warnings=warnings,
        topics=month_topics(view, period, where) if period.span is Span.MONTH else None,
        holiday="" if like is None else like.holiday,
        is_worked_weekend=like is not None and like.is_worked,
        free_days=_free_days(city, period, cases) if like is None else {},
        rates=rate_month(view, period, rules.rule_sets),
    )


def _free_days(city: City, period: Period, cases: CaseCounts) -> dict[str, int]:
    """Public holidays of the period and of the one of last year; empty where they are not compared."""
    if "last_year" not in cases.beside:
        return {}
    then = period.moved(cases.beside["last_year"])
    spans = {"now": period, "last_year": then}
    return {name: days_off(city.public_holidays, one.first, one.last) for name, one in spans.items()}


def briefing_id(city: str, period: Period, area: str = "") -> str:
    """`boston-2011-08-28`, `boston-week-2011-08-22`, with the area's hash where it is about one."""
    span = "" if period.span is Span.DAY else f"{period.span}-"
    of_area = f"-{hashlib.sha256(area.encode()).hexdigest()[:8]}" if area else ""
    return f"{city}-{span}{period.first}{of_area}"


def inputs_of(view: View, period: Period) -> Inputs:
    """The files that the period's figures may depend on: all that was recorded before its end."""
    until = period.end.isoformat()
    files = sorted(
        (file.table, file.day, file.path, str(file.rows))
        for file in view.manifest.files
        if file.day <= until[:10] and file.table not in ("checkpoints",)
    )
    return Inputs(
        digest=hashlib.sha256(encode([LAYOUT, files])).hexdigest(),
        files=len(files),
        log_position=view.manifest.position,
        sources=sorted(view.manifest.origins),
    )


def _contacts(calls: list[dict[str, Any]], is_partial: bool) -> dict[str, Figure]:
    """Nothing is said of a city that tells no calls, or only some: that is not zero."""
    if not calls or is_partial:
        why = UNTOLD["begun" if calls else "calls"]
        return {name: figure(name, None, why=why) for name in ("contacts_offered", "contacts_answered")}
    offered, answered = (sum(row[name] for row in calls) for name in ("offered", "answered"))
    return {
        "contacts_offered": figure("contacts_offered", offered),
        "contacts_answered": figure("contacts_answered", answered, n=answered, of=offered),
    }


def told(briefing: Briefing) -> dict[str, Any]:
    """The briefing as JSON-ready values: `figures` first, by name, each with value and definition."""
    plain: dict[str, Any] = msgspec.to_builtins(briefing)
    return {"figures": {name: _figure(said) for name, said in briefing.figures.items()}} | {
        key: value for key, value in plain.items() if key != "figures"
    }


def _figure(said: Figure) -> dict[str, Any]:
    """Value and definition always; the rest where there is something to say."""
    return {"value": said.value, "definition": said.definition} | {
        key: value for key, value in msgspec.to_builtins(said).items() if key not in ("value", "definition")
    }
