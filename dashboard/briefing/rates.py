"""The three rates of a month so far, by district, from the archive: counted in SQL, judged by `hotline.rates`.

What each case counts for is the decision of `hotline.rates.Counts`; it stands here a second time because a month has
millions of cases. A test holds both against each other.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

import msgspec

from dashboard.briefing.period import Period, Span, first_of, last_of
from geo.days import local_date
from hotline.ranking import Row, ranked, score
from hotline.ranking_rules import RuleSet, rules_for
from hotline.rates import Counts, rates_of
from streams.archive import query
from streams.archive.view import View, bounds_of

COLUMNS = (
    *("case_id", "area", "kind", "grade", "merged_into", "labels", "target_at", "dispatched_at", "owned_at"),
    *("first_contacted_at", "closed_at", "followed_up_at", "contacted", "resolved", "satisfied"),
)
HOUR_US = 3_600_000_000
Sql = tuple[str, list[Any]]


class Rated(msgspec.Struct, frozen=True, kw_only=True):
    """The rates of cases whose deadline lies in local days `first` to `last`, as known at the cut-off.

    `city` is all districts together (without a rank); rows with a score come first. `rule` names the version.
    """

    first: date
    last: date
    rule: str
    least_n: int
    matured_h: float
    confidence: float
    city: Row
    rows: list[Row]
    excluded: int


def rate_month(view: View, period: Period, rule_sets: Sequence[RuleSet]) -> Rated | None:
    """The rates of the month that holds the period's last day, up to its end; None where no source tells lives."""
    if not query.has_log(view):
        return None
    first = first_of(Span.MONTH, period.last)
    last = last_of(Span.MONTH, first)
    rules = rules_for(rule_sets, last)
    since, until = bounds_of(first, view.zone)[0], bounds_of(last, view.zone)[1]
    found, excluded = count_duties(view, rules, since, until, period.end)
    total = Counts()
    for counts in found.values():
        total.merge(counts)
    return Rated(
        first=first,
        last=last,
        rule=rules.version,
        least_n=rules.least_n,
        matured_h=rules.matured_h,
        confidence=rules.confidence,
        city=_row("", total, rules),
        rows=ranked([_row(unit, counts, rules) for unit, counts in sorted(found.items())]),
        excluded=excluded,
    )


def _row(unit: str, counts: Counts, rules: RuleSet) -> Row:
    rates = rates_of(counts, rules)
    return Row(unit=unit, counts=counts, rates=rates, score=score(rates, rules))


def count_duties(
    view: View, rules: RuleSet, since: datetime, until: datetime, at: datetime
) -> tuple[dict[str, Counts], int]:
    """(counts by district, cases judged nowhere) of the cases due in [since, until), as known just before `at`."""
    sql, values = _due_sql(view, since, until, at)
    judged = _judged_sql(rules, at)
    names = Counts.__struct_fields__
    counted = ", ".join(f"sum({name}) AS {name}" for name in names)
    rows = view.rows(
        f"SELECT area, is_judged, count(*) AS cases, {counted} FROM ({judged.format(rows=sql)}) GROUP BY ALL",
        values,
    )
    excluded = sum(row["cases"] for row in rows if not row["is_judged"])
    found = {}
    for row in rows:
        if row["is_judged"]:
            kept = {name: int(row[name]) for name in names if name != "satisfied"}
            found[row["area"]] = Counts(satisfied=float(row["satisfied"]), **kept)
    return found, excluded


def _due_sql(view: View, since: datetime, until: datetime, at: datetime) -> Sql:
    """The cases due in a period as they stood just before `at`: `cases` says it for all that have not changed since."""
    names = ", ".join(COLUMNS)
    derived = int(view.manifest.derived.partition("-")[0])
    today = local_date(at, view.zone).isoformat()
    later = view.table("case_events", [day for day in view.manifest.days("case_events") if day >= today])
    fresh = view.table("case_events", query.derived_days(view))
    touched = (
        f"SELECT case_id FROM {later} WHERE recorded_at >= ? UNION SELECT case_id FROM {fresh} WHERE seq > {derived}"
    )
    is_due = "target_at >= ? AND target_at < ?"
    sql = (
        f"WITH touched AS ({touched}), newest AS (SELECT * FROM {view.table('case_events')}"
        " WHERE recorded_at < ? AND case_id IN (SELECT case_id FROM touched)"
        " QUALIFY row_number() OVER (PARTITION BY case_id ORDER BY seq DESC, index DESC) = 1)"
        f" SELECT {names} FROM {view.due_between(since, until)}"
        f" WHERE {is_due} AND received_at < ? AND case_id NOT IN (SELECT case_id FROM touched)"
        f" UNION ALL SELECT {names} FROM newest WHERE {is_due}"
    )
    return sql, [at, at, since, until, at, since, until]


def _judged_sql(rules: RuleSet, at: datetime) -> str:
    """`Counts.add` for every row of `{rows}`: its columns as 0 or 1, and whether the case is judged at all."""
    now = f"TIMESTAMPTZ '{at.isoformat()}'"
    kinds = f"list_contains({_list(rules.kinds)}, kind)" if rules.kinds else "true"
    values = ", ".join(str(float(value)) for value in rules.satisfaction.values)
    columns = {
        "dispatched": "is_ripe AND dispatched_at IS NOT NULL",
        "not_due": "NOT is_ripe",
        "contact_known": f"is_ripe AND dispatched_at IS NOT NULL AND (is_in_time OR {now} > limit_at)",
        "contacted_n": "is_ripe AND dispatched_at IS NOT NULL AND is_in_time",
        "closed": "is_over",
        "waiting": f"is_over AND NOT is_asked AND {now} < closed_at + {_interval(rules.matured_h)}",
        "followed_up_n": "is_over AND is_asked",
        "reached": "is_over AND is_asked AND coalesce(contacted, false)",
        "resolved_n": "is_over AND is_asked AND coalesce(resolved, false)",
        "resolved_of": "is_over AND is_asked AND resolved IS NOT NULL",
        "satisfied_of": "is_over AND is_asked AND satisfied IS NOT NULL",
    }
    counted = ", ".join(f"coalesce({sql}, false)::INT AS {name}" for name, sql in columns.items())
    return (
        f"SELECT area, is_judged, {counted},"
        f" CASE WHEN is_over AND is_asked AND satisfied IS NOT NULL THEN [{values}][satisfied] ELSE 0 END AS satisfied"
        f" FROM (SELECT *, target_at <= {now} AS is_ripe, is_ripe AND closed_at IS NOT NULL AS is_over,"
        " coalesce(followed_up_at >= closed_at, false) AS is_asked,"
        f" coalesce(owned_at, dispatched_at) + {_limit(rules)} AS limit_at,"
        " followed_up_at IS NOT NULL AND resolved IS NOT NULL AND NOT coalesce(contacted, false) AS is_denied,"
        " NOT is_denied AND coalesce(first_contacted_at <= limit_at, false) AS is_in_time,"
        f" coalesce(area, '') <> '' AND {kinds} AND coalesce(merged_into, '') = ''"
        f" AND NOT list_has_any(string_split(coalesce(labels, ''), ','), {_list(rules.excluded_labels)}::VARCHAR[])"
        " AS is_judged FROM ({rows}))"
    )


def _limit(rules: RuleSet) -> str:
    """How long after dispatch the caller must have been reached, by grade."""
    cases = " ".join(f"WHEN {_text(grade)} THEN {_interval(hours)}" for grade, hours in rules.contact.within_h.items())
    other = _interval(rules.contact.other_h)
    return f"(CASE grade {cases} ELSE {other} END)" if cases else other


def _interval(hours: float) -> str:
    return f"to_microseconds({round(hours * HOUR_US)})"


def _list(words: Sequence[str]) -> str:
    return f"[{', '.join(map(_text, words))}]"


def _text(word: str) -> str:
    """A word of a rule file as SQL; braces would be taken for a place to fill."""
    return "'" + word.replace("'", "''").replace("{", "{{").replace("}", "}}") + "'"
