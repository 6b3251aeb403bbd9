"""A known matter: what callers may be told at once, where and until when, and which cases it fits."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

import h3
import msgspec

from geo.cells import cell_to_parent
from hotline.similar.text import Words, conflict, likeness, words_of
from streams.events import (
    MatterExpired,
    MatterMatched,
    MatterPayload,
    MatterPublished,
    MatterWithdrawn,
    Recording,
)

# Callers speak of a thing before the hotline knows that it is one: so long before it was published a case may be of it.
BEFORE = timedelta(hours=6)
KEEP_ENDED = timedelta(hours=26)
ALIKE = 0.3  # from this likeness on, words make up for another category
# A matter that names no language of the caller is told in the first of these that it has.
FALLBACKS = ("zh", "en")

_SAID = ("what", "until", "category", "areas", "cells", "scripts", "case_id")


class Matter(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One known matter as of `seq`. `scripts` by language tag; neither areas nor cells: it is the whole city's.

    `matched` counts the cases that came in while it was in force and fit it.
    """

    matter_id: str
    what: str = ""
    until: datetime | None = None
    category: str = ""
    areas: tuple[str, ...] = ()
    cells: tuple[str, ...] = ()
    scripts: dict[str, str] = {}
    case_id: str = ""
    published_at: datetime | None = None
    by: str = ""
    withdrawn_at: datetime | None = None
    reason: str = ""
    expired_at: datetime | None = None
    matched: int = 0
    told: int = 0  # facts that changed what it says
    seq: int = 0

    @property
    def ended_at(self) -> datetime | None:
        """When it was withdrawn or had passed, whichever came first."""
        return min((at for at in (self.withdrawn_at, self.expired_at) if at is not None), default=None)

    def is_in_force(self, now: datetime) -> bool:
        """Whether callers are told it at `now`: published, not withdrawn, `until` not passed."""
        if self.published_at is None or self.ended_at is not None or self.until is None:
            return False
        return now < self.until


class Described(msgspec.Struct, frozen=True, gc=False):
    """What a case says of itself, as far as a matter needs it. `cell` of resolution 9, or "" without location."""

    category: str
    cell: str
    area: str
    received_at: datetime
    text: str = ""


class Fit(msgspec.Struct, frozen=True):
    """Why a matter fits a case: `same_category`, `similar_words`; `in_cell`, `in_area`, `whole_city`."""

    matter_id: str
    why: tuple[str, ...]
    text_similarity: float | None = None  # None: the words cannot be compared, or nobody knows them


def fold_matter(matter: Matter | None, payload: MatterPayload, recording: Recording) -> Matter:
    """The matter after one fact, or the same object when the fact changes nothing."""
    known = matter or Matter(matter_id=payload.matter_id)
    if isinstance(payload, MatterPublished):
        return _published(known, payload, recording)
    if isinstance(payload, MatterMatched):
        return msgspec.structs.replace(known, matched=known.matched + 1, seq=recording.seq)
    if known.ended_at is not None:
        return known
    if isinstance(payload, MatterWithdrawn):
        return _ended(known, recording, withdrawn_at=recording.occurred_at, reason=payload.reason)
    return _ended(known, recording, expired_at=recording.occurred_at) if isinstance(payload, MatterExpired) else known


def _published(matter: Matter, payload: MatterPublished, recording: Recording) -> Matter:
    return msgspec.structs.replace(
        matter,
        **{name: getattr(payload, name) for name in _SAID},
        published_at=matter.published_at or recording.occurred_at,
        by=recording.by,
        withdrawn_at=None,
        reason="",
        expired_at=None,
        told=matter.told + 1,
        seq=recording.seq,
    )


def _ended(matter: Matter, recording: Recording, **how: Any) -> Matter:
    return msgspec.structs.replace(matter, **how, told=matter.told + 1, seq=recording.seq)


def matters_for(case: Described, matters: Iterable[Matter], now: datetime) -> list[Fit]:
    """The matters in force at `now` that the case may be about, those that share most with it first.

    Place and time must fit. Then the category decides, or words that are alike where the categories differ. A caller
    who says the opposite ("the water is back") is never told what is known of its absence.
    """
    here = [(matter, where) for matter in matters if (where := _applies(case, matter, now))]
    words = words_of(case.text) if here and case.text else None
    found = [fit for matter, where in here if (fit := _fit(case, words, matter, where)) is not None]
    return sorted(found, key=lambda fit: (-len(fit.why), -(fit.text_similarity or 0.0), fit.matter_id))


def _applies(case: Described, matter: Matter, now: datetime) -> str:
    """How place and time of a matter fit the case, "" when they do not."""
    if matter.published_at is None or not matter.is_in_force(now) or case.received_at < matter.published_at - BEFORE:
        return ""
    return _where(case, matter)


def _fit(case: Described, words: Words | None, matter: Matter, where: str) -> Fit | None:
    said = [_published_words(text) for text in (matter.what, *matter.scripts.values())] if words else []
    if words is not None and conflict(words, said[0]) == "opposite":
        return None
    alike = [a for other in said if words is not None and (a := likeness(words, other)) is not None]
    closest = max(alike, default=None)
    same = not matter.category or case.category == matter.category
    similar = closest is not None and closest >= ALIKE
    if not (same or similar):
        return None
    why = [*(["same_category"] if matter.category and same else []), *(["similar_words"] if similar else []), where]
    return Fit(matter.matter_id, tuple(why), None if closest is None else round(closest, 3))


@lru_cache(maxsize=256)
def _published_words(text: str) -> Words:
    """Of what people published only: few texts, and nobody's secret."""
    return words_of(text)


def _where(case: Described, matter: Matter) -> str:
    if not matter.areas and not matter.cells:
        return "whole_city"
    if case.cell and any(_is_within(case.cell, cell) for cell in matter.cells):
        return "in_cell"
    return "in_area" if case.area and case.area in matter.areas else ""


def _is_within(cell: str, outer: str) -> bool:
    resolution = h3.get_resolution(outer)
    return resolution <= h3.get_resolution(cell) and cell_to_parent(cell, resolution) == outer


def script_for(matter: Matter, language: str) -> tuple[str, str]:
    """(tag, words) to say to a caller who speaks `language`; ("", "") when nothing was written.

    `zh-Hans` is told `zh`; a language that the matter does not have, the first of `FALLBACKS` that it has.
    """
    wanted = (language, language.replace("_", "-").partition("-")[0], *FALLBACKS, *sorted(matter.scripts))
    return next(((tag, matter.scripts[tag]) for tag in wanted if matter.scripts.get(tag)), ("", ""))


def matter_view(matter: Matter) -> dict[str, Any]:
    """What topic `matters` says of a matter in force."""
    return {
        "id": matter.matter_id,
        "what": matter.what,
        "category": matter.category,
        "areas": matter.areas,
        "cells": matter.cells,
        "until": matter.until,
        "scripts": matter.scripts,
        "case_id": matter.case_id,
        "matched": matter.matched,
        "published_at": matter.published_at,
        "by": matter.by,
        "version": matter.seq,
    }


def matter_is_spent(matter: Matter, now: datetime) -> bool:
    """Whether it ended so long ago that it may leave memory."""
    return matter.ended_at is not None and now - matter.ended_at >= KEEP_ENDED
