"""The miss forecast tried on recorded cases: learnt up to a day, then asked at instants of the weeks after it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple
from zoneinfo import ZoneInfo

import numpy as np

from hotline.forecast.columns import HOUR_S, Columns, Floats, Told, columns
from hotline.forecast.model import MissModel, learn, open_at
from hotline.forecast.rule import Rule
from hotline.forecast.scores import Scores, scores
from streams.feeds.answers import answers
from streams.feeds.preset import Preset, load_preset
from streams.feeds.records import Rank, Rejected

DATA = Path(__file__).resolve().parents[2] / "shared" / "data"
BOSTON = DATA / "service_requests" / "boston_311_2011-07_2011-10.csv.gz"
PRESET = "boston-311"
SOON_H = (4, 24, 30 * 24)
LOOKED_AT_H = (3, 9, 15, 21)  # local


class Part(NamedTuple):
    """Scores of one choice of forecasts: the model, the rule as it stands, and the rule put right on training weeks."""

    name: str
    cases: int
    model: Scores
    rule: Scores
    rule_fitted: Scores


class Trial(NamedTuple):
    """What a trial found. `learnt`: closed cases behind the model; `until`: the instant nothing later was known of."""

    learnt: int
    until: datetime
    instants: int
    parts: tuple[Part, ...]


def read_told(path: Path, preset: Preset, progress: Callable[[float], None]) -> list[Told]:
    """Cases of a recorded file with a deadline. Raises FeedError for another file."""
    found = []
    for answer in answers(path, preset, progress):
        if isinstance(answer, Rejected):
            continue
        receipt = next(entry for entry in answer if entry.rank is Rank.RECEIVED)
        said = receipt.envelope.data
        if not said.get("target_at"):
            continue
        closing = [e.occurred_at.timestamp() for e in answer if e.envelope.type == "case.closed"]
        found.append(
            Told(
                receipt.record,
                receipt.occurred_at.timestamp(),
                _instant(said["target_at"]),
                min(closing, default=np.inf),
                str(said.get("grade") or ""),
                str(said.get("category") or ""),
                str(said.get("subcategory") or ""),
                str(said.get("area") or ""),
            )
        )
    return found


def _instant(value: datetime | str) -> float:
    return (value if isinstance(value, datetime) else datetime.fromisoformat(value)).timestamp()


def boston(quick: bool, progress: Callable[[float], None]) -> Trial | None:
    """Learnt from July to September 2011, asked in October (`quick`: once a day in its first half); None without the
    file."""
    if not BOSTON.exists():
        return None
    preset = load_preset(PRESET)
    zone = ZoneInfo(preset.zone)
    days = 14 if quick else 31
    hours = (9,) if quick else LOOKED_AT_H
    first = datetime(2011, 10, 1, tzinfo=zone)
    instants = [first + timedelta(days=day, hours=hour) for day in range(days) for hour in hours]
    return trial(columns(read_told(BOSTON, preset, progress)), first.astimezone(UTC), instants, preset.zone)


def trial(cases: Columns, until: datetime, instants: Sequence[datetime], zone: str) -> Trial:
    """Learn from what was known at `until`; ask at each instant of the cases open then; compare with what came.

    Raises ValueError when there is too little to learn from.
    """
    model = learn(cases, float(cases.received.min()), until.timestamp(), zone)
    if model is None:
        raise ValueError("too few closed cases to learn from")
    return trial_of(model, cases, [instant.timestamp() for instant in instants], until)


def trial_of(model: MissModel, cases: Columns, instants: Sequence[float], until: datetime) -> Trial:
    """The scores of a model that was learnt before the first instant."""
    fitted = _fitted_rule(model.rule, cases.known_at(model.learnt_at), model.learnt_at)
    which, left, said, ruled, missed = (
        np.concatenate(each) for each in zip(*_asked(model, cases, instants), strict=True)
    )
    parts = []
    for name, mine in _choices(left):
        if mine.any():
            told = (said[mine], ruled[mine], fitted(ruled[mine]))
            found = [scores(each, missed[mine]) for each in told]
            parts.append(Part(name, len(np.unique(which[mine])), *found))
    return Trial(model.n, until, len(instants), tuple(parts))


def _choices(left: Floats) -> Iterator[tuple[str, np.ndarray]]:
    yield "every open case", np.ones(len(left), dtype=bool)
    for hours in reversed(SOON_H):
        yield f"due within {hours} h" if hours <= 24 else f"due within {hours // 24} days", left <= hours * HOUR_S


def _asked(model: MissModel, cases: Columns, instants: Sequence[float]) -> Iterator[tuple[np.ndarray, ...]]:
    """Per instant: which cases, seconds left, the model's chances, the rule's, and whether they missed in the end."""
    for at in instants:
        mine = np.flatnonzero(open_at(cases, at))
        seen = cases.taken(mine)
        known = seen._replace(closed=np.full(len(mine), np.inf))  # as known then: all of them open
        yield mine, seen.target - at, model.chances(known, at), model.rule.chances(known, at), seen.closed > seen.target


def _fitted_rule(rule: Rule, past: Columns, at: float) -> Callable[[Floats], Floats]:
    """The rule's answers replaced by the share that missed among such answers in the last weeks of learning."""
    told, missed = [], []
    for instant in np.arange(at - 30 * 24 * HOUR_S, at, 13 * HOUR_S):
        mine = past.taken(open_at(past, instant) & (past.target <= at))
        told.append(rule.chances(mine, float(instant)))
        missed.append(mine.closed > mine.target)
    answers, came = np.concatenate(told), np.concatenate(missed)
    edges = np.unique(np.quantile(answers, np.linspace(0, 1, 21))) if len(answers) else np.array([0.0, 1.0])
    slot = np.clip(np.searchsorted(edges, answers, side="right") - 1, 0, len(edges) - 1)
    share = (np.bincount(slot, came, len(edges)) + came.mean()) / (np.bincount(slot, minlength=len(edges)) + 1)
    return lambda asked: share[np.clip(np.searchsorted(edges, asked, side="right") - 1, 0, len(edges) - 1)]
