"""Where this machine keeps a Chromium or Chrome, and how tests start it."""

from __future__ import annotations

import shutil

ABSENT = "no Chromium or Chrome on this machine: the browser tier did not run"
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--enable-precise-memory-info",
    "--js-flags=--expose-gc",
]


def chromium() -> str | None:
    """The path of the first browser found."""
    return next((found for name in NAMES if (found := shutil.which(name))), None)
