"""The wall in a real browser before a real demo: it draws, moves, keeps still where it should, and comes back."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlparse

import pytest
from playwright.sync_api import expect

from tests.browser.waits import becomes

pytestmark = pytest.mark.browser

READY = "() => window.hexwatch?.stats.seq >= 0 && window.hexwatch.map && window.hexwatch.stats.drawnCells > 0"
FRAMES_MORE_THAN = "(n) => window.hexwatch.stats.framesApplied > n"
PLACE = "() => { const m = hexwatch.map.map, c = m.getCenter(); return [c.lat, c.lng, m.getZoom()]; }"
# The centre in the window of the cell with most cases, at the drawn resolution.
FULLEST_CELL = """() => {
  const { level, counts } = hexwatch.map.cells.drawn, map = hexwatch.map.map, size = map.getSize();
  const box = map.getContainer().getBoundingClientRect(), scale = Math.pow(2, map.getZoom());
  const origin = map.getPixelBounds().min;
  const places = [...counts.keys()].map((i) => {
    let x = 0, y = 0;
    for (let k = 0; k < 12; k += 2) { x += level.corners[i * 12 + k] / 6; y += level.corners[i * 12 + k + 1] / 6; }
    return { n: counts[i], cell: level.ids[i], x: x * scale - origin.x, y: y * scale - origin.y };
  }).filter((p) => p.n > 0 && p.x > 9 && p.y > 9 && p.x < size.x - 9 && p.y < size.y - 9);
  const best = places.sort((a, b) => b.n - a.n)[0];
  return { ...best, x: best.x + box.left, y: best.y + box.top };
}"""
# Whether a cell's tip says its number of now: the city lives on under the pointer.
TIP_SAYS = """(cell) => {
  const { level, counts } = hexwatch.map.cells.drawn, n = counts[level.ids.indexOf(cell)];
  return document.querySelector(".map-tip")?.textContent.includes(n.toLocaleString("en"));
}"""
# Asks the server until its snapshot and the picture are of the same seq, then compares them key by key.
EQUAL_TO_SERVER = """async () => {
  const { live } = hexwatch, picture = live.picture;
  const query = [...picture.topics.keys()].map((t) => "topics=" + encodeURIComponent(t)).join("&");
  let theirs = null;
  while (picture.asking || theirs?.seq !== picture.seq) theirs = await (await fetch(`/live/snapshot?${query}`)).json();
  return [...picture.topics].every(([name, mine]) => {
    const values = theirs.topics[name] || {}, keys = Object.keys(values);
    return keys.length === mine.size && keys.every((k) => JSON.stringify(mine.get(k)) === JSON.stringify(values[k]));
  });
}"""


class Line:
    """The socket between page and server, which a test may cut."""

    def __init__(self, page: Any) -> None:
        self.is_cut = False
        page.route_web_socket("**/socket.io/**", self._pass_on)

    def _pass_on(self, socket: Any) -> None:
        if self.is_cut:
            socket.close()
            return
        server = socket.connect_to_server()
        socket.on_message(lambda message: None if self.is_cut else server.send(message))
        server.on_message(lambda message: None if self.is_cut else socket.send(message))


def open_wall(page: Any, base: str, query: str = "") -> Any:
    page.goto(f"{base}/wall{query}")
    page.wait_for_function(READY)
    return page


def stats(page: Any) -> dict[str, Any]:
    return page.evaluate("() => ({ ...hexwatch.stats, log: hexwatch.stats.log.length })")


def wait_for_frames(page: Any, more: int = 2) -> None:
    page.wait_for_function(FRAMES_MORE_THAN, arg=stats(page)["framesApplied"] + more - 1)


def test_cells_are_drawn_and_frames_keep_coming(page: Any, live_demo: str) -> None:
    open_wall(page, live_demo)
    before = stats(page)
    wait_for_frames(page, 5)
    after = stats(page)
    assert after["seq"] > before["seq"]
    assert after["drawnCells"] > 0
    painted = page.evaluate(
        """() => {
          const c = document.querySelector(".leaflet-hexwatch-cells-pane canvas");
          return c.getContext("2d").getImageData(0, 0, c.width, c.height).data.some((value) => value > 0);
        }"""
    )
    assert painted, "the canvas of the cells is empty"


def test_figures_are_the_figures_of_the_picture(page: Any, live_demo: str) -> None:
    open_wall(page, live_demo)
    different = """() => [...document.querySelectorAll("[data-figure]")].map((node) => {
      const value = hexwatch.live.picture.topic("figures").get(node.dataset.figure);
      return [node.dataset.figure, node.textContent, value];
    }).filter(([, text, value]) => value !== undefined && text !== value.toLocaleString("en"))"""
    assert page.locator("[data-figure]").count() == 9
    becomes(page, different, [])


def test_the_clock_moves(page: Any, live_demo: str) -> None:
    open_wall(page, live_demo)
    before = page.locator('[data-part="time"]').inner_text()
    page.wait_for_function("(before) => document.querySelector('[data-part=time]').textContent !== before", arg=before)


def test_the_mode_of_the_city_is_always_shown(page: Any, live_demo: str) -> None:
    open_wall(page, live_demo)
    badge = page.locator('[data-part="mode"]')
    assert badge.is_visible()
    assert badge.inner_text().split()[0] in {"LIVE", "REPLAY", "SIMULATION", "●"}


def test_no_request_leaves_the_machine(page: Any, live_demo: str) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("websocket", lambda socket: asked.append(socket.url))
    open_wall(page, live_demo)
    wait_for_frames(page)
    hosts = {urlparse(url).netloc for url in asked if urlparse(url).scheme in {"http", "https", "ws", "wss"}}
    assert hosts == {urlparse(live_demo).netloc}


def test_the_page_has_no_script_errors(page: Any, live_demo: str) -> None:
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
    open_wall(page, live_demo)
    wait_for_frames(page, 3)
    assert errors == []


def test_an_update_never_moves_the_map(page: Any, live_demo: str) -> None:
    open_wall(page, live_demo)
    page.evaluate("() => hexwatch.map.map.setView([42.3, -71.1], 13.25, { animate: false })")
    chosen = page.evaluate(PLACE)
    wait_for_frames(page, 5)
    page.evaluate("() => hexwatch.live._ask(0)")
    wait_for_frames(page, 2)
    assert page.evaluate(PLACE) == chosen


def test_the_whole_city_comes_back_at_the_press_of_a_button(page: Any, live_demo: str) -> None:
    open_wall(page, live_demo)
    home = page.evaluate(PLACE)
    page.locator('[data-act="zoom-in"]').click()
    page.wait_for_function("(zoom) => hexwatch.map.map.getZoom() > zoom", arg=home[2])
    page.locator('[data-act="refit"]').click()
    page.wait_for_function("(zoom) => hexwatch.map.map.getZoom() === zoom", arg=home[2])


def test_zooming_out_goes_coarser_and_keeps_the_total(page: Any, live_demo: str) -> None:
    open_wall(page, live_demo)
    page.wait_for_function("() => hexwatch.map.cells.counts.reach <= hexwatch.map.grid.size")
    script = """(zoom) => {
      const { cells, grid, map } = hexwatch.map;
      if (cells.counts.reach > grid.size) return null; // a cell came meanwhile, its geometry follows
      map.setZoom(zoom, { animate: false });
      cells._place();
      const { level, counts } = cells.drawn;
      return [level.res, counts.reduce((sum, n) => sum + n, 0), cells.counts.total()];
    }"""
    seen = [page.wait_for_function(script, arg=zoom).json_value() for zoom in (14, 11, 9, 7)]
    resolutions = [res for res, _, _ in seen]
    assert resolutions == sorted(resolutions, reverse=True)
    assert len(set(resolutions)) > 1
    assert all(drawn == total for _, drawn, total in seen), "cells that have no geometry yet are missing"


def test_the_legend_has_numbers_and_the_size_of_a_cell(page: Any, live_demo: str) -> None:
    open_wall(page, live_demo)
    classes = page.locator('[data-part="legend-classes"] li').all_inner_texts()
    assert classes
    assert all(any(digit.isdigit() for digit in text) for text in classes)
    assert "km²" in page.locator('[data-part="legend-size"]').inner_text()


def test_choosing_another_measure_brings_its_cells_and_keeps_the_address(page: Any, live_demo: str) -> None:
    open_wall(page, live_demo)
    page.locator("#map-measure").click()
    page.get_by_role("option", name="Received, last 24 hours").click()
    topic = "cells:received_24h:"
    page.wait_for_function(
        "(topic) => !hexwatch.live.picture.asking && hexwatch.live.picture.topics.has(topic)", arg=topic
    )
    wait_for_frames(page)
    becomes(page, "() => new URL(location.href).searchParams.get('measure')", "received_24h")
    expect(page.locator('[data-part="legend-title"]')).to_have_text("Received, last 24 hours")
    assert page.evaluate("(topic) => [...hexwatch.live.picture.topics.keys()].includes(topic)", topic)


def test_clicking_a_cell_says_why_a_public_screen_has_no_list(page: Any, live_demo: str) -> None:
    open_wall(page, live_demo)
    cell = page.evaluate(FULLEST_CELL)
    page.mouse.move(cell["x"], cell["y"])
    page.wait_for_function(TIP_SAYS, arg=cell["cell"])
    page.mouse.click(cell["x"], cell["y"])
    page.locator("#cases-list").get_by_text("numbers only").wait_for()


@pytest.mark.parametrize(
    ("lang", "direction", "today"), [("en", "ltr", "Today"), ("zh", "ltr", "今日来件"), ("ar", "rtl", "اليوم")]
)
def test_each_language_has_its_words_and_direction(
    page: Any, live_demo: str, lang: str, direction: str, today: str
) -> None:
    open_wall(page, live_demo, f"?lang={lang}")
    assert page.evaluate("() => document.documentElement.dir") == direction
    assert page.locator(".tile-today h2").inner_text() == today
    digits = page.locator('[data-figure="cases.open"]').inner_text()
    assert digits.isascii(), "digits are Latin in every language"


def test_arabic_mirrors_the_layout_but_not_the_map(page: Any, live_demo: str) -> None:
    open_wall(page, live_demo, "?lang=ar")
    side, chart = page.locator(".side").bounding_box(), page.locator(".map-box").bounding_box()
    assert side["x"] < chart["x"]
    assert page.evaluate("() => getComputedStyle(document.querySelector('.map-box')).direction") == "ltr"
    assert page.evaluate("() => getComputedStyle(document.querySelector('.curve')).direction") == "ltr"


def test_the_language_switch_keeps_the_rest_of_the_address(page: Any, live_demo: str) -> None:
    open_wall(page, live_demo, "?measure=received_24h")
    page.locator(".languages summary").click()
    page.locator('[data-lang="zh_CN"]').click()
    page.wait_for_function("() => document.documentElement.lang === 'zh-Hans'")
    becomes(page, "() => new URL(location.href).searchParams.get('measure')", "received_24h")


def test_a_cut_line_is_said_plainly_and_the_last_picture_stays(page: Any, live_demo: str) -> None:
    line = Line(page)
    open_wall(page, live_demo)
    wait_for_frames(page)
    line.is_cut = True
    bar = page.get_by_role("alert")
    page.wait_for_function("() => hexwatch.stats.state === 'cut'")
    expect(bar).to_contain_text("Cut off since")
    expect(page.locator(".wall.cut")).to_have_count(1)
    last = page.evaluate("() => hexwatch.live.picture.topics.get('figures').get('cases.received_today')")
    assert last > 0
    expect(page.locator('[data-figure="cases.received_today"]')).to_have_text(f"{last:,}")
    assert stats(page)["drawnCells"] > 0
    line.is_cut = False
    page.wait_for_function("() => hexwatch.stats.state === 'live'")
    expect(bar).to_be_hidden()


def test_a_page_blocked_for_seconds_is_equal_to_the_server_soon_after(page: Any, live_demo: str) -> None:
    open_wall(page, live_demo)
    wait_for_frames(page)
    page.evaluate("() => { const until = performance.now() + 5000; while (performance.now() < until); }")
    page.wait_for_function("() => !hexwatch.live.picture.asking && hexwatch.stats.state === 'live'")
    assert page.evaluate(EQUAL_TO_SERVER) is True


def test_thousands_of_frames_leave_the_page_no_larger(page: Any, live_demo: str) -> None:
    line = Line(page)
    open_wall(page, live_demo)
    line.is_cut = True
    session = page.context.new_cdp_session(page)

    def heap_bytes() -> int:
        session.send("HeapProfiler.collectGarbage")
        return session.send("Runtime.getHeapUsage")["usedSize"]

    feed = """async (count) => {
      const { live } = hexwatch, picture = live.picture, encoder = new TextEncoder();
      for (let i = 0; i < count; i++) {
        const figures = { set: { "cases.open": i, "cases.received_today": i }, remove: [] };
        const cells = { set: { [i % 50]: 1 + (i % 9) }, remove: [String((i + 25) % 50)] };
        const topics = { figures, "cells:open:": cells, clock: { set: { now: new Date(i * 1000).toISOString() } } };
        const frame = { epoch: picture.epoch, prev: picture.seq, seq: picture.seq + 1, at: "", topics };
        live.receive(encoder.encode(JSON.stringify(frame)).buffer);
        if (i % 20 === 0) await new Promise(requestAnimationFrame);
      }
    }"""
    page.evaluate(feed, 1000)  # past every ring and cache
    before = heap_bytes()
    page.evaluate(feed, 2000)  # ten thousand, of every topic: test_wall_month
    assert heap_bytes() < before * 1.05 + 500_000
