"""Files that several processes of one machine share: replaced whole, and written by one of them at a time."""

from __future__ import annotations

import fcntl
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO


def replace_whole(path: Path, raw: bytes, *, durable: bool = False) -> None:
    """Put `raw` in the place of what stood at `path`: a reader meets the file of before or this one, never a half.

    `durable`: on the disk before it takes its place. What is left of a failed attempt is removed.
    Raises OSError, also where the folder is missing.
    """
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with open(beside, "wb") as file:
            file.write(raw)
            if durable:
                file.flush()
                os.fsync(file.fileno())
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)


@dataclass
class OneHolder:
    """A task that one process of this machine does; the system frees the lock of a dead one."""

    path: Path
    _lock: IO[bytes] | None = field(default=None, init=False, repr=False)

    def claim(self) -> bool:
        """Become the one who does it, if nobody else is."""
        if self._lock is not None:
            return True
        self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        lock = open(self.path, "ab")  # noqa: SIM115  held for the life of the process
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.close()
            return False
        self._lock = lock
        return True

    def release(self) -> None:
        """Let others have it."""
        if self._lock is not None:
            self._lock.close()
            self._lock = None
