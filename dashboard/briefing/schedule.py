"""The briefing that is there when leaders come in: written each morning by whichever web process holds the lock."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import gevent
import structlog

from dashboard.blocking import run_blocking
from dashboard.briefing.desk import BriefingDesk, NotYet
from dashboard.briefing.files import FORMATS, FontMissing, paper_of, write_files
from dashboard.briefing.period import Span
from dashboard.local_files import OneHolder
from dashboard.settings import Settings
from layouts.context import Context
from streams.archive.manifest import BadArchive

log = structlog.get_logger(__name__)

LOOK_S = 30.0
CityNow = Callable[[], datetime | None]


def due_day(now: datetime, at: time, zone: ZoneInfo) -> date:
    """The day whose briefing should lie there: yesterday's from `at` on, before that the one of the day before."""
    local = now.astimezone(zone)
    return local.date() - timedelta(days=1 if local.time() >= at else 2)


@dataclass
class MorningWriter:
    """Writes the files of the day that is due, once, into a folder."""

    desk: BriefingDesk
    pages: Context
    folder: Path
    at: time
    lang: str
    city_now: CityNow
    holder: OneHolder = field(init=False)

    def __post_init__(self) -> None:
        self.holder = OneHolder(self.folder / ".lock")

    def write_due(self, now: datetime) -> list[Path]:
        """The files of the day that is due, unless they lie there or the archive does not reach so far yet."""
        if not self.desk.archive.exists:
            return []
        day = due_day(now, self.at, ZoneInfo(str(self.pages.city.zone)))
        briefing = self.desk.brief(Span.DAY, day)
        if not briefing.revision or (self.folder / f"{briefing.id}.pdf").exists():
            return []
        paper = paper_of(briefing, self.pages, self.lang)
        try:
            return write_files(paper, FORMATS, self.folder)
        except FontMissing as error:
            log.warning("the briefing is written without a PDF", reason=str(error))
            return write_files(paper, [name for name in FORMATS if name != "pdf"], self.folder)


def start_mornings(desk: BriefingDesk, settings: Settings, pages: Context, city_now: CityNow) -> None:
    """Begin to look from this process."""
    folder = Path(settings.briefing_folder) if settings.briefing_folder else settings.data / "briefings"
    at = time.fromisoformat(settings.briefing_at)
    gevent.spawn(keep_writing, MorningWriter(desk, pages, folder, at, settings.briefing_language, city_now))


def keep_writing(writer: MorningWriter, sleep: Callable[[float], None] = gevent.sleep) -> None:
    """Look now and then, for as long as the process lives. Nothing ends it in silence."""
    while True:
        sleep(LOOK_S)
        try:
            now = writer.city_now()  # a question to Redis belongs to this thread's loop
            if now is not None and writer.holder.claim() and (written := run_blocking(writer.write_due, now)):
                log.info("briefing written", files=[path.name for path in written])
        except (NotYet, BadArchive) as error:
            log.debug("no briefing yet", reason=str(error))
        except Exception:
            log.exception("no briefing was written; the next look tries again")
