"""What people make of an early warning: see it, dismiss it, open a case before anybody complains, or a situation."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import msgspec

from dashboard.engine import warning_arguments as given
from dashboard.engine.request import Granted, Refused, Request
from dashboard.engine.situation_arguments import MOST_CASES
from dashboard.engine.verbs.reading import read, unchanged
from dashboard.engine.verbs.situations import open_situation
from hotline.grave_words import grave_words
from hotline.warned import Warned
from streams.events import (
    CaseReceived,
    SituationOpened,
    WarningAcknowledged,
    WarningCaseOpened,
    WarningDismissed,
    WarningSituationOpened,
)

if TYPE_CHECKING:
    from dashboard.engine.state import State

# By these a case that nobody complained of is told from the others, in lists and in figures.
PROACTIVE, CHANNEL = "proactive", "warning"


def acknowledge_warning(state: State, request: Request) -> Granted:
    """Say that it was seen and is looked after."""
    warning = _known(state, request, read(request, given.OfWarning).warning_id)
    if warning.acknowledged_at is not None:
        raise Refused(f"{warning.acknowledged_by} has acknowledged it", {"by": warning.acknowledged_by})
    return _granted(warning, WarningAcknowledged(warning_id=warning.warning_id))


def dismiss_warning(state: State, request: Request) -> Granted:
    """Say that nothing is to be done, and why; the reason is kept with the verdict."""
    asked = read(request, given.DismissWarning)
    warning = _known(state, request, asked.warning_id)
    return _granted(warning, WarningDismissed(warning_id=warning.warning_id, reason=asked.reason))


def warning_case(state: State, request: Request) -> Granted:
    """Open a case where the warning is, before anybody complains of it."""
    asked = read(request, given.WarningCase)
    warning = _known(state, request, asked.warning_id)
    category = asked.category or _category(warning)
    if not category:
        raise Refused("category: this warning has none of its own")
    case_id = _new_case_id(state)
    case = CaseReceived(
        case_id=case_id,
        kind=PROACTIVE,
        category=category,
        channel=CHANNEL,
        grade=asked.grade,
        lat=warning.lat,
        lng=warning.lng,
        area=warning.area,
        text=asked.text,
    )
    opened = WarningCaseOpened(warning_id=warning.warning_id, case_id=case_id)
    return _granted(warning, case, opened, case_id=case_id)


def warning_situation(state: State, request: Request) -> Granted:
    """Make the warning's cases one situation; cases that left the engine's memory are not in it."""
    asked = read(request, given.WarningSituation)
    warning = _known(state, request, asked.warning_id)
    if warning.situation_id:
        raise Refused(f"it is situation {warning.situation_id}", {"situation_id": warning.situation_id})
    free = [i for i in warning.case_ids if i in state.cases and not state.situation_room.of_case(i)][:MOST_CASES]
    if not free:
        raise Refused("none of its cases is known here and in no other situation")
    category = _category(warning)
    args: dict[str, Any] = {
        "title": asked.title or " · ".join(word for word in (category, warning.area) if word) or warning.warning_id,
        "category": category,
        "case_ids": free,
        "reason": asked.reason,
    }
    made = open_situation(state, msgspec.structs.replace(request, args=args, if_version=None))
    fact = next(fact for fact in made.facts if isinstance(fact, SituationOpened))
    opened = WarningSituationOpened(warning_id=warning.warning_id, situation_id=fact.situation_id)
    return _granted(warning, *made.facts, opened, situation_id=fact.situation_id)


def _granted(warning: Warned, *facts: Any, **told: Any) -> Granted:
    return Granted(list(facts), {"warning_id": warning.warning_id, **told})


def _known(state: State, request: Request, warning_id: str) -> Warned:
    """A warning that is open and not dismissed. Raises Refused."""
    warning: Warned | None = state.warning_room.documents.get(warning_id)
    if warning is None or warning.raised_at is None:
        raise Refused(f"warning {warning_id} is unknown")
    unchanged(request, warning.seq)
    if warning.dismissed_at is not None:
        raise Refused(f"{warning.dismissed_by} has dismissed it", {"by": warning.dismissed_by})
    if warning.closed_at is not None:
        raise Refused(f"warning {warning_id} is over", {"merged_into": warning.merged_into})
    return warning


def _category(warning: Warned) -> str:
    """Its category; of words, that of their theme."""
    return grave_words().categories.get(warning.said, "") if warning.said else warning.category


def _new_case_id(state: State) -> str:
    """The next number of the city's day among cases that nobody complained of."""
    day, n = f"P{state.now.astimezone(ZoneInfo(state.city.zone)):%y%m%d}", 1
    while f"{day}-{n:03d}" in state.cases or f"{day}-{n:03d}" in _opened(state):
        n += 1
    return f"{day}-{n:03d}"


def _opened(state: State) -> set[str]:
    """Also those that left memory: closed cases do, warnings stay for months."""
    return {case_id for warning in state.warning_room.documents.values() for case_id in warning.opened_cases}


WARNING_VERBS = {
    "acknowledge_warning": acknowledge_warning,
    "dismiss_warning": dismiss_warning,
    "warning_case": warning_case,
    "warning_situation": warning_situation,
}
