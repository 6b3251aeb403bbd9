"""`make screenshots`: every page in every size and language, of the simulated city and, where present, of Boston."""

from __future__ import annotations

import itertools
import os
import signal
import tempfile
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

from layouts.texts import DESK_LANGUAGES, LANGUAGES
from tests.browser.desks import people, post_incident, sign_in
from tests.browser.hotlines import sign_in as sign_in_to_hotline
from tests.support.chromium import ABSENT, QUIET, chromium
from tests.support.demo import ROOT, Demo
from tests.support.shared_data import SHARED

SIZES = ((1920, 1080), (3840, 2160))
DESK_SIZES = ((1366, 768), (1920, 1080))
OUT = ROOT / "screenshots"
BOSTON = SHARED / "service_requests" / "boston_311_2011-07_2011-10.csv.gz"
READY = "() => window.hexwatch?.stats?.framesApplied > 1 && window.hexwatch.stats.drawnCells > 0"
RECOMMENDED = "(id) => hexwatch.desk.choice.answer?.incident_id === id && hexwatch.desk.choice.answer.picks.length > 0"
# The geometry of a large city comes in slices: whole once as many cells are drawn as half a second ago.
DRAWN = """() => {
  const n = hexwatch.stats.drawnCells, same = n === window.drawnBefore;
  window.drawnBefore = n;
  return same;
}"""


def main() -> None:
    path = chromium()
    if path is None:
        raise SystemExit(ABSENT)
    OUT.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as play:
        browser = play.chromium.launch(executable_path=path, args=QUIET)
        _beijing(browser, Path(folder))
        if BOSTON.exists():
            _boston(browser, Path(folder))
        browser.close()


def _beijing(browser: Browser, folder: Path) -> None:
    demo = Demo(folder / "beijing").start()
    for (width, height), lang in itertools.product(SIZES, LANGUAGES):
        _shoot(browser, f"{demo.url}/wall?lang={lang}", width, height, f"wall-{lang}-{width}")
    _shoot(browser, f"{demo.url}/wall?measure=overdue", 1366, 768, "wall-overdue-1366")
    for scene in ("hotline", "emergency"):
        _shoot(browser, f"{demo.url}/wall?scenes={scene}", 1920, 1080, f"wall-{scene}-1920")
    _shoot(browser, f"{demo.url}/wall?palette=night", 1920, 1080, "wall-night-1920")
    _desks(browser, demo)
    _shoot_hotline(browser, demo)
    _shoot_cut_off(browser, demo)
    demo.stop()


def _boston(browser: Browser, folder: Path) -> None:
    options = ("--replay", str(BOSTON), "--preset", "boston-311", "--speed", "max", "--until", "2011-08-28 18:00:00")
    demo = Demo(folder / "boston", *options).start()
    _shoot(browser, f"{demo.url}/wall", 1920, 1080, "boston-1920")
    demo.stop()


def _shoot(browser: Browser, url: str, width: int, height: int, name: str) -> None:
    page = browser.new_page(viewport={"width": width, "height": height})
    page.goto(url)
    page.wait_for_function(READY, timeout=30_000)
    page.wait_for_function(DRAWN, polling=500)
    page.screenshot(path=OUT / f"{name}.png")
    print(OUT / f"{name}.png")
    page.close()


def _desks(browser: Browser, demo: Demo) -> None:
    """The dispatch desk with a new fire, its recommendation taken."""
    who, incident_id = people(demo)[0], post_incident(demo.url, "SHOWN-1")
    for (width, height), lang in itertools.product(DESK_SIZES, DESK_LANGUAGES):
        _shoot_desk(browser, demo, who, incident_id, f"?lang={lang}", width, height, f"dispatch-{lang}-{width}")
    _shoot_desk(browser, demo, who, incident_id, "?palette=night", 1366, 768, "dispatch-night-1366")


def _shoot_desk(
    browser: Browser, demo: Demo, who: tuple[str, str], incident_id: str, query: str, width: int, height: int, name: str
) -> None:
    context = browser.new_context(viewport={"width": width, "height": height})
    page = context.new_page()
    sign_in(page, demo.url, who, query)
    page.evaluate("(id) => hexwatch.desk.store.select(id)", incident_id)
    page.wait_for_function(RECOMMENDED, arg=incident_id)
    page.keyboard.press("d")
    page.wait_for_timeout(1500)  # the map comes in its own time
    page.screenshot(path=OUT / f"{name}.png")
    print(OUT / f"{name}.png")
    context.close()


def _shoot_hotline(browser: Browser, demo: Demo) -> None:
    """The hotline desk with a case open, as its supervisors have it: small and large, in the desks' languages."""
    for (width, height), lang in itertools.product(DESK_SIZES, DESK_LANGUAGES):
        page = browser.new_page(viewport={"width": width, "height": height})
        sign_in_to_hotline(page, demo, query=f"?lang={lang}&list=open")
        page.wait_for_function("() => hexwatch.stats.drawnCells > 0 && hexwatch.desk.grid.total > 0")
        page.keyboard.press("j")
        page.keyboard.press("Enter")
        page.wait_for_function("() => hexwatch.desk.case.document && hexwatch.desk.case.history")
        page.wait_for_function(DRAWN, polling=500)
        page.screenshot(path=OUT / f"hotline-{lang}-{width}.png")
        print(OUT / f"hotline-{lang}-{width}.png")
        page.close()


def _shoot_cut_off(browser: Browser, demo: Demo) -> None:
    """The wall after its server went silent: web is stopped as a whole, so nobody restarts it meanwhile."""
    page = browser.new_page(viewport={"width": 1920, "height": 1080})
    page.goto(f"{demo.url}/wall")
    page.wait_for_function(READY, timeout=30_000)
    page.wait_for_function(DRAWN, polling=500)
    assert demo.process is not None
    os.kill(demo.process.pid, signal.SIGSTOP)
    engines = _children(demo, b"engine")  # the one that stands by would go on
    for engine in engines:
        os.kill(engine, signal.SIGSTOP)
    page.wait_for_function("() => window.hexwatch.stats.state === 'cut'", timeout=15_000)
    page.screenshot(path=OUT / "wall-cut-off-1920.png")
    for process in (*engines, demo.process.pid):
        os.kill(process, signal.SIGCONT)
    page.close()


def _children(demo: Demo, word: bytes) -> list[int]:
    """The process ids of a demo's children with that word in their command."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            words = (process / "cmdline").read_bytes().split(b"\0")
            if word in words and f"HEXWATCH_DATA={demo.folder}".encode() in (process / "environ").read_bytes():
                found.append(int(process.name))
        except OSError:
            continue
    return found


if __name__ == "__main__":
    main()
