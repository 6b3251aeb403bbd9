"""The miss forecast of a running city: learnt once a day from the lists' file, kept beside it, asked by the API."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import gevent
import msgspec
import numpy as np
import structlog

from dashboard.blocking import run_blocking
from dashboard.local_files import OneHolder, replace_whole
from dashboard.settings import Settings
from hotline.cases import Case
from hotline.forecast.columns import HOUR_S, Columns, columns, told_of
from hotline.forecast.kept import from_bytes, to_bytes
from hotline.forecast.model import LEAST_CLOSED, LEAST_DAYS, MissModel, learn
from hotline.forecast.rule import Rule
from streams.reader import NotReady, Reader
from streams.reader_deadlines import newest_with_deadline
from streams.reader_schema import CASES

log = structlog.get_logger(__name__)

LOOK_S = 60.0
LEARNT_EVERY = timedelta(days=1)  # of the city's time
RESTED_S = 600.0  # at least, between two attempts: a replayed city lives a day in seconds
# The lists hold closed cases for sixteen days; half a day less is surely whole.
WATCHED_S = 15.5 * 86_400
MOST_LEARNT = 40_000  # the newest: one to two seconds of work, and handling as it is now
MOST_FOR_RULE = 3_000
MOST_DUE = 20_000
DIGITS = 4
COLD = f"cold start: nothing is learnt before {LEAST_CLOSED} closed cases of {LEAST_DAYS} days; this is the simple rule"
LEARNT = "chances, not certainties; deadlines further away than the learnt days are told less surely"
_decode = msgspec.json.Decoder(Case).decode


class Misses(NamedTuple):
    """Cases due in the asked hours: the most endangered first, with their chance; how many clocks stand still."""

    cases: tuple[tuple[Case, float, float], ...]  # (case, chance, chance by the rule)
    paused: int
    seq: int
    model: MissModel | None
    rule: Rule


@dataclass
class Forecaster:
    """One city's model, in a file that all web processes read and one of them writes."""

    reader: Reader
    path: Path
    zone: str
    monotonic: Callable[[], float] = time.monotonic
    _model: MissModel | None = None
    _stamp: int = -1
    _rule: tuple[float, Rule] | None = None
    _tried: float | None = None
    holder: OneHolder = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self.holder = OneHolder(self.path.with_suffix(".lock"))

    def model(self) -> MissModel | None:
        """The last one learnt by whichever process; None before there is any."""
        try:
            stamp = self.path.stat().st_mtime_ns
            if stamp != self._stamp:
                self._stamp = stamp
                self._model = from_bytes(self.path.read_bytes())
        except FileNotFoundError:
            self._model = None
        except (ValueError, OSError) as error:
            log.warning("the kept miss forecast is of no use; it is learnt again", reason=str(error))
            self._model = None
        return self._model

    def learn_due(self, now: datetime) -> bool:
        """Learn if the last time was a day ago; whether it was done. Raises NotReady."""
        model = self.model()
        if model is not None and 0 <= now.timestamp() - model.learnt_at < LEARNT_EVERY.total_seconds():
            return False
        if self._tried is not None and self.monotonic() - self._tried < RESTED_S:
            return False
        self._tried = self.monotonic()
        cases = self._columns(MOST_LEARNT)
        closed = cases.closed[np.isfinite(cases.closed)]
        if not len(closed):
            return False
        learnt = learn(cases, max(now.timestamp() - WATCHED_S, float(closed.min())), now.timestamp(), self.zone)
        if learnt is None:
            return False
        replace_whole(self.path, to_bytes(learnt))
        return True

    def rule(self) -> Rule:
        """The simple rule before anything is learnt, from the few closed cases there are; kept for some minutes."""
        if self._rule is None or self.monotonic() - self._rule[0] >= RESTED_S:
            self._rule = (self.monotonic(), Rule.learnt(self._columns(MOST_FOR_RULE)))
        return self._rule[1]

    def misses(self, now: datetime, hours: int, filters: dict[str, Any]) -> Misses:
        """The open cases due from now until `hours` later, with their chances. Raises NotReady, TooMany."""
        due = {"status": "open", "due_from": now, "due_before": now + timedelta(hours=hours)}
        docs, seq = self.reader.documents(CASES, due | filters, MOST_DUE)
        found = [_decode(doc) for doc in docs]
        running = [case for case in found if case.paused_at is None]
        model = self.model()
        rule = model.rule if model else self.rule()
        asked = columns(told for case in running if (told := told_of(case)))
        by_rule = rule.chances(asked, now.timestamp())
        chances = model.chances(asked, now.timestamp()) if model else by_rule
        usable = [case for case in running if (told := told_of(case)) and told.target > told.received]
        ranked = sorted(
            zip(usable, chances.tolist(), by_rule.tolist(), strict=True), key=lambda row: (-row[1], row[0].case_id)
        )
        return Misses(tuple(ranked), len(found) - len(running), seq, model, rule)

    def _columns(self, most: int) -> Columns:
        docs, _ = newest_with_deadline(self.reader, most)
        return columns(told for doc in docs if (told := told_of(_decode(doc))))


def forecaster_of(settings: Settings, reader: Reader, zone: str) -> Forecaster:
    """The one of a city, with its file in the data folder."""
    return Forecaster(reader, settings.data / f"misses-{settings.city}.model", zone)


def as_answer(found: Misses, now: datetime, hours: int, limit: int) -> dict[str, Any]:
    """What `GET /api/v1/forecast/misses` says."""
    cells: dict[str, float] = defaultdict(float)
    for case, chance, _ in found.cases:
        if case.cell:
            cells[case.cell] += chance
    return {
        "hours": hours,
        "now": now,
        "seq": found.seq,
        "due": len(found.cases),
        "expected": round(sum(chance for _, chance, _ in found.cases), DIGITS),
        "paused": found.paused,
        "cells": {cell: round(n, DIGITS) for cell, n in sorted(cells.items())},
        "rows": [_row(found, *told, now) for told in found.cases[:limit]],
        "model": _model(found.model),
    }


def _row(found: Misses, case: Case, chance: float, by_rule: float, now: datetime) -> dict[str, Any]:
    return {
        "case_id": case.case_id,
        "chance": round(chance, DIGITS),
        "by_rule": round(by_rule, DIGITS),
        "target_at": case.target_at,
        "category": case.category,
        "area": case.area,
        "owner": case.owner,
        "grade": case.grade,
        "stage": case.stage,
        "cell": case.cell,
        "why": _why(found, case, now),
    }


def _why(found: Misses, case: Case, now: datetime) -> list[dict[str, Any]]:
    """What spoke: the time left, its worked part, and how long such cases usually take."""
    told = told_of(case)
    if told is None:
        return []
    one, at = columns([told]), now.timestamp()
    why: list[dict[str, Any]] = [{"reason": "time_left", "hours": round(max(told.target - at, 0.0) / HOUR_S, 2)}]
    if found.model is not None:
        work = found.model.tables.work.at(np.array([at, told.target]))
        why.append({"reason": "worked_time_left", "hours": round(max(float(work[1] - work[0]), 0.0), 2)})
    usual = found.rule.usual_of([level[0] for level in one.groups])
    if usual is not None:
        why.append({"reason": "usual_time", "hours": round(usual[0], 2), "n": usual[1]})
    why.append({"reason": "age", "hours": round(max(at - told.received, 0.0) / HOUR_S, 2)})
    return why


def _model(model: MissModel | None) -> dict[str, Any]:
    if model is None:
        return {"learnt_at": None, "n": 0, "honest": COLD}
    said = {"learnt_at": datetime.fromtimestamp(model.learnt_at, UTC), "n": model.n, "honest": LEARNT}
    if model.check is None or model.rule_check is None:
        return said | {"brier": None, "baseline_brier": None, "auc": None, "baseline_auc": None, "checked_on": 0}
    return said | {
        "brier": round(model.check.brier, DIGITS),
        "baseline_brier": round(model.rule_check.brier, DIGITS),
        "auc": _number(model.check.auc),
        "baseline_auc": _number(model.rule_check.auc),
        "ece": round(model.check.ece, DIGITS),
        "checked_on": model.check.n,
    }


def _number(value: float) -> float | None:
    return None if np.isnan(value) else round(value, DIGITS)


def start_learning(forecaster: Forecaster, city_now: Callable[[], datetime | None]) -> None:
    """Begin to look from this process."""
    gevent.spawn(keep_learning, forecaster, city_now)


def keep_learning(
    forecaster: Forecaster, city_now: Callable[[], datetime | None], sleep: Callable[[float], None] = gevent.sleep
) -> None:
    """Look now and then, for as long as the process lives. Nothing ends it in silence."""
    while True:
        sleep(LOOK_S)
        try:
            now = city_now()
            if now is not None and forecaster.holder.claim() and run_blocking(forecaster.learn_due, now):
                log.info("miss forecast learnt", at=now.isoformat())
        except NotReady as error:
            log.debug("nothing to learn from yet", reason=str(error))
        except Exception:
            log.exception("the miss forecast was not learnt; the next look tries again")
