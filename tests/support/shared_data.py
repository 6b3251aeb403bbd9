"""Where the real city data lie: beside the project, never inside it."""

from __future__ import annotations

from pathlib import Path

import pytest

SHARED = Path(__file__).resolve().parents[2].parent / "shared" / "data"
ABSENT = "real city data absent: ../shared/data is not beside this checkout"


def shared_path(name: str) -> Path:
    """The path of one real file, or a skip that says so."""
    path = SHARED / name
    if not path.exists():
        pytest.skip(ABSENT)
    return path
