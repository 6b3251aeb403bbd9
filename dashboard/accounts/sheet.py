"""What a person at positions owns, read from what the engine committed: the incidents, and all that hangs on them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

import msgspec
import redis

from dashboard.accounts.floor_sheet import MATTERS, open_matters
from dashboard.accounts.handover import (
    DueCallback,
    OwnedIncident,
    RunningTimer,
    Sheet,
    ShelvedAlarm,
    UnitOut,
    WaitingCases,
)
from dashboard.accounts.positions import FLOOR, covers, read_holdings
from emergency.assignments import UNACKNOWLEDGED_AFTER
from streams.keys import Keys

TOPICS = ("queue", "roster", "alarms", "tasks")
WAITED_FOR = "offered"  # of a hand-over to another agency: no answer yet
UNHEARD = frozenset({"dispatched", "notified"})  # of a unit: not yet acknowledged
LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)

Rows = Mapping[str, Mapping[str, Any]]


def watched(keys: Keys) -> list[str]:
    """Keys that `compose` reads and whose change must be noticed; what moves all the time holds up nobody."""
    return [keys.view(topic) for topic in (*TOPICS, "situations") if topic != "roster"]


def owns_incidents(client: redis.Redis, keys: Keys, name: str) -> bool:
    """Whether somebody sits at a position that an open incident belongs to: such a person is not signed out."""
    holdings = read_holdings(client, keys)
    mine = [position for position, holding in holdings.items() if holding.name == name]
    return bool(mine) and bool(_owned(_rows(client, keys, "queue"), mine, holdings))


def compose(redis: Any, keys: Keys, sheet: Sheet, lists: tuple[WaitingCases, ...] = ()) -> Sheet:
    """The sheet with what is true now in place of what it listed; its giver, receiver and note stay.

    `lists` is how the hotline's lists stand, for whoever leads its floor.
    """
    if FLOOR in sheet.positions:
        matters = open_matters({topic: _rows(redis, keys, topic) for topic in MATTERS}, LONG_AGO)
        sheet = msgspec.structs.replace(sheet, lists=lists, matters=matters)
    queue, roster, alarms, tasks = (_rows(redis, keys, topic) for topic in TOPICS)
    held = read_holdings(redis, keys)
    owned = _owned(queue, sheet.positions, held)
    out = {unit: row for unit, row in roster.items() if owned.keys() & set(row.get("incidents") or ())}
    subjects = {f"incident:{i}" for i in owned} | {f"unit:{unit}" for unit in out}
    sectors = _sectors(alarms, sheet.positions, held)
    waiting = {i: row for i, row in tasks.items() if _is_ours(row, owned, sheet.giver)}
    return msgspec.structs.replace(
        sheet,
        incidents=tuple(_incident(i, row) for i, row in sorted(owned.items())),
        timers=tuple(sorted([*_incident_timers(owned), *_unit_timers(out)], key=lambda timer: timer.item_id)),
        shelved=tuple(_shelved(alarms, subjects, sectors)),
        units=tuple(_unit(unit, row, owned) for unit, row in sorted(out.items())),
        callbacks=tuple(_callback(i, row) for i, row in sorted(waiting.items())),
    )


def _sectors(alarms: Rows, positions: Iterable[str], held: Collection[str]) -> set[str]:
    """Owners of alarms (an alarm's is the sector where it is) that the positions cover."""
    owners = {row.get("owner") or "" for row in alarms.values()}
    return {owner for owner in owners if any(covers(position, owner, held) for position in positions)}


def _owned(queue: Rows, positions: Iterable[str], held: Collection[str]) -> dict[str, Mapping[str, Any]]:
    mine = tuple(positions)
    return {i: row for i, row in queue.items() if any(covers(p, row.get("area") or "", held) for p in mine)}


def _incident(incident_id: str, row: Mapping[str, Any]) -> OwnedIncident:
    return OwnedIncident(
        item_id=incident_id,
        kind=str(row.get("kind", "")),
        priority=int(row.get("priority", 2)),
        area=str(row.get("area") or ""),
        status=str(row.get("stage", "")),
        since=_instant(row.get("received_at")),
    )


def _incident_timers(owned: Rows) -> Iterable[RunningTimer]:
    """Other agencies that must answer, and the next report from a major incident."""
    for incident_id, row in owned.items():
        passing, major, subject = row.get("handover") or {}, row.get("major") or {}, f"incident:{incident_id}"
        if passing.get("due_at") and passing.get("state") == WAITED_FOR:
            due_at = _instant(passing["due_at"])
            yield RunningTimer(item_id=f"handover:{incident_id}", what="handover", subject=subject, due_at=due_at)
        if major.get("report_due_at"):
            due_at = _instant(major["report_due_at"])
            yield RunningTimer(item_id=f"report:{incident_id}", what="report", subject=subject, due_at=due_at)


def _unit_timers(out: Rows) -> Iterable[RunningTimer]:
    """Crews that must check in, and assignments that nobody has acknowledged yet."""
    for unit_id, row in out.items():
        subject = f"unit:{unit_id}"
        if row.get("check_in_due_at"):
            due_at = _instant(row["check_in_due_at"])
            yield RunningTimer(item_id=f"check-in:{unit_id}", what="check_in", subject=subject, due_at=due_at)
        if row.get("status") in UNHEARD:
            due_at = _instant(row.get("status_at"), LONG_AGO) + UNACKNOWLEDGED_AFTER
            yield RunningTimer(item_id=f"acknowledge:{unit_id}", what="acknowledge", subject=subject, due_at=due_at)


def _unit(unit_id: str, row: Mapping[str, Any], owned: Rows) -> UnitOut:
    incident_id = next(i for i in row["incidents"] if i in owned)
    return UnitOut(
        item_id=unit_id,
        status=str(row.get("status", "")),
        incident_id=incident_id,
        since=_instant(row.get("status_at")),
    )


def _shelved(alarms: Rows, subjects: Collection[str], sectors: Collection[str]) -> Iterable[ShelvedAlarm]:
    for alarm_id, row in sorted(alarms.items()):
        about = {row.get("subject"), *(row.get("members") or ())}
        is_ours = (row.get("owner") or "") in sectors or not about.isdisjoint(subjects)
        if row.get("state") == "shelved" and is_ours:
            yield ShelvedAlarm(
                item_id=alarm_id,
                what=str(row.get("kind", "")),
                subject=str(row.get("subject", "")),
                reason=str(row.get("reason") or ""),
                returns_at=_instant(row.get("until")),
            )


def _is_ours(task: Mapping[str, Any], owned: Rows, giver: str) -> bool:
    """A task that one has in hand, or of one's incident; what is nobody's goes with all, so that it is not lost."""
    owner, incident_id = task.get("owner") or "", task.get("incident_id") or ""
    return owner == giver or incident_id in owned or not (owner or incident_id)


def _callback(task_id: str, row: Mapping[str, Any]) -> DueCallback:
    return DueCallback(
        item_id=task_id,
        subject=f"call:{row.get('call_id') or ''}",
        reason=str(row.get("kind", "")),
        due_at=_instant(row.get("due_at") or row.get("at")),
    )


def _rows(redis: Any, keys: Keys, topic: str) -> dict[str, Mapping[str, Any]]:
    found = redis.hgetall(keys.view(topic))
    return {name.decode(): msgspec.json.decode(raw) for name, raw in found.items()}


def _instant(value: Any, otherwise: datetime = LONG_AGO) -> datetime:
    return msgspec.convert(value, datetime) if value else otherwise
