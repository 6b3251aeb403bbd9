"""What comes in at a desk: radio by the command line, calls by the form, alarms by line and sound."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from tests.browser.desks import READY, sign_in
from tests.browser.staged import Staged, receive

pytestmark = [pytest.mark.browser, pytest.mark.thorough]

QUEUE = {
    "I-1042": {
        **{"id": "I-1042", "kind": "structure_fire", "priority": 1, "stage": "dispatched", "status": "open"},
        **{"area": "Chaoyang", "lat": 39.93, "lng": 116.45, "placed": "point", "received_at": "now-300"},
        **{"units": [{"id": "E39", "status": "en-route", "at": "now-60"}], "rank": [2, 1, "a"], "why": ["working"]},
        **{"members": 1, "links": [], "notes": 0, "version": 7, "agencies": {}, "exercise": False},
    },
    "I-1043": {
        **{"id": "I-1043", "kind": "medical_stroke", "priority": 2, "stage": "received", "status": "open"},
        **{"area": "Haidian", "lat": 39.98, "lng": 116.3, "placed": "point", "received_at": "now-40"},
        **{"units": [], "rank": [1, 2, "b"], "why": ["unassigned"], "members": 1, "links": [], "notes": 0},
        **{"version": 8, "agencies": {}, "exercise": False},
    },
}
ROSTER = {
    "E39": {
        **{"id": "E39", "kind": "engine", "station": "9", "agency": "119", "status": "en-route", "status_at": "now-60"},
        **{"incidents": ["I-1042"], "stacked": [], "capabilities": ["pump"], "distress": False, "version": 5},
    },
    "A001": {
        **{"id": "A001", "kind": "ambulance", "station": "1", "agency": "120", "status": "available"},
        **{"status_at": "now-600", "incidents": [], "stacked": [], "capabilities": [], "version": 3},
    },
}
XIDAN: dict[str, Any] = {
    **{"id": "landmark:xidan", "name": "Xidan", "kind": "landmark", "lat": 39.9085, "lng": 116.3725},
    **{"area": "Xicheng", "precision_m": 300},
}
XIZHIMEN = XIDAN | {"id": "landmark:xizhimen", "name": "Xizhimen", "lat": 39.94, "lng": 116.355}
PLAYED = "() => hexwatch.desk.sound.speaker.played.map(([name]) => name)"


def alarm(id_: str, **more: Any) -> dict[str, Any]:
    return {
        **{
            "id": id_,
            "kind": "new",
            "severity": 1,
            "subject": "incident:I-1043",
            "area": "Haidian",
            "owner": "Haidian",
        },
        **{"at": "now-20", "state_at": "now-20", "state": "sounding", "action": "assign", "clears": "assigned-or-over"},
        **{"by": "", "until": None, "reason": "", "count": 1, "members": ["incident:I-1043"], "escalated": False},
        **{"may_be_shelved": True, "rank": [1, 1, 2, "a"], "version": 1},
        **more,
    }


class Desk:
    """A desk whose requests are answered by the test; `sent` is what it asked for."""

    def __init__(self, page: Any, base: str, query: str = "", alarms: dict[str, Any] | None = None, **topics: Any):
        self.page, self.refuse = page, ""
        self.sent: list[dict[str, Any]] = []
        self.near: list[dict[str, Any]] = []
        staged = {"queue": QUEUE, "roster": ROSTER, "alarms": alarms or {}, "tasks": {}} | topics
        self.staged = Staged(page, staged)
        page.route("**/api/v1/requests", self._request)
        page.route("**/api/v1/places?*", self._places)
        page.route("**/api/v1/nearby?*", lambda route: _json(route, {"nearby": self.near}))
        sign_in(page, base, query=query)

    def _request(self, route: Any) -> None:
        body = json.loads(route.request.post_data)
        request_id = body.pop("request_id")
        self.sent.append(body)
        if self.refuse:
            return _json(route, {"request_id": request_id, "outcome": "refused", "reason": self.refuse}, 409)
        detail = {"incident_id": "N-1"} if body["verb"] == "create_incident" else {}
        return _json(route, {"request_id": request_id, "outcome": "done", "seq": 9, "detail": detail})

    def _places(self, route: Any) -> None:
        asked = re.search(r"[?&]q=([^&]*)", route.request.url)
        q = asked[1].lower() if asked else ""
        found = [place for place in (XIDAN, XIZHIMEN) if str(place["name"]).lower().startswith(q)]
        why = {place["id"]: ["exact"] if str(place["name"]).lower() == q else ["prefix"] for place in found}
        _json(route, {"q": q, "places": [place | {"why": why[place["id"]]} for place in found]})

    def command(self, text: str) -> str:
        """Type a line; what the echo says."""
        self.page.keyboard.press(";")
        self.page.keyboard.type(text)
        return self.echo()

    def echo(self) -> str:
        text: str = self.page.locator("[data-command-part=echo]").inner_text()
        return text.replace("\u2066", "").replace("\u2069", "")

    def wait_sent(self, n: int) -> list[dict[str, Any]]:
        wait_for(self.page, lambda: len(self.sent) >= n)
        return self.sent


def _json(route: Any, body: Any, status: int = 200) -> None:
    route.fulfill(status=status, content_type="application/json", body=json.dumps(body))


def wait_for(page: Any, true: Any) -> None:
    """Until something that the test itself counts is so; the page's own events are handled meanwhile."""
    page.wait_for_function("() => new Promise((done) => requestAnimationFrame(() => done(true)))")
    for _ in range(400):
        if true():
            return
        page.wait_for_function("() => new Promise((done) => setTimeout(() => done(true), 25))")
    raise AssertionError("it never came")


# the command line


def test_what_radio_brings_is_said_in_words_before_enter_and_sent_once(page: Any, live_demo: str) -> None:
    desk = Desk(page, live_demo)
    echo = desk.command("e39 os")
    assert echo == "E39 is on scene at Building fire, Chaoyang (I-1042) · now"
    page.keyboard.press("Enter")
    assert desk.wait_sent(1) == [{"verb": "report", "unit_id": "E39", "incident_id": "I-1042", "status": "on-scene"}]
    assert not page.locator("[data-command-part=line]").is_visible()


def test_an_act_done_on_paper_is_entered_with_its_own_time(page: Any, live_demo: str) -> None:
    desk = Desk(page, live_demo)
    echo = desk.command("e39 os @-5")
    assert re.search(r"at \d\d:\d\d:\d\d, 5 min ago, entered later$", echo)
    page.keyboard.press("Enter")
    now = page.evaluate("() => hexwatch.desk.store.now()")
    at = page.evaluate("(iso) => Date.parse(iso)", desk.wait_sent(1)[0]["at"])
    assert 299_000 < now - at < 320_000


def test_a_busy_unit_is_diverted_and_the_line_says_so_first(page: Any, live_demo: str) -> None:
    desk = Desk(page, live_demo)
    assert desk.command("E39 > 1043").startswith("DIVERT E39 from Building fire, Chaoyang (I-1042) to Stroke, Haidian")
    page.keyboard.press("Escape")
    assert desk.command("A1 > 1043").startswith("Send A001 to Stroke, Haidian (I-1043)")
    page.keyboard.press("Enter")
    assert desk.wait_sent(1)[0]["verb"] == "dispatch"


def test_what_is_not_understood_is_not_sent_and_says_what_is_expected(page: Any, live_demo: str) -> None:
    desk = Desk(page, live_demo)
    assert desk.command("Q99 os") == "Q99 is no unit and no open incident. Expected: a unit, an incident, new or undo."
    page.keyboard.press("Enter")
    assert page.locator("[data-command-part=line]").is_visible()
    assert desk.sent == []


def test_tab_completes_and_the_help_has_a_row_for_every_word(page: Any, live_demo: str) -> None:
    desk = Desk(page, live_demo)
    desk.command("e")
    page.keyboard.press("Tab")
    assert page.locator("[data-command-part=line] input").input_value() == "E39 "
    page.locator("[data-command-part=line] input").fill("?")
    rows = page.locator("[data-command-part=help] tr")
    assert rows.count() == page.evaluate("() => hexwatch.GRAMMAR.length") > 30
    assert not [text for text in rows.all_inner_texts() if "command." in text]


def test_an_input_method_keeps_its_enter(page: Any, live_demo: str) -> None:
    """Enter that ends a composition chooses characters; it sends nothing."""
    desk = Desk(page, live_demo, "?lang=zh_CN")
    desk.command("1042 n 楼顶有烟")
    script = """(how) => document.activeElement.dispatchEvent(new KeyboardEvent("keydown", how))"""
    page.evaluate(script, {"key": "Enter", "isComposing": True, "bubbles": True, "cancelable": True})
    assert page.locator("[data-command-part=line]").is_visible()
    assert desk.sent == []
    page.keyboard.press("Enter")
    assert desk.wait_sent(1) == [{"verb": "note", "incident_id": "I-1042", "text": "楼顶有烟"}]


def test_arabic_operators_type_the_same_codes_and_the_line_stays_left_to_right(page: Any, live_demo: str) -> None:
    desk = Desk(page, live_demo, "?lang=ar")
    page.keyboard.press(";")
    page.locator("[data-command-part=line] input").fill("ث39 خس")
    assert "E39" in desk.echo()
    assert page.evaluate("() => [document.dir, getComputedStyle(document.activeElement).direction]") == ["rtl", "ltr"]
    page.keyboard.press("Enter")
    assert desk.wait_sent(1)[0]["status"] == "on-scene"


def test_a_place_in_a_line_is_looked_up_before_it_is_asked_for(page: Any, live_demo: str) -> None:
    desk = Desk(page, live_demo)
    desk.command("new structure_fire p1 xi: smoke")
    page.locator("[data-command-part=offers] li").nth(1).wait_for()
    assert "choose with" in desk.echo()
    page.locator("[data-command-part=line] input").fill("1042 loc xi")
    page.locator("[data-command-part=offers] li").nth(1).wait_for()
    page.keyboard.press("Enter")
    assert desk.sent == [], "a correction would trade the position for words"
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.keyboard.press("Enter")
    place = {"lat": XIDAN["lat"], "lng": XIDAN["lng"], "address": "xi", "area": "Xicheng"}
    assert desk.wait_sent(1) == [{"verb": "relocate", "incident_id": "I-1042"} | place]


# new incidents


def test_the_first_field_saves_and_the_others_correct(page: Any, live_demo: str) -> None:
    desk = Desk(page, live_demo)
    page.keyboard.press("c")
    page.keyboard.type("structure_fire")
    page.keyboard.press("Enter")
    assert desk.wait_sent(1) == [{"verb": "create_incident", "kind": "structure_fire", "priority": 2}]
    page.locator("[data-new=state][data-state=saved]").wait_for()
    assert "UNLOCATED" in page.locator("[data-new=state]").inner_text()
    page.locator("[data-newcall] [data-priority='1']").click()
    assert desk.wait_sent(2)[1] == {"verb": "triage", "incident_id": "N-1", "priority": 1}
    page.locator("[data-newcall] [data-field=place] input").fill("xidan")
    page.keyboard.press("Enter")
    placed = {"lat": XIDAN["lat"], "lng": XIDAN["lng"], "area": "Xicheng", "address": "xidan"}
    assert desk.wait_sent(3)[2] == {"verb": "relocate", "incident_id": "N-1"} | placed
    page.locator("[data-newcall] [data-field=phone] input").fill("010 5550")
    page.keyboard.press("Control+Enter")
    assert desk.wait_sent(4)[3] == {"verb": "note", "incident_id": "N-1", "text": "Call-back number: 010 5550"}
    page.wait_for_function("() => hexwatch.desk.store.selected() === 'N-1'")


def test_a_place_that_nobody_knows_is_no_reason_not_to_save(page: Any, live_demo: str) -> None:
    desk = Desk(page, live_demo)
    page.keyboard.press("c")
    page.locator("[data-newcall] [data-field=place] input").fill("by the old bridge")
    page.keyboard.press("Enter")
    assert desk.wait_sent(1) == [{"verb": "create_incident", "priority": 2, "address": "by the old bridge"}]


def test_one_key_makes_it_a_further_caller_of_what_is_known(page: Any, live_demo: str) -> None:
    desk = Desk(page, live_demo)
    desk.near = [
        {"type": "incident", "id": "I-1042", "kind": "structure_fire", "priority": 1, "distance_m": 40, "age_s": 300}
    ]
    page.keyboard.press("c")
    page.locator("[data-newcall] [data-field=place] input").fill("39.93, 116.45")
    page.locator("[data-newcall] [data-field=place] input").fill("xidan")
    page.keyboard.press("Enter")
    page.locator("[data-new=near-box]").wait_for()
    assert "40 m away" in page.locator("[data-new=near]").inner_text()
    page.keyboard.press("Alt+1")
    assert desk.wait_sent(2)[1] == {
        **{"verb": "merge", "incident_id": "N-1", "into": "I-1042", "reason": "A further caller"}
    }
    page.wait_for_function("() => hexwatch.desk.store.selected() === 'I-1042'")
    assert not page.locator("[data-newcall]").is_visible()


def test_what_was_not_saved_says_so_and_can_be_saved_again(page: Any, live_demo: str) -> None:
    desk = Desk(page, live_demo)
    desk.refuse = "the engine says no"
    page.keyboard.press("c")
    page.keyboard.type("structure_fire")
    page.keyboard.press("Enter")
    page.locator("[data-new=state][data-state=failed]").wait_for()
    assert "NOT SAVED: the engine says no" in page.locator("[data-new=state]").inner_text()
    desk.refuse = ""
    page.locator("[data-new=again]").click()
    page.locator("[data-new=state][data-state=saved]").wait_for()
    assert [one["verb"] for one in desk.sent] == ["create_incident", "create_incident"]


def test_a_correction_changes_only_what_was_corrected(page: Any, live_demo: str) -> None:
    desk = Desk(page, live_demo)
    page.evaluate("() => hexwatch.desk.store.select('I-1043')")
    page.locator("[data-correct]").click()
    field = page.locator("[data-newcall] [data-field=place] input")
    assert field.input_value() == "39.98000, 116.30000"
    field.fill("nowhere at all")
    page.keyboard.press("Enter")
    page.locator("[data-new=state][data-state=failed]").wait_for()
    field.fill("xidan")
    page.keyboard.press("Enter")
    assert desk.wait_sent(1)[0]["verb"] == "relocate"
    assert (desk.sent[0]["lat"], desk.sent[0]["incident_id"]) == (XIDAN["lat"], "I-1043")
    page.keyboard.press("Control+Enter")
    assert page.evaluate("() => hexwatch.desk.store.selected()") == "I-1043"


# alarms


def test_an_alarm_says_whose_it_is_and_what_is_expected_and_one_key_acknowledges_it(page: Any, live_demo: str) -> None:
    desk = Desk(page, live_demo, alarms={"a1": alarm("a1")})
    line = page.locator(".alarm-line")
    line.wait_for()
    said = line.inner_text().replace("\u2066", "").replace("\u2069", "")
    for words in ("New incident: Stroke I-1043, Haidian", "assign units", "owner: Haidian"):
        assert words in said
    page.keyboard.press("a")
    assert desk.wait_sent(1) == [{"verb": "ack_alarm", "alarm_id": "a1"}]


def test_the_rate_stands_in_the_header_against_the_guidance(page: Any, live_demo: str) -> None:
    Desk(page, live_demo, alarms={f"a{n}": alarm(f"a{n}") for n in range(3)})
    rate = page.locator("[data-alarm-rate]")
    page.wait_for_function("() => document.querySelector('[data-alarm-rate]').dataset.level === 'many'")
    assert rate.inner_text() == "alarms 3/10 min"


def test_a_crew_in_distress_stands_first_and_cannot_be_shelved(page: Any, live_demo: str) -> None:
    distress = {"kind": "distress", "subject": "unit:E39", "may_be_shelved": False, "rank": [0, 1, 0, "z"]}
    Desk(page, live_demo, alarms={"a1": alarm("a1"), "d1": alarm("d1", **distress, action="answer-distress")})
    page.locator(".alarms.distress .alarm-line").wait_for()
    assert "CREW IN DISTRESS" in page.locator("[data-alarm=text]").inner_text()
    assert not page.locator("[data-alarm=shelve]").is_visible()
    page.locator("[data-alarm=all]").click()
    rows = page.locator("[data-alarm=rows] tr")
    assert [rows.nth(n).locator("button", has_text="Shelve").count() for n in range(2)] == [0, 1]
    page.keyboard.press("Escape")
    assert not page.locator("[data-alarm=list]").is_visible()


def test_an_alarm_is_shelved_with_a_reason_and_a_time_to_come_back(page: Any, live_demo: str) -> None:
    desk = Desk(page, live_demo, alarms={"a1": alarm("a1", severity=2)})
    page.locator("[data-alarm=shelve]").click()
    page.get_by_role("button", name="15 min").click()
    assert desk.sent == [], "not without a reason"
    page.keyboard.type("crew is known to be well")
    page.get_by_role("button", name="15 min").click()
    [asked] = desk.wait_sent(1)
    now = page.evaluate("() => hexwatch.desk.store.now()")
    until = page.evaluate("(iso) => Date.parse(iso)", asked["until"])
    assert (asked["verb"], asked["reason"]) == ("shelve_alarm", "crew is known to be well")
    assert 870_000 < until - now < 901_000


def test_a_flood_is_one_line_and_an_escalation_says_so(page: Any, live_demo: str) -> None:
    many = alarm("f1", kind="unassigned", severity=2, count=12, escalated=True, area="Haidian")
    Desk(page, live_demo, alarms={"f1": many})
    line = page.locator(".alarm-line")
    line.wait_for()
    assert "Nobody sent: 12 in Haidian" in line.inner_text()
    assert "ESCALATED" in line.inner_text()


# sound


def test_a_new_priority_1_sounds_within_a_second_of_its_frame(page: Any, live_demo: str) -> None:
    Desk(page, live_demo)
    page.wait_for_function("() => hexwatch.desk.sound.state === 'on'")
    page.evaluate("() => { hexwatch.desk.sound.speaker.played = []; window.began = Date.now(); }")
    new = QUEUE["I-1043"] | {"id": "I-9", "priority": 1, "received_at": None}
    receive(page, queue={"set": {"I-9": new}})
    page.wait_for_function("() => hexwatch.desk.sound.speaker.played.length")
    name, at = page.evaluate("() => hexwatch.desk.sound.speaker.played[0]")
    assert name == "urgent"
    assert at - page.evaluate("() => began") < 1000


def test_an_acknowledgement_anywhere_silences_this_desk(page: Any, live_demo: str) -> None:
    Desk(page, live_demo, alarms={"a1": alarm("a1")})
    page.wait_for_function("() => hexwatch.desk.sound.sounding.heard.size === 1")
    receive(page, alarms={"set": {"a1": alarm("a1", state="acknowledged", by="somebody")}})
    page.wait_for_function("() => hexwatch.desk.sound.sounding.heard.size === 0")
    assert "acknowledged by somebody" in page.locator(".alarm-line").inner_text()


def test_one_window_of_a_desk_sounds_and_the_next_takes_over(page: Any, live_demo: str) -> None:
    Desk(page, live_demo)
    page.wait_for_function("() => hexwatch.desk.sound.state === 'on'")
    second = page.context.new_page()
    second.goto(f"{live_demo}/dispatch")
    second.wait_for_function(READY)
    assert second.evaluate("() => hexwatch.desk.sound.state") == "other"
    assert not second.locator("[data-sound=window]").is_visible()
    page.close()
    second.wait_for_function("() => hexwatch.desk.sound.isOurs", timeout=20_000)


def test_a_reloaded_desk_is_loudly_without_sound_until_somebody_acts(page: Any, live_demo: str) -> None:
    """Browsers let a page sound only after a key or a click; this one is made to keep to it."""
    page.add_init_script(
        """(() => {
          const Audio = window.AudioContext;
          let allowed = false;
          window.AudioContext = class extends Audio {
            get state() { return allowed ? "running" : "suspended"; }
            resume() { allowed = allowed || window.mayAct === true; return Promise.resolve(); }
          };
          window.addEventListener("pointerdown", () => (window.mayAct = true), { capture: true });
        })()"""
    )
    Desk(page, live_demo)
    page.wait_for_function("() => hexwatch.desk.sound.state === 'on'")
    page.reload()
    page.wait_for_function(READY)
    banner = page.locator("[data-sound=banner]")
    banner.wait_for()
    assert "SOUND OFF" in banner.inner_text()
    assert banner.bounding_box()["height"] >= 40
    banner.click()
    page.wait_for_function("() => hexwatch.desk.sound.state === 'on'")
    assert not banner.is_visible()


@pytest.mark.parametrize("lang", ["en", "zh_CN", "ar"])
def test_no_key_of_a_text_stands_in_place_of_its_words(page: Any, live_demo: str, lang: str) -> None:
    Desk(page, live_demo, f"?lang={lang}", alarms={"a1": alarm("a1")})
    page.keyboard.press("c")
    page.evaluate("() => { hexwatch.desk.alarmList.unfold(true); hexwatch.desk.command.open('?'); }")
    shown = page.locator(".desk").inner_text()
    assert re.findall(r"\b(?:command|new|alarm|sound|lock|task|sheet)\.[a-z_]+", shown) == []
