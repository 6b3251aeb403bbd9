"""What every measurement is given: how large to be, where to say what it does, and the servers it shares."""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TypeVar

from benchmarks.servers import Servers
from benchmarks.traffic import CITY, Traffic

T = TypeVar("T")

SIZES = ("full", "quick", "tiny")
LIVE_ENTRIES = (44_000, 8_000, 1_500)  # what the live city holds before anyone looks


@dataclass
class Run:
    """One run of some measurements. Servers are started when first asked for and ended with the run."""

    size: str = "full"
    began: float = field(default_factory=time.monotonic)
    _ends: ExitStack = field(default_factory=ExitStack)
    _live: Servers | None = None
    _live_ends: ExitStack = field(default_factory=ExitStack)
    _cache: Path | None = None

    def __enter__(self) -> Run:
        return self

    def __exit__(self, *_: object) -> None:
        self._live_ends.close()
        self._ends.close()

    def pick(self, full: T, quick: T, tiny: T) -> T:
        """The value for this run's size."""
        return (full, quick, tiny)[SIZES.index(self.size)]

    def say(self, text: str) -> None:
        """Progress, for people: never on standard output, which carries the results."""
        print(f"[{time.monotonic() - self.began:6.1f} s] {text}", file=sys.stderr, flush=True)

    @contextmanager
    def servers(self, city: str = CITY) -> Iterator[Servers]:
        """A folder and a Redis of one measurement's own, ended with it: nothing goes on beside the next."""
        if self._live is not None:
            self._live_ends.close()
            self._live = None
        with self._serving(city) as servers:
            yield servers

    @contextmanager
    def _serving(self, city: str = CITY) -> Iterator[Servers]:
        if self._cache is None:
            self._cache = Path(self._ends.enter_context(tempfile.TemporaryDirectory(prefix="hexwatch-bench-cache-")))
        servers = Servers(city, cache=self._cache)
        try:
            servers.start_redis()
            yield servers
        except Exception:
            self.say(servers.last_words())
            raise
        finally:
            servers.stop()

    def live(self) -> Servers:
        """The live city of this run: Redis, engine, web, and thousands of occupied cells."""
        if self._live is None:
            self.say("starting a live city: Redis, engine, web")
            servers = self._live_ends.enter_context(self._serving())
            servers.start_engine()
            servers.start_web()
            now = datetime.now(UTC)
            count = self.pick(*LIVE_ENTRIES)
            traffic = Traffic(seed=100)
            servers.append([e.raw for e in traffic.entries(count, now - timedelta(seconds=5), timedelta(0))])
            servers.wait_until_taken()
            self._live = servers
        return self._live
