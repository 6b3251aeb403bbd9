"""The briefing that is there when leaders come in: written each morning by whichever web process holds the lock, and
told to the webhooks that ask for it."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from datetime import time as clock_time
from pathlib import Path
from zoneinfo import ZoneInfo

import gevent
import redis
import structlog

from dashboard.blocking import run_blocking
from dashboard.briefing.desk import BriefingDesk, NotYet
from dashboard.briefing.document import Briefing
from dashboard.briefing.files import FORMATS, FontMissing, paper_of, write_files
from dashboard.briefing.period import Span
from dashboard.briefing.telling import Telling, hooks_for_briefings
from dashboard.local_files import OneHolder
from dashboard.outgoing.posting import Wire
from dashboard.settings import Settings
from layouts.context import Context
from streams.archive.manifest import BadArchive
from streams.keys import Keys

log = structlog.get_logger(__name__)

LOOK_S = 30.0
CityNow = Callable[[], datetime | None]


def due_day(now: datetime, at: clock_time, zone: ZoneInfo) -> date:
    """The day whose briefing should lie there: yesterday's from `at` on, before that the one of the day before."""
    local = now.astimezone(zone)
    return local.date() - timedelta(days=1 if local.time() >= at else 2)


@dataclass
class MorningWriter:
    """Writes the files of the day that is due, once, into a folder."""

    desk: BriefingDesk
    pages: Context
    folder: Path
    at: clock_time
    lang: str
    city_now: CityNow
    telling: Telling | None = None
    holder: OneHolder = field(init=False)

    def __post_init__(self) -> None:
        self.holder = OneHolder(self.folder / ".lock")

    def write_due(self, now: datetime) -> tuple[Briefing, list[Path], bool] | None:
        """The briefing that is due, its files, and whether they were written just now.

        None while there is none: no archive, or one that does not reach so far yet.
        """
        if not self.desk.archive.exists:
            return None
        day = due_day(now, self.at, ZoneInfo(str(self.pages.city.zone)))
        briefing = self.desk.brief(Span.DAY, day)
        if not briefing.revision:
            return None
        if there := self._files(briefing):
            return briefing, there, False
        paper = paper_of(briefing, self.pages, self.lang)
        try:
            return briefing, write_files(paper, FORMATS, self.folder), True
        except FontMissing as error:
            log.warning("the briefing is written without a PDF", reason=str(error))
            return briefing, write_files(paper, [name for name in FORMATS if name != "pdf"], self.folder), True

    def _files(self, briefing: Briefing) -> list[Path]:
        """What lies there; the PDF, which may fail for want of a font, is written last."""
        paths = [self.folder / f"{briefing.id}.{name}" for name in FORMATS]
        there = [path for path in paths if path.exists()]
        return there if len(there) >= len(paths) - 1 else []

    def look(self) -> None:
        """Write what is due and tell who asks for it. A question to Redis belongs to this thread's loop."""
        now = self.city_now()
        if now is None or not self.holder.claim() or (due := run_blocking(self.write_due, now)) is None:
            return
        briefing, paths, is_new = due
        if is_new:
            log.info("briefing written", files=[path.name for path in paths])
        if self.telling is not None:
            self.telling.tell(briefing, paths)


def start_mornings(
    desk: BriefingDesk, settings: Settings, pages: Context, city_now: CityNow, client: redis.Redis, keys: Keys
) -> None:
    """Begin to look from this process."""
    folder = Path(settings.briefing_folder) if settings.briefing_folder else settings.data / "briefings"
    at = clock_time.fromisoformat(settings.briefing_at)
    telling = Telling(client, keys, hooks_for_briefings(settings.webhooks), Wire(time.monotonic))
    gevent.spawn(keep_writing, MorningWriter(desk, pages, folder, at, settings.briefing_language, city_now, telling))


def keep_writing(writer: MorningWriter, sleep: Callable[[float], None] = gevent.sleep) -> None:
    """Look now and then, for as long as the process lives. Nothing ends it in silence."""
    while True:
        sleep(LOOK_S)
        try:
            writer.look()
        except (NotYet, BadArchive) as error:
            log.debug("no briefing yet", reason=str(error))
        except Exception:
            log.exception("no briefing was written; the next look tries again")
