"""Dispatchers at their desks, for stories in a browser: signed in as the people whom the demo printed."""

from __future__ import annotations

import re
import time
from typing import Any
from urllib.parse import quote, urlsplit

import httpx

from tests.support.demo import KEY, Demo
from tests.support.redis_server import wait_until

READY = "() => window.hexwatch?.stats?.seq >= 0 && window.hexwatch.desk?.store?.picture"
PERSON = re.compile(r"^ {4}(\S+) +(\S+) +(\w+)\s*$", re.MULTILINE)
# In the sector that the simulated colleagues leave to people.
CHAOYANG = (39.9219, 116.4436)
# This window sounds, or another one of the same desk does.
SOUND_IS_SETTLED = """async () => {
  if (hexwatch.desk.sound?.isOurs) return true;
  const { pending } = await navigator.locks.query();
  return pending.some(({ name }) => name.startsWith("hexwatch-sound-"));
}"""
TRIES_AT_DOOR, DOOR_OPENS_MS, TOO_OFTEN = 10, 10_000, 429
KEPT_S = 300.0  # a session that nobody looked through for longer may be locked
COOKIES: dict[tuple[str, tuple[str, str] | None], tuple[Any, float]] = {}
POSTED: dict[str, str] = {}  # incident id -> base URL, of what tests reported and nobody ended yet


def people(demo: Demo, role: str = "dispatcher") -> list[tuple[str, str]]:
    """(user name, password) of the demo's people with that role. They are printed soon after it is ready."""
    wait_until(lambda: any(held == "admin" for _, _, held in PERSON.findall(demo.output())), 60, "the demo's people")
    return [(name, password) for name, password, held in PERSON.findall(demo.output()) if held == role]


def sign_in(page: Any, base: str, who: tuple[str, str] | None = None, query: str = "", *, anew: bool = False) -> Any:
    """A desk that is up; without a person signed in with the admin key.

    Whoever signed in a moment ago is signed in: how often one may try is limited. `anew`: a session of one's own.
    """
    kept, at = COOKIES.get((base, who), ([], 0.0))
    if kept and not anew and time.monotonic() - at < KEPT_S:
        page.context.add_cookies(kept)
        page.goto(f"{base}/dispatch{query}")
    else:
        pass_the_door(page, base, who)
        COOKIES[base, who] = page.context.cookies(), time.monotonic()
        if query:
            page.goto(f"{base}/dispatch{query}")
    page.wait_for_function(READY)
    settle(page)
    return page


def pass_the_door(page: Any, base: str, who: tuple[str, str] | None, going: str = "/dispatch") -> None:
    """Sign in, without a person with the admin key, and be where one wants to go.

    From one address one may try only so often in a minute, and all tests are one address: then again, later.
    """
    for _ in range(TRIES_AT_DOOR):
        page.goto(f"{base}/signin?next={quote(going)}")
        for name, value in {"key": KEY}.items() if who is None else {"name": who[0], "password": who[1]}.items():
            page.fill(f"input[name={name}]", value)
        with page.expect_response(_is_tried) as answered:
            page.keyboard.press("Enter")
        if answered.value.status != TOO_OFTEN:
            break
        page.wait_for_timeout(DOOR_OPENS_MS)
    page.wait_for_url(lambda url: urlsplit(url).path == urlsplit(going).path)


def forget(page: Any) -> None:
    """Nobody is signed in at this browser any more. What the page still asks would bring its cookie back."""
    page.goto("about:blank")
    page.context.clear_cookies()


def _is_tried(answer: Any) -> bool:
    """Whether this is what came of a form of the sign-in page."""
    return answer.request.method == "POST" and urlsplit(answer.url).path == "/signin"


def settle(page: Any) -> None:
    """A desk begins with a sound test, in the one of its windows that sounds: whoever sits here hears it."""
    page.wait_for_function(SOUND_IS_SETTLED)
    window = page.locator("dialog[data-sound=window]")
    if window.is_visible():
        window.locator("[data-sound=play]").click()
        window.locator("[data-sound=heard], [data-sound=unheard]").locator("visible=true").first.click()


def post_incident(base: str, incident_id: str, kind: str = "structure_fire", priority: int = 1, **fields: Any) -> str:
    """An emergency call from outside, as an entry of the API."""
    lat, lng = fields.pop("place", CHAOYANG)
    data = {"incident_id": incident_id, "kind": kind, "priority": priority, "lat": lat, "lng": lng, **fields}
    clock = httpx.get(f"{base}/api/v1/picture", headers={"X-API-Key": KEY}, timeout=30).json()["clock"]
    event = {
        "source": "cad",
        "id": f"{incident_id}:1",
        "type": "incident.received",
        "occurred_at": clock["now"],
        "data": data,
    }
    answer = httpx.post(f"{base}/api/v1/events", json=event, headers={"X-API-Key": KEY}, timeout=30)
    assert answer.status_code == 202, answer.text
    POSTED[incident_id] = base
    return incident_id


def end_posted() -> None:
    """End what was reported, so that its units are free for the next story: a city has only so many."""
    for incident_id, base in [*POSTED.items()]:
        for run in incident(base, incident_id).get("assignments", []):
            if not run.get("ended"):
                request(base, "clear_unit", unit_id=run["unit_id"], incident_id=incident_id)
        request(base, "close_incident", incident_id=incident_id, reason="the test is over")
        del POSTED[incident_id]


def incident(base: str, incident_id: str) -> dict[str, Any]:
    """The document as the API tells it."""
    return httpx.get(f"{base}/api/v1/incidents/{incident_id}", headers={"X-API-Key": KEY}, timeout=30).json()


def request(base: str, verb: str, **fields: Any) -> dict[str, Any]:
    """A request of somebody else, by the API."""
    return httpx.post(
        f"{base}/api/v1/requests", json={"verb": verb, **fields}, headers={"X-API-Key": KEY}, timeout=30
    ).json()


def unique(name: str) -> str:
    """An id that no other test of this session uses."""
    return f"{name}-{time.monotonic_ns() % 10**9}"
