"""Memory of a page: hundreds of frames leave the heap and the number of nodes where they were."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.support.page_memory import watch_a_week

pytestmark = pytest.mark.browser


def test_a_page_that_applies_a_weeks_frames_keeps_its_size(page: Any, tmp_path: Path) -> None:
    """The frames of three quarters of an hour each; the soak has more than ten thousand."""
    watch_a_week(page, tmp_path, step_m=45.0, per_day=3_000, least_frames=100)
