"""Which situation a case is in, as the facts about situations say."""

from __future__ import annotations

from typing import Any

from streams.events import Payload, SituationExtended, SituationOpened, SituationReduced, SituationSplit

_JOINING = (SituationOpened, SituationExtended, SituationSplit)


def situated_cases(payload: Payload) -> tuple[str, ...]:
    """The cases that a fact about a situation takes into it, out of it, or back."""
    return payload.case_ids if isinstance(payload, (*_JOINING, SituationReduced)) else ()


def situated(situation_id: str, payload: Payload) -> dict[str, Any]:
    """What such a fact changes of a case in `situation_id` (or ""). It keeps the name of one that is closed."""
    if isinstance(payload, _JOINING) and payload.situation_id != situation_id:
        return {"situation_id": payload.situation_id}
    if isinstance(payload, SituationReduced) and payload.situation_id == situation_id:
        return {"situation_id": ""}
    return {}
