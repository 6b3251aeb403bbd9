"""A dispatcher's stories on a real demo: the right unit, once, in three keystrokes."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import pytest

from tests.browser.desks import CHAOYANG, end_posted, incident, people, post_incident, request, sign_in, unique
from tests.support.demo import Demo
from tests.support.seconds import second_s

pytestmark = [pytest.mark.browser, pytest.mark.thorough]

ROW = '.queue-row[data-incident="{}"]'
SELECTED = "() => hexwatch.desk.store.selected()"
ROWS = "() => [...document.querySelectorAll('.queue-row')].map((row) => row.dataset.incident)"
HAS_RECOMMENDATION = (
    "(id) => hexwatch.desk.choice.answer?.incident_id === id && hexwatch.desk.choice.answer.picks.length > 0"
)
CHOSEN = "() => [...hexwatch.desk.choice.units]"
PRESS = """({ key, code, ...more }) => {
  const event = new KeyboardEvent("keydown", { key, code, bubbles: true, cancelable: true, ...more });
  (document.activeElement || document.body).dispatchEvent(event);
}"""


@pytest.fixture(autouse=True)
def clean() -> Iterator[None]:
    yield
    end_posted()


@pytest.fixture
def desk(page: Any, running_demo: Demo) -> Any:
    page.set_viewport_size({"width": 1366, "height": 768})
    return sign_in(page, running_demo.url, people(running_demo)[0])


@pytest.fixture
def other(browser: Any, running_demo: Demo) -> Iterator[Any]:
    """A second dispatcher at another desk."""
    context = browser.new_context(viewport={"width": 1366, "height": 768})
    page = context.new_page()
    page.set_default_timeout(60_000)
    yield sign_in(page, running_demo.url, people(running_demo)[-1])
    context.close()


def opened(page: Any, base: str, name: str, **fields: Any) -> str:
    """A new incident, selected at this desk, with its recommendation on the screen."""
    incident_id = post_incident(base, unique(name), **fields)
    page.wait_for_selector(ROW.format(incident_id))
    page.evaluate("(id) => hexwatch.desk.store.select(id)", incident_id)
    page.wait_for_function(HAS_RECOMMENDATION, arg=incident_id)
    return incident_id


def active(base: str, incident_id: str) -> list[str]:
    """Units that are on it now."""
    return [run["unit_id"] for run in incident(base, incident_id)["assignments"] if not run.get("ended")]


def test_three_keystrokes_send_the_recommended_units(desk: Any, live_demo: str) -> None:
    incident_id = post_incident(live_demo, unique("three"))
    desk.wait_for_selector(f"{ROW.format(incident_id)}.fresh")
    desk.keyboard.press("t")
    assert desk.evaluate(SELECTED) == incident_id, "what is new does not stand on top"
    desk.wait_for_function(HAS_RECOMMENDATION, arg=incident_id)
    desk.keyboard.press("d")
    chosen = desk.evaluate(CHOSEN)
    desk.keyboard.press("Control+Enter")
    desk.wait_for_selector('.ask[data-state="done"]')
    sent = [run["unit_id"] for run in incident(live_demo, incident_id)["assignments"]]
    assert sorted(sent) == sorted(chosen)
    assert sent
    desk.wait_for_function("(id) => hexwatch.desk.store.topic('queue').get(id).units.length > 0", arg=incident_id)
    assert desk.locator(".unit-on-it:not(.pending) .unit-id").all_inner_texts()


def test_an_incident_from_outside_stands_on_the_desk_within_a_second(desk: Any, live_demo: str) -> None:
    listen = """() => {
      window.arrivedAt = {};
      document.addEventListener("desk:arrived", ({ detail }) => {
        for (const id of detail.ids) window.arrivedAt[id] = Date.now();
      });
    }"""
    desk.evaluate(listen)
    took_s = []
    for n in range(5):
        posted_at = time.time()
        incident_id = post_incident(live_demo, unique(f"soon{n}"))
        desk.wait_for_function("(id) => window.arrivedAt[id]", arg=incident_id)
        took_s.append(desk.evaluate("(id) => window.arrivedAt[id]", incident_id) / 1000 - posted_at)
    assert min(took_s) < second_s(), f"{took_s}: even the quickest of five took longer"


def test_arrivals_never_move_the_selection_nor_rows_under_the_pointer(desk: Any, live_demo: str) -> None:
    first = opened(desk, live_demo, "still", priority=3)
    row = desk.locator(ROW.format(first))
    row.hover()
    before, where = desk.evaluate(ROWS), row.bounding_box()
    new = [post_incident(live_demo, unique(f"arrival{n}"), priority=1) for n in range(2)]
    points_on(desk, where, "(ids) => ids.every((id) => hexwatch.desk.store.topic('queue').has(id))", new)
    button = desk.locator("[data-part=queue-new]")
    assert button.is_visible()
    assert desk.evaluate(SELECTED) == first
    assert row.bounding_box() == where, "the row moved on the screen"
    assert [row for row in desk.evaluate(ROWS) if row in before] == before, "rows moved under the pointer"
    assert not set(new) & set(desk.evaluate(ROWS))
    assert "2 new incidents" in button.inner_text() or "3 new" in button.inner_text(), "the city lives on"
    button.click()
    assert set(new) <= set(desk.evaluate(ROWS)[:5])
    assert desk.evaluate(SELECTED) == first


def points_on(page: Any, where: dict[str, float], until: str, arg: Any) -> None:
    """Move the pointer about within a box until something is so: a hand at a mouse is never quite still."""
    for n in range(600):
        page.mouse.move(where["x"] + 40 + n % 2, where["y"] + where["height"] / 2)
        page.wait_for_timeout(100)
        if page.evaluate(until, arg):
            return
    raise AssertionError(until)


def test_digits_choose_rows_and_exactly_these_are_sent(desk: Any, live_demo: str) -> None:
    incident_id = opened(desk, live_demo, "digits", kind="outside_fire", priority=2)
    desk.wait_for_function("() => hexwatch.desk.choice.settled")
    desk.keyboard.press("1")
    desk.keyboard.press("2")
    desk.keyboard.press("1")
    chosen = desk.evaluate(CHOSEN)
    assert chosen == [desk.evaluate("() => hexwatch.desk.choice.rows[1].unit_id")]
    desk.keyboard.press("Control+Enter")
    desk.wait_for_selector('.ask[data-state="done"]')
    assert [run["unit_id"] for run in incident(live_demo, incident_id)["assignments"]] == chosen


def test_a_unit_that_somebody_else_sent_is_refused_with_the_reason_and_then_diverted(
    desk: Any, other: Any, live_demo: str
) -> None:
    mine, theirs = opened(desk, live_demo, "mine"), opened(other, live_demo, "theirs", kind="outside_fire", priority=2)
    unit = desk.evaluate("() => hexwatch.desk.choice.answer.picks[0].unit_id")
    # The other desk is quicker, and this one has not looked yet.
    desk.evaluate("() => { hexwatch.desk.live.picture.receive = () => 'old'; }")
    desk.evaluate("(unit) => hexwatch.desk.choice.toggle(unit)", unit)
    other.evaluate("(unit) => hexwatch.desk.choice.toggle(unit)", unit)
    other.keyboard.press("Control+Enter")
    other.wait_for_selector('.ask[data-state="done"]')
    desk.keyboard.press("Control+Enter")
    refused = desk.locator('.ask[data-state="refused"]')
    refused.wait_for()
    assert unit in refused.inner_text()
    assert theirs in refused.inner_text(), "it does not say where the unit is"
    assert [run for run in incident(live_demo, mine)["assignments"] if run["unit_id"] == unit] == []
    desk.keyboard.press("v")
    desk.wait_for_selector('.ask[data-state="done"][data-state="done"]')
    assert unit in active(live_demo, mine)
    assert unit not in active(live_demo, theirs)


def test_u_names_what_it_undoes_and_the_second_u_does_it(desk: Any, live_demo: str) -> None:
    incident_id = opened(desk, live_demo, "undo", kind="outside_fire", priority=2)
    desk.keyboard.press("d")
    desk.keyboard.press("Control+Enter")
    desk.wait_for_selector('.ask[data-state="done"]')
    desk.keyboard.press("u")
    named = desk.locator('.ask[data-state="naming"]')
    named.wait_for()
    assert incident_id in named.inner_text()
    desk.keyboard.press("u")
    desk.wait_for_function("(id) => !hexwatch.desk.store.topic('queue').get(id)?.units.length", arg=incident_id)
    assert all(run["ended"] for run in incident(live_demo, incident_id)["assignments"])


def test_what_a_crew_acknowledged_is_no_more_undone_but_stood_down(desk: Any, live_demo: str) -> None:
    incident_id = opened(desk, live_demo, "stand", kind="outside_fire", priority=3)
    desk.wait_for_function("() => hexwatch.desk.choice.settled")
    desk.keyboard.press("1")
    [unit] = desk.evaluate(CHOSEN)
    desk.keyboard.press("Control+Enter")
    desk.wait_for_selector('.ask[data-state="done"]')
    request(live_demo, "acknowledge", unit_id=unit, incident_id=incident_id)
    desk.keyboard.press("u")
    desk.keyboard.press("u")
    refused = desk.locator('.ask[data-state="refused"]')
    refused.wait_for()
    assert unit in refused.inner_text()
    desk.keyboard.press("v")
    desk.wait_for_function("(id) => !hexwatch.desk.store.topic('queue').get(id)?.units.length", arg=incident_id)
    [run] = [run for run in incident(live_demo, incident_id)["assignments"] if run["unit_id"] == unit]
    assert run["ended"] == "recalled"


def test_a_further_alarm_is_called_by_one_key_and_asks_for_more_units(desk: Any, live_demo: str) -> None:
    incident_id = opened(desk, live_demo, "alarm", kind="vehicle_fire")
    wanted = desk.evaluate("() => hexwatch.desk.choice.answer.plan.wanted")
    assert "Alarm 2" in desk.locator("[data-part=rec-alarm]").inner_text()
    desk.keyboard.press("f")
    told = "(n) => hexwatch.desk.recommendation(hexwatch.desk.store.selected())?.plan.wanted > n"
    desk.wait_for_function(told, arg=wanted)
    assert incident(live_demo, incident_id)["alarm"] == 2
    desk.locator("[data-part=incident-state]", has_text="alarm 2").wait_for()


def test_what_else_may_be_done_is_offered_and_said_in_the_command_line(desk: Any, live_demo: str) -> None:
    incident_id = opened(desk, live_demo, "more", kind="outside_fire", priority=3)
    desk.locator("[data-more]").click()
    desk.locator("[data-part=more-acts] [role=menuitem]", has_text="ask an agency").click()
    assert desk.locator("[data-command-part=line] input").input_value() == ". ask "
    desk.keyboard.type("120")
    desk.keyboard.press("Enter")
    desk.wait_for_selector('.ask[data-state="done"]')
    assert [asked["agency"] for asked in incident(live_demo, incident_id)["agencies"]] == ["120"]
    desk.locator(".incident-together", has_text="no answer yet").wait_for()


def test_without_an_answer_it_says_not_sent_use_radio(desk: Any, live_demo: str) -> None:
    incident_id = opened(desk, live_demo, "radio")
    desk.route("**/api/v1/requests**", lambda route: route.abort())
    desk.keyboard.press("d")
    desk.keyboard.press("Control+Enter")
    desk.wait_for_selector(".ask[data-state=pending]")
    desk.wait_for_selector(".rec-row.pending")
    unsent = desk.locator('.ask[data-state="unsent"]')
    unsent.wait_for()
    assert "NOT SENT – USE RADIO" in unsent.inner_text()
    assert incident(live_demo, incident_id)["assignments"] == []
    assert desk.evaluate(CHOSEN), "what was chosen is lost"


# keys


def test_keys_work_on_an_arabic_layout(desk: Any, live_demo: str) -> None:
    incident_id = opened(desk, live_demo, "arabic", kind="outside_fire", priority=2)
    desk.evaluate(PRESS, {"key": "ي", "code": "KeyD"})
    assert desk.evaluate(CHOSEN)
    desk.evaluate(PRESS, {"key": "ى", "code": "KeyN"})
    desk.locator(".note-field").wait_for()
    desk.keyboard.insert_text("وصل الدخان")
    desk.keyboard.press("Enter")
    desk.wait_for_selector('.ask[data-state="done"]')
    assert incident(live_demo, incident_id)["private"]


def test_chinese_is_typed_into_a_note_and_the_enter_of_the_input_method_sends_nothing(
    desk: Any, live_demo: str
) -> None:
    incident_id = opened(desk, live_demo, "chinese")
    desk.keyboard.press("n")
    desk.locator(".note-field").wait_for()
    session = desk.context.new_cdp_session(desk)
    session.send("Input.imeSetComposition", {"text": "yanwu", "selectionStart": 5, "selectionEnd": 5})
    enter = {"key": "Process", "code": "Enter", "windowsVirtualKeyCode": 229, "nativeVirtualKeyCode": 229}
    session.send("Input.dispatchKeyEvent", {"type": "rawKeyDown", **enter})
    session.send("Input.dispatchKeyEvent", {"type": "keyUp", **enter})
    assert desk.locator(".note-field").is_visible(), "the word's Enter sent the note"
    assert incident(live_demo, incident_id)["notes"] == 0
    session.send("Input.insertText", {"text": "烟雾很大"})
    desk.keyboard.press("Enter")
    desk.wait_for_selector('.ask[data-state="done"]')
    assert incident(live_demo, incident_id)["notes"] == 1
    desk.wait_for_function(
        "() => [...document.querySelectorAll('.note-text')].some((one) => one.textContent.includes('烟雾很大'))"
    )


def test_a_key_of_an_input_method_and_a_held_key_do_nothing(desk: Any, live_demo: str) -> None:
    opened(desk, live_demo, "held")
    for press in ({"keyCode": 229, "key": "Process"}, {"isComposing": True, "key": "d"}, {"repeat": True, "key": "d"}):
        desk.evaluate(PRESS, {"code": "KeyD", **press})
    assert desk.evaluate(CHOSEN) == []


def test_letters_in_a_field_are_letters(desk: Any, live_demo: str) -> None:
    opened(desk, live_demo, "field")
    desk.keyboard.press("/")
    desk.keyboard.type("djk1")
    assert desk.locator(".queue-search input").input_value() == "djk1"
    assert desk.evaluate(CHOSEN) == []
    desk.keyboard.press("Escape")
    desk.keyboard.press("Escape")
    assert desk.evaluate("() => document.activeElement === document.body")


def test_single_letters_can_be_switched_off_and_a_key_changed_for_good(desk: Any, live_demo: str) -> None:
    opened(desk, live_demo, "remap")
    desk.keyboard.press("?")
    desk.locator("[data-part=desk-keys]").wait_for()
    desk.locator('[data-act="take"] button').click()
    desk.keyboard.press("x")
    desk.keyboard.press("Escape")
    desk.keyboard.press("d")
    assert desk.evaluate(CHOSEN) == []
    desk.keyboard.press("x")
    assert desk.evaluate(CHOSEN)
    desk.reload()
    desk.wait_for_function("() => hexwatch.desk?.keys?.keyOf('take') === 'x'")
    desk.wait_for_function("() => hexwatch.desk.choice?.answer")
    desk.evaluate("() => hexwatch.desk.keys._set({ off: true })")
    desk.keyboard.press("x")
    assert desk.evaluate(CHOSEN) == []


# what is missing


def test_an_incident_without_a_place_says_so_and_why_nobody_is_recommended(desk: Any, live_demo: str) -> None:
    incident_id = post_incident(live_demo, unique("nowhere"), place=(None, None))
    desk.wait_for_selector(ROW.format(incident_id))
    desk.evaluate("(id) => hexwatch.desk.store.select(id)", incident_id)
    desk.wait_for_selector("[data-part=rec-short] li")
    assert "place unknown" in desk.locator(ROW.format(incident_id)).get_attribute("title")
    assert "the place is unknown" in desk.locator("[data-part=rec-short]").inner_text()


def test_a_selected_incident_stays_on_the_screen_after_its_end(desk: Any, live_demo: str) -> None:
    incident_id = opened(desk, live_demo, "ended", place=CHAOYANG)
    request(live_demo, "cancel", incident_id=incident_id, reason="false alarm")
    desk.wait_for_function("(id) => !hexwatch.desk.store.topic('queue').has(id)", arg=incident_id)
    assert desk.evaluate(SELECTED) == incident_id
    desk.wait_for_function(
        "() => document.querySelector('[data-part=incident-state]').textContent.includes('cancelled')"
    )
    assert not desk.locator("[data-part=incident-decision]").is_visible()
