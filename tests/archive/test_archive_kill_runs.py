"""kill -9 of the archiver and of Redis at random moments under load: the archive is the log."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.archive_runs import archive_run
from tests.support.fault_runs import seeds


@pytest.mark.parametrize("seed", seeds(11, 3))
def test_nothing_is_lost_or_doubled_whoever_dies(tmp_path: Path, seed: int) -> None:
    archive_run(tmp_path, seed)
