"""How likely two reports are one matter, from what both have in common: place, time, category and words.

`score = 1 / (1 + exp(-(BIAS + sum of WEIGHTS[f] * f)))` over these features, each 0 to 1:

    near     exp(-(metres / 200)^2)
    soon     exp(-hours / 24)
    category 1 when both have the same one; where words cannot be compared, the finer word must be the same as well
    words    likeness of the texts (`text.likeness`), full from 0.25 on; 0 where they cannot be compared
    foreign  1 where they cannot be compared: two scripts, or a report without words
    doubt    1 when only one of them was understood to say that something is wrong

The weights were fitted by logistic regression on generated pairs (`tests/support/similar_pairs.py`, the subjects set
aside for that) and tested on pairs of other subjects. Three things are no matter of weights. Beyond `WITHIN_M` or
`WITHIN`, or without a usable place, nothing is ever proposed: words alone never make two reports one. And what
contradicts (`text.conflict`), and what a person took apart, is held back with that reason, whatever the score.
"""

from __future__ import annotations

import math
from datetime import datetime, timedelta

import msgspec

from hotline.similar.mood import WRONG
from hotline.similar.place import ground_m
from hotline.similar.text import Words, conflict, likeness

WITHIN_M = 500.0
WITHIN = timedelta(hours=72)
LINKED = 0.5  # from this score on two reports lie together; more likely one matter than not
PROPOSED = 0.84  # from this score on one is proposed as a duplicate: nineteen of twenty were, on the fitted pairs
NEAR_M, SOON_H, ENOUGH_WORDS = 200.0, 24.0, 0.25
BIAS = -8.4
WEIGHTS = {"near": 3.46, "soon": 4.25, "category": 2.42, "words": 3.21, "foreign": 1.4, "doubt": -0.99}
APART = "apart"
SAME_PLACE_M, SAME_WORDS, SIMILAR_WORDS = 50.0, 0.5, 0.2  # for the reasons, in words, only


class Report(msgspec.Struct, frozen=True, gc=False):
    """One case as it is compared. `cell` is of resolution 9; empty, it is similar to nothing.

    `words` are the caller's; `finer` is the source's own word for what it is about, below its category; `apart` are
    cases of which somebody said that it is another matter.
    """

    case_id: str
    category: str
    cell: str
    lat: float
    lng: float
    at: datetime
    words: Words | None = None
    finer: str = ""
    area: str = ""
    language: str = ""
    is_open: bool = True
    apart: tuple[str, ...] = ()


class Evidence(msgspec.Struct, frozen=True, gc=False):
    """What two reports have in common. `case_id` is the other one, `guard` why it is not proposed after all; `unclear`:
    one of them may say that the matter is over, so that a person must read both before anybody calls them one.

    `minutes` counts from the other report to this one, negative when that came later; `text_similarity` is None where
    the words cannot be compared. `why`: same_place or near, same_hour or same_day, same_category, same_words or
    similar_words, other_language.
    """

    case_id: str
    score: float
    distance_m: int
    minutes: int
    text_similarity: float | None
    why: tuple[str, ...]
    guard: str = ""
    unclear: bool = False

    @property
    def is_linked(self) -> bool:
        return not self.guard and self.score >= LINKED

    @property
    def is_proposed(self) -> bool:
        return not (self.guard or self.unclear) and self.score >= PROPOSED


def compare(report: Report, other: Report, least: float = 0.0) -> Evidence | None:
    """The evidence that `other` is the same matter as `report`.

    None when place or time rule it out, or the score is below `least`.
    """
    if not report.cell or not other.cell:
        return None
    distance = ground_m(report.lat, report.lng, other.lat, other.lng)
    if distance > WITHIN_M or abs(age := report.at - other.at) > WITHIN:
        return None
    alike = likeness(report.words, other.words) if report.words and other.words else None
    # Rounded before anything is decided by it: what is shown as 0.5 is linked, wherever one asks.
    chance = round(score(features(report, other, distance, alike)), 3)
    if chance < least:
        return None
    return Evidence(
        case_id=other.case_id,
        score=chance,
        distance_m=round(distance),
        minutes=round(age.total_seconds() / 60),
        text_similarity=None if alike is None else round(alike, 3),
        why=_reasons(distance, age, report, other, alike),
        guard=_guard(report, other),
        unclear=any(one.words is not None and one.words.unclear for one in (report, other)),
    )


def _guard(report: Report, other: Report) -> str:
    """Why they are not proposed whatever the score, or "". What a person said of the two outweighs every word."""
    if other.case_id in report.apart or report.case_id in other.apart:
        return APART
    return conflict(report.words, other.words) if report.words and other.words else ""


def features(report: Report, other: Report, distance_m: float, alike: float | None) -> dict[str, float]:
    """The numbers that the score weighs, by name."""
    hours = abs((report.at - other.at).total_seconds()) / 3600
    wrong = sum(one.words is not None and one.words.mood == WRONG for one in (report, other))
    return {
        "near": math.exp(-((distance_m / NEAR_M) ** 2)),
        "soon": math.exp(-hours / SOON_H),
        "category": float(_is_same_kind(report, other, alike)),
        "words": min(1.0, (alike or 0.0) / ENOUGH_WORDS),
        "foreign": float(alike is None),
        "doubt": float(alike is not None and wrong == 1),
    }


def _is_same_kind(report: Report, other: Report, alike: float | None) -> bool:
    """A descriptor that two cases share is no more than a category; two that differ are two matters."""
    if report.category != other.category:
        return False
    return alike is not None or not (report.finer and other.finer) or report.finer == other.finer


def score(found: dict[str, float]) -> float:
    """0 to 1: the fitted chance that two reports with these features are one matter."""
    return 1 / (1 + math.exp(-(BIAS + sum(WEIGHTS[name] * value for name, value in found.items()))))


def _reasons(distance: float, age: timedelta, report: Report, other: Report, alike: float | None) -> tuple[str, ...]:
    apart = abs(age)
    said = {
        "same_place": distance <= SAME_PLACE_M,
        "near": distance > SAME_PLACE_M,
        "same_hour": apart <= timedelta(hours=1),
        "same_day": timedelta(hours=1) < apart <= timedelta(hours=24),
        "same_category": report.category == other.category,
        "same_words": alike is not None and alike >= SAME_WORDS,
        "similar_words": alike is not None and SIMILAR_WORDS <= alike < SAME_WORDS,
        "other_language": alike is None and report.language != other.language,
    }
    return tuple(code for code, is_so in said.items() if is_so)
