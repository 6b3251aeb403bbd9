"""Cases in memory: counted by flag, by cell, and by what they are about."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import msgspec

from dashboard.engine.rooms.room import Room
from dashboard.engine.tally import Tally
from hotline.cases import (
    CASE_MEASURES,
    Case,
    case_flags,
    case_is_spent,
    case_next_change,
    fold_case,
    fold_touched_case,
)
from hotline.clusters import WINDOW_M, Report
from streams.events import CasePayload, CaseReceived, CaseResumed, Payload, Recording
from streams.keys import CLOSED_NOUNS

if TYPE_CHECKING:
    from dashboard.engine.state import State

CASE_MAPPED = ("received_1h", "received_24h", "open", "overdue", "due_4h")
CASE_SPLITS = {
    "received_today": ("channel", "category", "area"),
    "received_1h": ("category", "area"),
    "open": ("category", "area"),
    "overdue": ("area",),
}
# Longer than the longest local day (25 h): a closed case may leave memory when no count can need it.
KEEP_SPENT = timedelta(hours=26)
WATCHED = timedelta(minutes=WINDOW_M)


class CasesRoom(Room):
    entity = "case"
    noun = "cases"
    document = Case
    closed_noun = CLOSED_NOUNS[entity]

    documents: dict[str, Case]

    def __init__(self, state: State):
        super().__init__(state)
        self.tally = Tally(CASE_MEASURES, CASE_MAPPED, CASE_SPLITS, "category")
        self._woken: set[str] = set()  # cases whose pause has run out while no fact says so yet
        self._grave: dict[str, Report] = {}  # recent complaints of the categories that are watched for clusters

    def absorb(self, payload: CasePayload, recording: Recording) -> None:
        before = self.documents.get(payload.case_id)
        after = fold_case(before, payload, recording)
        if after is before or after is None:
            return
        self.put(before, after)
        if type(payload) is CaseReceived:
            self.state.totals["cases"] += 1
            self.state.hours.add(recording.at)
            self.state.splits.add(after.category, after.area, recording.at)

    def touch(self, case_id: str, payload: Payload, recording: Recording) -> None:
        """Fold one fact about a case that this one leads."""
        before = self.documents.get(case_id)
        after = fold_touched_case(before, payload, recording)
        if after is not None and after is not before:
            self.put(before, after)

    def put(self, before: Case | None, after: Case) -> None:
        self.documents[after.case_id] = after
        self.changed.add(after.case_id)
        self.state.number(after.cell)
        self._count(before, after)
        if after.paused_until is not None:
            self._watch_pause(after)
        if after.category in self.state.grave:
            self._remember_grave(after)
        elif before is not None and before.category in self.state.grave:
            self._grave.pop(after.case_id, None)

    def _remember_grave(self, case: Case) -> None:
        if case.received_at is None or case.kind != "complaint" or case.received_at < self.state.now - WATCHED:
            return
        self._grave[case.case_id] = Report(case.case_id, case.category, case.cell, case.area, case.received_at)

    def note_caller(self, case_id: str, phone: str) -> None:
        """One person who calls five times is no cluster. Only this memory knows the number, as a digest."""
        if (report := self._grave.get(case_id)) is not None:
            self._grave[case_id] = msgspec.structs.replace(report, caller=str(hash(phone)))

    def grave_reports(self) -> list[Report]:
        """Complaints of grave categories received in the window in which clusters are looked for."""
        start = self.state.now - WATCHED
        for key in [key for key, report in self._grave.items() if report.at < start]:
            del self._grave[key]
        return list(self._grave.values())

    def _count(self, before: Case | None, after: Case) -> None:
        state = self.state
        flags = case_flags(after, state.now, state.day_start)
        self.tally.move(after.case_id, before, after, flags)
        again = case_next_change(after, state.now, state.next_day, flags)
        if again is None and not flags and (over_at := after.over_at) is not None:
            again = max(over_at, after.received_at or over_at) + KEEP_SPENT
        self.set_timer(again, after.case_id)

    def wake(self, key: str) -> None:
        case = self.documents.get(key)
        if case is None:
            return
        state = self.state
        if case_is_spent(case, state.now, KEEP_SPENT) and not case_flags(case, state.now, state.day_start):
            self.tally.move(key, case, None, 0)
            self.leave(key)
            return
        self._count(case, case)
        if case.paused_until is not None:
            self._watch_pause(case)

    def _watch_pause(self, case: Case) -> None:
        """Know when the clock of a case goes on by itself."""
        if case.paused_until is not None and case.paused_until <= self.state.now:
            self._woken.add(case.case_id)
        else:
            self.set_timer(case.paused_until, case.case_id)

    def take_resumed(self) -> list[Payload]:
        """The facts that clocks go on, of the cases as they stand now: a pause that was prolonged is not over."""
        ids, self._woken = sorted(self._woken), set()
        known = (self.documents.get(case_id) for case_id in ids)
        return [
            CaseResumed(case_id=case.case_id)
            for case in known
            if case is not None and case.paused_until is not None and case.paused_until <= self.state.now
        ]
