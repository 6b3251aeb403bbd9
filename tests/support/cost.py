"""What a piece of work costs the processor: the one measure that a busy machine does not change much."""

from __future__ import annotations

import time
from collections.abc import Callable


def least_cpu_s(work: Callable[[], object], times: int = 5) -> float:
    """Seconds of this process's own processor time that `work` takes; the least of so many calls."""
    took = []
    for _ in range(times):
        began = time.process_time()
        work()
        took.append(time.process_time() - began)
    return min(took)
