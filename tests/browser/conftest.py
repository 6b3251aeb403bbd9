"""A real browser on a real demo. Without Chromium this tier is skipped, and the summary says so."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.browser.waits import PATIENCE_MS
from tests.support.chromium import ABSENT, QUIET, chromium
from tests.support.demo import Demo

expect.set_options(timeout=PATIENCE_MS)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    path = chromium()
    if path is None:
        pytest.skip(ABSENT)
    with sync_playwright() as play:
        found = play.chromium.launch(executable_path=path, args=QUIET)
        yield found
        found.close()


@pytest.fixture(scope="session")
def law_page(browser: Browser) -> Iterator[Page]:
    """One page for all laws of pure scripts: each loads its scripts into an empty document of its own."""
    yield from _opened(browser)


@pytest.fixture
def page(request: pytest.FixtureRequest, browser: Browser) -> Iterator[Page]:
    """A fresh page at 1920×1080."""
    if request.path.stem.endswith("_laws"):
        yield request.getfixturevalue("law_page")
    else:
        yield from _opened(browser)


def _opened(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 1920, "height": 1080})
    opened = context.new_page()
    opened.set_default_timeout(60_000)
    yield opened
    context.close()


@pytest.fixture(scope="session")
def live_demo(running_demo: Demo) -> str:
    """Its base URL."""
    return running_demo.url
