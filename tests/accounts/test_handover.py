"""The hand-over sheet: accepted as it was seen or not at all, once, by whom it is for."""

from __future__ import annotations

import contextlib
import threading
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.accounts.audit import Actor
from dashboard.accounts.handover import (
    KINDS,
    Changed,
    DueCallback,
    Offer,
    OpenMatter,
    OwnedIncident,
    RunningTimer,
    Sheet,
    ShelvedAlarm,
    UnitOut,
    WaitingCases,
    differences,
)
from dashboard.accounts.positions import NotYours
from streams.codec import encode
from tests.accounts.conftest import House
from tests.support.engines import NOON

LATER = NOON + timedelta(minutes=5)


def sheet(**changes: Any) -> Sheet:
    fields: dict[str, Any] = {
        "sheet_id": "s1",
        "giver": "ann",
        "positions": ("North",),
        "made_at": NOON,
        "incidents": (
            OwnedIncident(item_id="i1", kind="gas_leak", priority=1, area="North", status="on scene", since=NOON),
        ),
        "timers": (RunningTimer(item_id="t1", what="check_in", subject="E39", due_at=LATER),),
        "shelved": (ShelvedAlarm(item_id="a1", what="no_plan", subject="i1", reason="waits", returns_at=LATER),),
        "units": (UnitOut(item_id="E39", status="on_scene", incident_id="i1", since=NOON),),
        "callbacks": (DueCallback(item_id="k1", subject="call:7", reason="silent call", due_at=LATER),),
        "lists": (WaitingCases(item_id="overdue:gas", worklist="overdue", unit="gas", n=12),),
        "matters": (
            OpenMatter(item_id="situation:s1", kind="situation", title="Gas", state="open", area="North", since=NOON),
        ),
        "note": "the gate in 3rd Street is locked",
    }
    return Sheet(**(fields | changes))


def seated(house: House) -> tuple[Actor, Actor]:
    ann, bob = house.sit("ann"), house.sit("bob")
    house.accounts.positions.take(ann, "North", "D1")
    return ann, bob


def test_the_receiver_accepts_and_everything_moves_in_one_transaction(house: House) -> None:
    ann, bob = seated(house)
    hand_overs = house.accounts.hand_overs
    hand_overs.offer(ann, sheet())
    assert hand_overs.open() == [sheet()]
    accepted = hand_overs.accept(bob, "s1", seen=sheet(), desk="D2")
    assert (accepted.accepted_by, accepted.accepted_at) == ("bob", house.wall.at)
    assert house.accounts.positions.of("bob") == ["North"]
    assert (hand_overs.open(), hand_overs.get("s1")) == ([], accepted)
    assert house.acts()[-3:] == ["handover.offered", "handover.accepted", "position.handed_over"]
    entry = house.written()[-2]
    assert (entry.before, entry.after) == ({"by": "ann"}, {"by": "bob"} | dict.fromkeys(KINDS, 1))
    with pytest.raises(NotYours, match="bob has accepted"):
        hand_overs.accept(house.sit("eve"), "s1", seen=sheet())


def test_of_five_receivers_one_accepts(house: House) -> None:
    ann, _ = seated(house)
    receivers = [house.sit(f"person {n}") for n in range(5)]
    house.accounts.hand_overs.offer(ann, sheet())
    got: list[Offer] = []

    def accept(by: Actor) -> None:
        with contextlib.suppress(NotYours):
            got.append(house.accounts.hand_overs.accept(by, "s1", seen=sheet()))

    threads = [threading.Thread(target=accept, args=(by,)) for by in receivers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [offer.accepted_by for offer in got] == [house.accounts.positions.holdings()["North"].name]


def test_a_sheet_that_changed_since_it_was_seen_is_refused_with_what_changed(house: House) -> None:
    ann, bob = seated(house)
    house.accounts.hand_overs.offer(ann, sheet())
    late = OwnedIncident(item_id="i2", kind="smoke", priority=2, area="North", status="new", since=LATER)

    def as_it_is(redis: Any, offered: Sheet) -> Sheet:
        return msgspec.structs.replace(offered, incidents=(*offered.incidents, late), made_at=LATER)

    with pytest.raises(Changed, match="i2 is new") as refused:
        house.accounts.hand_overs.accept(bob, "s1", sheet(), "", as_it_is)
    assert house.accounts.positions.of("ann") == ["North"], "nothing moved"
    seen = refused.value.sheet
    assert house.accounts.hand_overs.accept(bob, "s1", seen, "", as_it_is).sheet == seen


def test_an_acceptance_is_decided_anew_when_a_watched_key_changes(house: House) -> None:
    ann, bob = seated(house)
    house.accounts.hand_overs.offer(ann, sheet())
    key = house.accounts.audit.keys.of("thing")
    looked: list[bytes | None] = []

    def as_it_is(redis: Any, offered: Sheet) -> Sheet:
        looked.append(redis.get(key))
        if len(looked) == 1:
            house.client.set(key, "an incident came")
        return offered if looked[-1] is None else msgspec.structs.replace(offered, note="new")

    with pytest.raises(Changed, match="note changed"):
        house.accounts.hand_overs.accept(bob, "s1", sheet(), "", as_it_is, key)
    assert house.accounts.positions.of("ann") == ["North"]


def test_a_sheet_is_the_givers_and_for_the_receiver(house: House) -> None:
    ann, bob = seated(house)
    eve, hand_overs = house.sit("eve"), house.accounts.hand_overs
    for wrong in (sheet(giver="bob"), sheet(positions=()), sheet(note="x" * 4_001)):
        with pytest.raises(NotYours):
            hand_overs.offer(ann, wrong)
    hand_overs.offer(ann, sheet(receiver="bob"))
    with pytest.raises(NotYours, match="is for bob"):
        hand_overs.accept(eve, "s1", sheet(receiver="bob"))
    with pytest.raises(NotYours, match="ann's"):
        hand_overs.offer(eve, sheet(giver="eve"))
    with pytest.raises(NotYours, match="ann's"):
        hand_overs.withdraw(eve, "s1")
    with pytest.raises(NotYours, match="no sheet"):
        hand_overs.accept(bob, "s2", sheet())
    hand_overs.withdraw(ann, "s1")
    assert hand_overs.open() == []
    with pytest.raises(NotYours, match="no sheet"):
        hand_overs.accept(bob, "s1", sheet(receiver="bob"))


def test_nobody_offers_what_another_or_nobody_looks_after(house: House) -> None:
    ann, bob = seated(house)
    hand_overs = house.accounts.hand_overs
    for by, positions, why in (
        (ann, ("North", "South"), "nobody is at South"),
        (bob, ("North",), "ann is at North, not bob"),
        (ann, ("hotline",), "nobody is at hotline"),
    ):
        before = house.acts()
        with pytest.raises(NotYours, match=why):
            hand_overs.offer(by, sheet(giver=by.name, positions=positions))
        assert (hand_overs.open(), house.acts()) == ([], before)
    house.accounts.positions.take(ann, "hotline")
    assert hand_overs.offer(ann, sheet(positions=("North", "hotline"))).positions == ("North", "hotline")


def test_what_the_giver_no_longer_has_does_not_pass(house: House) -> None:
    ann, bob = seated(house)
    house.accounts.hand_overs.offer(ann, sheet())
    house.accounts.positions.leave(ann, "North")
    with pytest.raises(NotYours, match="nobody is at North"):
        house.accounts.hand_overs.accept(bob, "s1", sheet())
    assert house.accounts.hand_overs.open() == [sheet()]


def test_a_sheet_is_the_same_after_its_way_through_json_and_at_another_minute() -> None:
    zoned = sheet(made_at=NOON.astimezone(ZoneInfo("Asia/Shanghai")))
    back = msgspec.json.decode(encode(zoned), type=Sheet)
    assert back.digest == zoned.digest == sheet(made_at=LATER).digest
    assert differences(sheet(), sheet(made_at=LATER)) == []


@given(st.data())
def test_any_difference_is_named_and_what_lasts_changes_the_digest(data: st.DataObject) -> None:
    old = sheet()
    kind = data.draw(st.sampled_from(KINDS))
    [item] = getattr(old, kind)
    other = msgspec.structs.replace(item, item_id="other")
    changed_field = next(f for f in item.__struct_fields__ if isinstance(getattr(item, f), str) and f != "item_id")
    changed = msgspec.structs.replace(item, **{changed_field: "something else"})
    items, told = data.draw(
        st.sampled_from(
            [
                ((), [f"{kind}: {item.item_id} is gone"]),
                ((item, other), [f"{kind}: other is new"]),
                ((changed,), [f"{kind}: {item.item_id} changed"]),
            ]
        )
    )
    new = msgspec.structs.replace(old, **{kind: items})
    assert differences(old, new) == told
    assert (new.digest == old.digest) == (kind in ("timers", "units", "lists")), "those move by themselves all the time"


def test_an_incidents_stage_is_no_reason_to_refuse_but_its_priority_is() -> None:
    [incident] = sheet().incidents
    further = sheet(incidents=(msgspec.structs.replace(incident, status="transporting"),))
    graver = sheet(incidents=(msgspec.structs.replace(incident, priority=2),))
    assert further.digest == sheet().digest != graver.digest
