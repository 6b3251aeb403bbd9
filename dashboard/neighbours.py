"""Whether the process that a name speaks of still lives, where that can be seen: on the same machine."""

from __future__ import annotations

import os
import socket
from functools import cache
from pathlib import Path

GONE_STATES = frozenset("ZX")  # killed and not yet collected by its parent, or dead


@cache
def here() -> str:
    """Where process numbers mean what they mean to us: this host in this run of it, in this space of processes."""
    boot = Path("/proc/sys/kernel/random/boot_id")
    try:
        space = f"{boot.read_text().strip()[:8]}.{os.stat('/proc/self/ns/pid').st_ino}"
    except OSError:
        space = "unknown"
    return f"{socket.gethostname()}/{space}"


def own_name() -> str:
    """A name for this process that its neighbours can look up."""
    return f"{here()}:{os.getpid()}"


def is_gone(name: str) -> bool:
    """Whether the process of that name is certainly dead. Of another machine nothing is certain."""
    place, _, pid = name.rpartition(":")
    if place != here() or place.endswith("unknown") or not pid.isdigit():
        return False
    try:
        told = Path(f"/proc/{pid}/stat").read_text()
    except FileNotFoundError:
        return True
    except OSError:
        return False
    return told.rpartition(")")[2].split()[0] in GONE_STATES
