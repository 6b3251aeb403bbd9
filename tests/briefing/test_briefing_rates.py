"""The three rates from the archive: the same counts as the hotline's own, case by case, and as known at the time."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

import msgspec

from dashboard.archive_rows import case_values, table_of
from dashboard.briefing.period import Span, period_of
from dashboard.briefing.rates import count_duties, rate_month
from hotline.case_steps import Label
from hotline.cases import Case
from hotline.ranking import rank
from hotline.ranking_rules import RuleSet, load_rule_sets
from hotline.rates import Counts, counted
from streams.archive.files import Part, write_parts
from streams.archive.manifest import change
from streams.archive.view import Archive, View

MARCH, APRIL = datetime(2026, 2, 28, 16, tzinfo=UTC), datetime(2026, 3, 31, 16, tzinfo=UTC)  # in Beijing
NOW = datetime(2026, 3, 20, 4, tzinfo=UTC)
RULES = load_rule_sets()[-1]
HOUR = timedelta(hours=1)


def _case(number: int, random: Random, now: datetime = NOW) -> Case:
    """Any life that a case may have had by `now`."""

    def later(at: datetime | None, hours: float, chance: float = 0.8) -> datetime | None:
        if at is None or random.random() > chance:
            return None
        found = at + timedelta(hours=random.random() * hours)
        return found if found < now else None

    received = MARCH + timedelta(hours=random.random() * 24 * 19)
    dispatched = later(received, 10)
    closed = later(dispatched or received, 150, 0.7)
    asked = later(closed, 90, 0.8)
    reopened = asked is not None and random.random() < 0.1
    return Case(
        case_id=f"c{number}",
        kind=random.choice(("complaint", "complaint", "complaint", "enquiry")),
        area=random.choice(("Haidian", "Chaoyang", "Xicheng", "")),
        grade=random.choice(("", "I", "II", "III", "IV")),
        received_at=received,
        target_at=random.choice((None, received + random.choice((24, 72, 400)) * HOUR)),
        dispatched_at=dispatched,
        owned_at=random.choice((dispatched, later(dispatched, 30))),
        first_contacted_at=later(dispatched, 40),
        closed_at=None if reopened else closed,
        followed_up_at=asked,
        contacted=asked is not None and random.random() < 0.7,
        resolved=random.choice((None, True, False)) if asked else None,
        satisfied=random.choice((None, 1, 2, 3, 4, 5)) if asked else None,
        merged_into=random.choice(("", "", "", "", "c1")),
        labels=(Label(flag=random.choice(("unreasonable", "watched")), until=now),) if random.random() < 0.2 else (),
        seq=number + 1,
    )


@contextmanager
def _archived(folder: Path, *states: tuple[datetime, list[Case]]) -> Iterator[View]:
    """An archive of a log in which cases stood so, each list recorded at an instant. None is derived into `cases`."""
    for at, cases in states:
        rows = []
        for case in cases:
            stamp = (case.seq, 0, f"{case.case_id}:{at}", "test", "case.received", 1, at, at, "")
            was = (True, False, None, None, None, None, None, "")
            rows.append((*stamp, *was, *case_values(case.case_id, case)))
        part = Part(
            "case_events", f"{at:%Y-%m-%d}", f"log-{at:%d%H}", table_of("case_events", rows), first="1-0", last="9-0"
        )
        files = write_parts(folder, [part])
        change(
            folder, "beijing", "Asia/Shanghai", lambda manifest, files=files: manifest.changed(files, position="9-0")
        )
    with Archive(folder).view() as view:
        yield view


def _rules(**changes: object) -> RuleSet:
    return msgspec.structs.replace(RULES, **changes)


def test_sql_counts_every_case_as_the_formulas_of_the_hotline_do(tmp_path: Path) -> None:
    random = Random(7)
    cases = [_case(number, random) for number in range(1500)]
    rules = _rules(excluded_labels=("unreasonable",))
    with _archived(tmp_path, (NOW - HOUR, cases)) as view:
        found, excluded = count_duties(view, rules, MARCH, APRIL, NOW)
    due = [case for case in cases if case.target_at is not None and MARCH <= case.target_at < APRIL]
    expected: dict[str, Counts] = {}
    for area in ("Haidian", "Chaoyang", "Xicheng"):
        expected[area] = counted((case for case in due if case.area == area), rules, NOW)
    assert found == expected
    ranking = rank(due, lambda case: case.area, rules, NOW)
    assert excluded == sum(ranking.excluded.values()) > 0
    assert all(counts.contact_known and counts.resolved_of and counts.waiting for counts in found.values())


def test_rows_and_ranks_are_those_of_the_ranking(tmp_path: Path) -> None:
    random = Random(11)
    cases = [_case(number, random) for number in range(1500)]
    rules = _rules(least_coverage=0.1)
    with _archived(tmp_path, (NOW - HOUR, cases)) as view:
        rated = rate_month(view, period_of(Span.DAY, NOW.date(), view.zone, NOW), (rules,))
    assert rated is not None
    due = [case for case in cases if case.target_at is not None and MARCH <= case.target_at < APRIL]
    ranking = rank(due, lambda case: case.area, rules, NOW)
    assert tuple(rated.rows) == ranking.rows
    assert rated.rows[0].rank is not None
    assert (rated.rule, rated.first.isoformat()) == (rules.version, "2026-03-01")
    assert rated.city.counts.closed == sum(row.counts.closed for row in rated.rows)


def test_what_was_recorded_later_was_not_known(tmp_path: Path) -> None:
    target = MARCH + 24 * HOUR
    before = Case(
        case_id="c1", area="Haidian", received_at=MARCH + HOUR, target_at=target, dispatched_at=MARCH + HOUR, seq=1
    )
    after = Case(
        case_id="c1",
        area="Xicheng",
        received_at=MARCH + HOUR,
        target_at=target,
        dispatched_at=MARCH + HOUR,
        closed_at=NOW + HOUR,
        seq=2,
    )
    with _archived(tmp_path, (NOW - HOUR, [before]), (NOW + HOUR, [after])) as view:
        known, _ = count_duties(view, RULES, MARCH, APRIL, NOW)
        later, _ = count_duties(view, RULES, MARCH, APRIL, NOW + 2 * HOUR)
    assert {area: counts.closed for area, counts in known.items()} == {"Haidian": 0}
    assert {area: counts.closed for area, counts in later.items()} == {"Xicheng": 1}
