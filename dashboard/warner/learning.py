"""Learning what is usual, once a day and beside the looking; the model is kept in the data folder."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple, Protocol

import msgspec
import numpy as np
import structlog

from dashboard.local_files import replace_whole
from dashboard.warner.past import SIMULATED, KeptModel, Past
from geo.warning.arrays import DAY_S
from geo.warning.recurring import recurring
from hotline.grave_words import SAID, grave_words, said
from hotline.warning_model import Model, PastCase, learn_model, settings_of

log = structlog.get_logger("warner")

LEARN_EVERY = timedelta(days=1)
FEWEST_MONTHS_S = 2 * 28 * DAY_S


class Learnt(NamedTuple):
    """A model, what it was learnt from, and what returns month after month."""

    model: Model
    source: str
    recurring: list[dict[str, Any]]


class Lesson(Protocol):
    """What `Learner` asks to learn; it may take minutes. `first` is given what can be had in a fraction of the time.

    Raises ValueError with words for people when there is nothing to learn from.
    """

    def __call__(
        self,
        now: datetime,
        spoken: list[PastCase],
        tell: Callable[[float], None],
        first: Callable[[KeptModel], None],
    ) -> KeptModel: ...


@dataclass
class Learner:
    """Learns beside the looking, in a thread: `lesson` may do it there, or wait there for a process of its own."""

    path: Path
    lesson: Lesson
    recurring: list[dict[str, Any]] = field(default_factory=list)
    _learnt: Learnt | None = None
    _fresh: Learnt | None = None
    _asked_at: datetime | None = None
    _thread: threading.Thread | None = None
    _progress: float = 0.0
    _trouble: str = ""

    def begin(self, now: datetime) -> None:
        """Read what is kept, or begin to learn before there is anything to look at. `turn` tells what came of it."""
        if self._learnt is None and self._fresh is None and self._asked_at is None:
            self._fresh = self._kept(now)
            if self._fresh is None:
                self._start(now, [])

    def turn(self, now: datetime, spoken: Callable[[], list[PastCase]] = list) -> Learnt | None:
        """Begin to learn when it is time to; a model that was just learnt, or read from the disk, once.

        `spoken` tells the grave words of the last day, where no past has them.
        """
        if self._learnt is None and self._fresh is None and self._asked_at is None:
            self._fresh = self._kept(now)
        if self._fresh is not None:
            self._learnt, self._fresh = self._fresh, None
            self.recurring = self._learnt.recurring
            self._asked_at = self._asked_at or now
            return self._learnt
        is_busy = self._thread is not None and self._thread.is_alive()
        if not is_busy and (self._asked_at is None or abs(now - self._asked_at) >= LEARN_EVERY):
            self._start(now, spoken())
        return None

    def _start(self, now: datetime, spoken: list[PastCase]) -> None:
        self._asked_at = now
        self._thread = threading.Thread(target=self._learn, args=(now, spoken), daemon=True, name="learning")
        self._thread.start()

    @property
    def has_news(self) -> bool:
        """Whether a model waits for the next `turn`: worth a look at once."""
        return self._fresh is not None

    def status(self) -> dict[str, Any]:
        """What may be told: `learning`, `ready`, or `cold` with what is missing."""
        is_busy = self._thread is not None and self._thread.is_alive()
        if self._learnt is None:
            state = "learning" if is_busy else "cold"
            return {
                "state": state,
                "progress": round(self._progress, 2),
                "words": self._trouble or "nothing learnt yet",
            }
        model = self._learnt.model
        state = "ready" if model.is_ready else "cold"
        return settings_of(model) | {"state": state, "source": self._learnt.source, "learnt_at_s": model.learnt_at_s}

    def _kept(self, now: datetime) -> Learnt | None:
        try:
            found = _used(msgspec.msgpack.decode(self.path.read_bytes(), type=KeptModel))
        except (OSError, ValueError, msgspec.DecodeError):
            return None
        return found if 0 <= now.timestamp() - found.model.learnt_at_s < LEARN_EVERY.total_seconds() else None

    def _learn(self, now: datetime, spoken: list[PastCase]) -> None:
        try:
            kept = self.lesson(now, spoken, self._tell, self._begin_with)
            found = _used(kept)
        except ValueError as error:
            self._trouble = str(error)
            return
        except Exception:
            log.exception("early warning could not learn")
            self._trouble = "learning failed"
            return
        self._trouble = ""
        replace_whole(self.path, msgspec.msgpack.encode(kept))
        log.info("early warning has learnt", source=found.source, words=found.model.in_words())
        self._fresh = found

    def _begin_with(self, kept: KeptModel) -> None:
        """Better than nothing."""
        if self._learnt is None:
            self._fresh = _used(kept)

    def _tell(self, share: float) -> None:
        self._progress = share


def learn_here(
    past_of: Callable[[datetime, Callable[[float], None]], Past],
    zone: str,
    now: datetime,
    spoken: list[PastCase],
    tell: Callable[[float], None],
    first: Callable[[KeptModel], None],
) -> KeptModel:
    """Learn in this process from what `past_of` reads. Raises ValueError when that is nothing."""
    past = past_of(now, tell)
    if past.source != SIMULATED:
        past.cases.extend(every_day(spoken, past.cases, now))
    model = learn_model(
        past.cases,
        zone,
        now,
        since_s=past.since_s,
        categories=[said(theme) for theme in grave_words().themes],
        marks=past.marks,
        tell=tell,
        first=lambda model: first(KeptModel(past.source, model.to_bytes(), [])),
    )
    return KeptModel(past.source, model.to_bytes(), _recurring(model, past, now))


def _used(kept: KeptModel) -> Learnt:
    """Raises ValueError for a model that is none of ours."""
    return Learnt(Model.from_bytes(kept.model), kept.source, kept.recurring)


def every_day(spoken: list[PastCase], cases: list[PastCase], now: datetime) -> list[PastCase]:
    """Grave words of the last day, as if each day of the record had been like it.

    Texts are in no archive, so this is all that is known of how often people say "gas" where nothing is the matter.
    """
    if not cases:
        return []
    days = int((now.timestamp() - min(case.at_s for case in cases)) // DAY_S)
    return [case._replace(at_s=case.at_s - n * DAY_S) for n in range(days) for case in spoken]


def _recurring(model: Model, past: Past, now: datetime) -> list[dict[str, Any]]:
    """What returns month after month; nothing with less than two months to compare."""
    times = np.array([case.at_s for case in past.cases])
    if now.timestamp() - float(times.min()) < FEWEST_MONTHS_S:
        return []
    grid = model.grid
    past = past._replace(cases=[case for case in past.cases if not case.category.startswith(SAID)])
    times = np.array([case.at_s for case in past.cases])
    cells = np.array([grid.index[case.cell] for case in past.cases], dtype=np.int32)
    categories = np.array([model.categories[case.category] for case in past.cases], dtype=np.int32)
    found = recurring(grid, times, cells, categories, now.timestamp())
    return [row._asdict() if hasattr(row, "_asdict") else msgspec.to_builtins(row) for row in found]
