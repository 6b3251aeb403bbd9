"""Memory of a page: a week of frames leaves the heap and the number of nodes where they were."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.support.page_memory import watch_a_week

pytestmark = pytest.mark.browser


def test_a_page_that_applies_a_weeks_frames_keeps_its_size(page: Any, tmp_path: Path) -> None:
    """A frame an hour in a small city; the soak has more than ten thousand frames."""
    watch_a_week(page, tmp_path, step_m=60.0, per_day=3_000)
