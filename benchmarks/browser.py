"""One real Chromium on the wall of a live city."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from benchmarks.machine import browser_path
from benchmarks.servers import Servers

if TYPE_CHECKING:
    from playwright.sync_api import Page

NO_BROWSER = "no Chromium or Chrome is installed"
OPTIONS = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-sync"]
SCREEN = {"width": 1920, "height": 1080}
# The page shows the picture once it has a snapshot and the map has its geometry.
IS_SHOWN = "() => window.hexwatch?.map?.grid.size > 0 && !hexwatch.live.picture.asking && hexwatch.stats.drawnCells > 0"


@contextmanager
def wall(servers: Servers, address: str = "/wall?measure=open") -> Iterator[Page]:
    """The wall in a browser, with its cells drawn. Ask `machine.browser_path` first."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=browser_path(), args=OPTIONS)
        try:
            page = browser.new_page(viewport=SCREEN)  # type: ignore[arg-type]
            page.set_default_timeout(120_000)
            page.goto(f"{servers.url}{address}")
            page.wait_for_function(IS_SHOWN)
            yield page
        finally:
            browser.close()
