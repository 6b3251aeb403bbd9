"""Thirty runs in which the archiver and Redis are killed under load."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.archive_runs import archive_run
from tests.support.fault_runs import seeds

pytestmark = [pytest.mark.soak, pytest.mark.timeout(1800)]


@pytest.mark.parametrize("seed", seeds(105, 30))
def test_archive(tmp_path: Path, seed: int) -> None:
    archive_run(tmp_path, seed, cases=5000, load_s=12.0, more_deaths=6)
