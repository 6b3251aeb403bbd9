"""A desk between people: left alone it locks and still hears alarms; at a change of shift it changes hands."""

from __future__ import annotations

from typing import Any

import pytest

from tests.browser.desks import people, post_incident, sign_in, unique
from tests.support.demo import Demo

pytestmark = [pytest.mark.browser, pytest.mark.thorough]
YANQING = (40.456, 115.975)
LEFT_ALONE = "() => { hexwatch.desk.lock.inputAt -= hexwatch.desk.lock.afterMs; hexwatch.desk.lock.look(); }"


@pytest.fixture
def second(browser: Any) -> Any:
    context = browser.new_context(viewport={"width": 1366, "height": 768})
    opened = context.new_page()
    opened.set_default_timeout(60_000)
    yield opened
    context.close()


def test_a_desk_left_alone_hides_its_texts_hears_alarms_and_opens_with_the_password(
    page: Any, running_demo: Demo
) -> None:
    who = people(running_demo)[0]
    desk = sign_in(page, running_demo.url, who, anew=True)
    desk.locator("[data-lock=button]").wait_for()
    desk.evaluate(LEFT_ALONE)
    screen = desk.locator("[data-lock=window]")
    screen.wait_for()
    assert not desk.locator(".desk-queue").is_visible()
    assert not desk.locator(".desk-map").is_visible()
    desk.keyboard.press("Escape")
    assert screen.is_visible(), "Escape opens nothing"
    desk.wait_for_function("async () => (await fetch('/account').then((r) => r.json())).locked")
    refused = desk.evaluate("async () => (await hexwatch.desk.get('incidents?limit=1')).status")
    assert refused == 423, "the server knows, too"

    desk.evaluate("() => (hexwatch.desk.sound.speaker.played = [])")
    post_incident(running_demo.url, unique("locked"))
    desk.wait_for_function("() => hexwatch.desk.sound.speaker.played.some(([name]) => name === 'urgent')")
    assert screen.is_visible()
    assert "structure" not in screen.inner_text().lower()

    desk.keyboard.type("not the password")
    desk.keyboard.press("Enter")
    desk.wait_for_function("() => /Neither/.test(document.querySelector('[data-lock=told]').textContent)")
    desk.keyboard.type(who[1])
    desk.keyboard.press("Enter")
    screen.wait_for(state="hidden")
    assert desk.locator(".desk-queue").is_visible()


def test_a_pin_is_set_with_the_password_and_opens_the_locked_desk(page: Any, running_demo: Demo) -> None:
    who = people(running_demo)[0]
    desk = sign_in(page, running_demo.url, who, anew=True)
    desk.locator("[data-part=who]").click()
    window = desk.locator("[data-account=window]")
    for password, said in (("not the password", "not the password"), (who[1], "The PIN is set")):
        window.locator("[data-field=password] input").fill(password)
        window.locator("[data-field=pin] input").fill("8273")
        desk.keyboard.press("Enter")
        window.locator("[data-account=told]", has_text=said).wait_for()
    desk.keyboard.press("Escape")
    desk.locator("[data-lock=button]").click()
    screen = desk.locator("[data-lock=window]")
    screen.wait_for()
    desk.keyboard.type("8273")
    desk.keyboard.press("Enter")
    screen.wait_for(state="hidden")
    assert desk.locator(".desk-queue").is_visible()


def test_what_one_dispatcher_owns_passes_to_the_one_who_accepts_it(page: Any, second: Any, running_demo: Demo) -> None:
    giver, receiver = people(running_demo)[:2]
    going = sign_in(page, running_demo.url, giver)
    coming = sign_in(second, running_demo.url, receiver)
    known = post_incident(running_demo.url, unique("shift"), place=YANQING)
    going.wait_for_function("(id) => hexwatch.desk.store.topic('queue').has(id)", arg=known)
    note = f"The bridge is closed until six, see {known}"
    going.locator("[data-sheet=button]").click()
    going.locator("[data-sheet=position]").select_option("Yanqing")
    going.locator("[data-sheet=take]").click()
    going.wait_for_function("() => hexwatch.desk.duty.positions.includes('Yanqing')")
    going.locator("[data-sheet=window] [data-field=note] textarea").fill(note)
    going.wait_for_function("() => !document.querySelector('[data-sheet=offer]').disabled")
    going.locator("[data-sheet=offer]").click()
    going.locator("[data-sheet=offered] > li", has_text=note).wait_for()

    coming.locator("[data-sheet=button]").click()
    card = coming.locator("[data-sheet=waiting] > li", has_text=note)
    card.wait_for()
    assert giver[0] in card.inner_text()
    assert known in card.locator("[data-part=incidents]").inner_text()
    for heading in ("Incidents:", "Running timers:", "Shelved alarms:", "Units out:", "Call-backs:"):
        assert heading in card.inner_text()
    # The city lives on: what has changed since is shown first, and accepted on the next press.
    for _ in range(20):
        with coming.expect_response("**/handover/accept") as answered:
            card.locator(".sheet-acts button").click()
        if answered.value.status == 200:
            break
        card.get_by_role("button", name="Accept with these changes").wait_for()
        assert card.locator(".sheet-changes li").count()
    coming.wait_for_function("() => hexwatch.desk.duty.positions.includes('Yanqing')")
    going.evaluate("() => hexwatch.desk.duty.look()")
    going.wait_for_function("() => !hexwatch.desk.duty.positions.includes('Yanqing')")
    coming.evaluate("() => hexwatch.desk.handOver.leavePosition('Yanqing')")
    coming.wait_for_function("() => !hexwatch.desk.duty.positions.includes('Yanqing')")
