"""`GET /api/v1/rankings`: the three rates, scores and ranks of a month; `GET /api/v1/dispatching`: whose a case is."""

from __future__ import annotations

from datetime import datetime
from threading import Lock
from typing import Any

import msgspec
from flask import Blueprint, Response

from dashboard.api.answers import Problem, answer, bad
from dashboard.api.arguments import Parser, one_of, read_arguments, text
from dashboard.api.context import ApiContext
from dashboard.api.lists import committed
from dashboard.blocking import run_blocking
from dashboard.city_time import city_time
from dashboard.hotline_files import DISTRICT, LEVELS, HotlineFiles, read_files
from dashboard.roles import Permission
from hotline.case_rules import RULES
from hotline.cases import Case
from hotline.dispatching import suggest
from hotline.ranking import Ranking, Row, UnitOf, month_of, rank
from hotline.ranking_rules import RuleSet, rules_for
from hotline.rates import Rate
from streams.reader_rates import cases_due
from streams.reader_schema import CASES

KEPT_S = 30.0  # a ranking is made anew at most so often: it walks every case of its month
DIGITS = 6
PARAMETERS: dict[str, Parser] = {"level": one_of(*LEVELS), "period": text}


def rankings(blueprint: Blueprint, context: ApiContext) -> None:
    """Add the routes."""
    files = context.hotline or read_files(RULES, context.keys.city)
    kept = _Kept()

    @blueprint.get("/rankings")
    @context.access.require(Permission.READ_CASES)
    def ranking() -> Response:
        asked = read_arguments(PARAMETERS)
        now = city_time(context.client, context.keys) or context.now()
        level = asked.get("level", DISTRICT)
        period = asked.get("period") or now.astimezone(context.zone).strftime("%Y-%m")
        return answer(run_blocking(kept.ranking, context, files, level, period, now))

    @blueprint.get("/dispatching")
    @context.access.require(Permission.READ_CASES)
    def dispatching() -> Response:
        asked = read_arguments({"case": text})
        if not asked.get("case"):
            raise bad("case: the id of a case")
        raw, _ = committed(context, CASES, asked["case"])
        if raw is None:
            raise Problem(404, "not_found", f"no case {asked['case'][:200]!r}")
        case = msgspec.json.decode(raw, type=Case)
        said: dict[str, Any] = msgspec.to_builtins(suggest(case, files.catalogue))
        return answer({"case_id": case.case_id} | said)


class _Kept:
    """The last rankings, each for half a minute; one is made at a time."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._known: dict[tuple[str, str], tuple[float, dict[str, Any]]] = {}

    def ranking(self, context: ApiContext, files: HotlineFiles, level: str, period: str, now: datetime) -> Any:
        """In the thread pool. Raises Problem for a month or a level that is none here, NotReady."""
        with self._lock:
            at = context.monotonic()
            self._known = {key: known for key, known in self._known.items() if known[0] > at}
            if (known := self._known.get((level, period))) is None:
                known = self._known[level, period] = (at + KEPT_S, _made(context, files, level, period, now))
            return known[1]


def _made(context: ApiContext, files: HotlineFiles, level: str, period: str, now: datetime) -> dict[str, Any]:
    try:
        since, until, last_day = month_of(period, context.zone)
    except ValueError as error:
        raise bad(str(error)) from None
    unit_of = files.unit_of(level)
    if unit_of is None:
        raise Problem(404, "no_units", f"this city has no units of level {level}")
    rules = rules_for(files.rule_sets, last_day)
    found, seq = _ranked(context, unit_of, rules, since, until, now)
    return {
        "level": level,
        "period": period,
        "from": since,
        "to": until,
        "now": now,
        "seq": seq,
        "rule": rules.printed(),
        "rows": [_shown(row) for row in found.rows],
        "excluded": found.excluded,
        "waiting": found.waiting,
        "not_due": found.not_due,
        "total": found.total,
    }


def _ranked(
    context: ApiContext, unit_of: UnitOf, rules: RuleSet, since: datetime, until: datetime, now: datetime
) -> tuple[Ranking, int]:
    decode = msgspec.json.Decoder(Case).decode
    with cases_due(context.reader, since, until) as (docs, seq):
        return rank(map(decode, docs), unit_of, rules, now), seq


def _shown(row: Row) -> dict[str, Any]:
    counts, rates = row.counts, row.rates
    coverage = {"n": counts.followed_up_n, "of": counts.closed}
    return {
        "unit": row.unit,
        "dispatched": counts.dispatched,
        "contacted_n": counts.contacted_n,
        "closed": counts.closed,
        "followed_up_n": counts.followed_up_n,
        "waiting": counts.waiting,
        "not_due": counts.not_due,
        "coverage": coverage,
        "response": _rate(rates.response),
        "resolution": _rate(rates.resolution),
        "satisfaction": _rate(rates.satisfaction),
        "score": None if row.score is None else {n: round(v, 2) for n, v in msgspec.structs.asdict(row.score).items()},
        "rank": row.rank,
    }


def _rate(rate: Rate | None) -> dict[str, Any] | None:
    if rate is None:
        return None
    return {
        "value": round(rate.value, DIGITS),
        "n": rate.n,
        "of": rate.of,
        "low": round(rate.low, DIGITS),
        "high": round(rate.high, DIGITS),
    }
