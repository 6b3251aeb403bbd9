"""A page draws in its own time, on a busy machine later: what is asserted of it is waited for, not read once."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import TimeoutError as TooLate

PATIENCE_MS = 60_000


def becomes(page: Any, script: str, wanted: Any, arg: Any = None) -> None:
    """The script, a function of `arg`, answers `wanted` within the time that a slow machine needs.

    Raises AssertionError with what it answers instead.
    """
    same = f"([wanted, arg]) => JSON.stringify(({script})(arg)) === JSON.stringify(wanted)"
    try:
        page.wait_for_function(same, arg=[wanted, arg], timeout=PATIENCE_MS)
    except TooLate:
        assert page.evaluate(script, arg) == wanted
