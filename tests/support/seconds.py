"""How long a second of a machine of its own takes on this one, now."""

from __future__ import annotations

import os
from pathlib import Path


def second_s() -> float:
    """At least 1; more while more wants to run than this machine has cores. For limits that a free machine keeps."""
    running = float(Path("/proc/loadavg").read_text().split()[3].split("/")[0])  # now; the average comes late
    return max(1.0, max(running, os.getloadavg()[0]) / (os.cpu_count() or 1))
