"""An Open311 server of Beijing on a real Redis."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import redis as redis_module

from tests.open311server.portal import Portal, open_portal


@pytest.fixture
def portal(redis: redis_module.Redis, tmp_path: Path) -> Iterator[Portal]:
    made = open_portal(redis, tmp_path)
    yield made
    made.tail.writer.close()
