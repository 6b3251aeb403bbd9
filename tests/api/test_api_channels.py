"""The day of a channel in intervals: sums that reconcile, the variant named, peak and off-peak apart."""

from __future__ import annotations

from datetime import timedelta

from tests.api.conftest import Door


def test_intervals_add_up_and_the_variant_is_named(door: Door) -> None:
    city, now = door.city, door.city.wall.at
    for number, (ago_m, wait_s) in enumerate([(40, 5), (25, 60), (10, 8), (2, 9)]):
        at, call = now - timedelta(minutes=ago_m), f"K{number}"
        city.post("call.offered", at=at, source="phones", call_id=call, channel="phone")
        city.post("call.answered", at=at + timedelta(seconds=wait_s), source="phones", call_id=call, agent_id="a1")
    door.settle()
    said = {minutes: door.get(f"/channels?interval={minutes}").get_json() for minutes in (15, 30)}
    for minutes, body in said.items():
        phone = body["channels"]["phone"]
        assert body["interval"] == minutes
        assert sum(one["offered"] for one in phone["intervals"]) == 4
        apart = [phone[name] for name in ("peak", "off_peak") if name in phone]
        assert sum(one["offered"] for one in apart) == 4
        assert sum(one["service_level"]["n"] for one in apart) == 3
        assert body["variant"]["name"] == "removed"
        assert "abandoned_after_T" in body["variant"]["formula"]
    assert len(said[30]["channels"]["phone"]["intervals"]) < len(said[15]["channels"]["phone"]["intervals"])
    assert door.get("/channels?variant=offered").get_json()["variant"]["name"] == "offered"
    assert door.get("/channels?interval=20").status_code == 400
    assert door.get("/channels?channel=wechat").get_json()["channels"] == {}
