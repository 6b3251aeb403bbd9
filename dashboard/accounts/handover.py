"""The hand-over sheet: everything that must not be forgotten when a desk changes hands, and its acceptance.

A sheet is what was shown to the receiver. Accepting it moves the positions in one transaction; whoever owns a
position owns what the sheet lists, so nothing is ever owned by two or by nobody.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

import msgspec

from dashboard.accounts.audit import Actor, Record, Step
from dashboard.accounts.positions import NotYours, Positions, held_by
from streams.codec import encode

MOST_NOTE = 4_000
CALL = "call"


class Item(msgspec.Struct, frozen=True, kw_only=True):
    """One line of a sheet; `item_id` names the matter itself."""

    item_id: str


class OwnedIncident(Item, frozen=True, kw_only=True):
    """An incident that the giver owns."""

    kind: str
    priority: int
    area: str
    status: str
    since: datetime


class RunningTimer(Item, frozen=True, kw_only=True):
    """What will become due at `due_at`: an unacknowledged assignment, a crew's check-in, another agency's answer."""

    what: str
    subject: str
    due_at: datetime


class ShelvedAlarm(Item, frozen=True, kw_only=True):
    """An alarm that was put aside, why, and when it comes back."""

    what: str
    subject: str
    reason: str
    returns_at: datetime


class UnitOut(Item, frozen=True, kw_only=True):
    """A unit that is not at home."""

    status: str
    incident_id: str
    since: datetime


class DueCallback(Item, frozen=True, kw_only=True):
    """Somebody who waits to be called back; who it is stands with the incident or the call."""

    subject: str
    reason: str
    due_at: datetime


class WaitingCases(Item, frozen=True, kw_only=True):
    """How many cases of one unit ("" for none yet) stand in a work list of the hotline."""

    worklist: str
    unit: str
    n: int


Lists = Callable[[], tuple[WaitingCases, ...]]  # how the lists stand now


class OpenMatter(Item, frozen=True, kw_only=True):
    """What the hotline follows beyond single cases: a `situation`, a known `matter`, or a `call` that goes on.

    `item_id` is the kind with its own id, `state` the situation's state, the call's language, or empty.
    """

    kind: str
    title: str
    state: str
    area: str
    since: datetime


class Sheet(msgspec.Struct, frozen=True, kw_only=True):
    """All that passes from `giver` to a receiver, as of `made_at`. `receiver` empty: whoever comes."""

    sheet_id: str
    giver: str
    positions: tuple[str, ...]
    made_at: datetime
    receiver: str = ""
    incidents: tuple[OwnedIncident, ...] = ()
    timers: tuple[RunningTimer, ...] = ()
    shelved: tuple[ShelvedAlarm, ...] = ()
    units: tuple[UnitOut, ...] = ()
    callbacks: tuple[DueCallback, ...] = ()
    lists: tuple[WaitingCases, ...] = ()
    matters: tuple[OpenMatter, ...] = ()
    note: str = ""

    @property
    def digest(self) -> str:
        """Tells whether what was shown is what stands here.

        What moves by itself is no difference: the instant of writing, stages, timers, where crews are, how long lists
        are, who calls. A receiver who had to read each of those again would never be done.
        """
        settled = msgspec.structs.replace(
            self,
            made_at=datetime.min,
            incidents=tuple(msgspec.structs.replace(incident, status="") for incident in self.incidents),
            timers=(),
            units=(),
            lists=(),
            matters=tuple(matter for matter in self.matters if matter.kind != CALL),
        )
        return hashlib.sha256(encode(settled)).hexdigest()

    def counted(self) -> dict[str, int]:
        """How many lines of each kind, for the audit."""
        return {kind: len(getattr(self, kind)) for kind in KINDS}


SECTOR_KINDS = ("incidents", "timers", "shelved", "units", "callbacks")
KINDS = (*SECTOR_KINDS, "lists", "matters")


class Offer(msgspec.Struct, frozen=True, kw_only=True):
    """A sheet that waits to be accepted, or was."""

    sheet: Sheet
    accepted_by: str = ""
    accepted_at: datetime | None = None


class Changed(Exception):
    """The sheet is no longer what the receiver saw; `differences` says what is new, gone or different."""

    def __init__(self, differences: Sequence[str], sheet: Sheet) -> None:
        super().__init__("the sheet changed: " + "; ".join(differences))
        self.differences, self.sheet = tuple(differences), sheet


def differences(seen: Sheet, now: Sheet) -> list[str]:
    """What a receiver who saw `seen` does not know yet, line by line."""
    found = []
    for kind in KINDS:
        before = {item.item_id: item for item in getattr(seen, kind)}
        after = {item.item_id: item for item in getattr(now, kind)}
        found += [f"{kind}: {name} is new" for name in after if name not in before]
        found += [f"{kind}: {name} is gone" for name in before if name not in after]
        found += [f"{kind}: {name} changed" for name in after if name in before and after[name] != before[name]]
    if seen.positions != now.positions:
        found.append("positions: " + ", ".join(now.positions))
    if seen.note != now.note:
        found.append("note changed")
    return found


class HandOvers:
    """Sheets that are offered and accepted, one city's."""

    def __init__(self, positions: Positions) -> None:
        self.positions, self.audit = positions, positions.audit
        self._client: Any = self.audit.client
        self.key = self.audit.keys.of("handovers")

    def offer(self, by: Actor, sheet: Sheet) -> Sheet:
        """Lay a sheet ready, in place of an earlier one of the same id. Raises NotYours, also for a position that
        the giver does not have."""
        if sheet.giver != by.name or not sheet.positions or len(sheet.note) > MOST_NOTE:
            raise NotYours("a sheet names its giver and at least one position, and its note fits a page")

        def decide(redis: Any) -> Step[Sheet]:
            known = _read(redis.hget(self.key, sheet.sheet_id))
            if known and (known.accepted_by or known.sheet.giver != by.name):
                raise NotYours(f"sheet {sheet.sheet_id} is {known.accepted_by or known.sheet.giver}'s")
            for position in sheet.positions:
                held_by(by.name, redis.hget(self.positions.key, position), position)
            record = Record(by, "handover.offered", sheet.sheet_id, known and known.sheet.counted(), sheet.counted())
            return Step(sheet, [record], [self._kept(Offer(sheet=sheet))])

        return self.audit.commit(decide, self.key, self.positions.key)[0]

    def get(self, sheet_id: str) -> Offer | None:
        return _read(self._client.hget(self.key, sheet_id))

    def open(self) -> list[Sheet]:
        """Sheets that wait, the oldest first."""
        offers = [msgspec.json.decode(raw, type=Offer) for raw in self._client.hvals(self.key)]
        return sorted((o.sheet for o in offers if not o.accepted_by), key=lambda s: (s.made_at, s.sheet_id))

    def withdraw(self, by: Actor, sheet_id: str) -> None:
        """Take an offered sheet back. Raises NotYours."""

        def decide(redis: Any) -> Step[None]:
            offer = self._waiting(redis, sheet_id)
            if offer.sheet.giver != by.name:
                raise NotYours(f"sheet {sheet_id} is {offer.sheet.giver}'s")
            record = Record(by, "handover.withdrawn", sheet_id, offer.sheet.counted(), None)
            return Step(None, [record], [("HDEL", self.key, sheet_id)])

        self.audit.commit(decide, self.key)

    def accept(
        self,
        by: Actor,
        sheet_id: str,
        seen: Sheet,
        desk: str = "",
        compose: Callable[[Any, Sheet], Sheet] = lambda redis, sheet: sheet,
        *watched: str,
    ) -> Offer:
        """Take over all that the sheet lists, in one transaction: positions, sheet, audit.

        `seen` is the sheet as the receiver was shown it. `compose(redis, sheet)` writes the sheet anew from what is
        true now, and `watched` are the keys it reads; an acceptance of anything else raises Changed, and NotYours
        when the sheet is another's or the giver left.
        """

        def decide(redis: Any) -> Step[Offer]:
            offer = self._waiting(redis, sheet_id)
            if offer.sheet.receiver not in ("", by.name):
                raise NotYours(f"sheet {sheet_id} is for {offer.sheet.receiver}")
            now = compose(redis, offer.sheet)
            if now.digest != seen.digest:
                raise Changed(differences(seen, now) or ["who gives or receives"], now)
            _, records, writes = self.positions.passing(redis, now.giver, by, now.positions, desk)
            accepted = Offer(sheet=now, accepted_by=by.name, accepted_at=self.audit.now())
            record = Record(by, "handover.accepted", sheet_id, {"by": now.giver}, {"by": by.name} | now.counted())
            return Step(accepted, [record, *records], [*writes, self._kept(accepted)])

        return self.audit.commit(decide, self.key, self.positions.key, *watched)[0]

    def _waiting(self, redis: Any, sheet_id: str) -> Offer:
        offer = _read(redis.hget(self.key, sheet_id))
        if offer is None:
            raise NotYours(f"there is no sheet {sheet_id}")
        if offer.accepted_by:
            raise NotYours(f"{offer.accepted_by} has accepted sheet {sheet_id} already")
        return offer

    def _kept(self, offer: Offer) -> tuple[Any, ...]:
        return ("HSET", self.key, offer.sheet.sheet_id, encode(offer))


def _read(raw: bytes | None) -> Offer | None:
    return None if raw is None else msgspec.json.decode(raw, type=Offer)
