"""The archiver as a process: follows the log while Redis dies and comes back; of several on one archive one works."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import redis
import structlog

from dashboard.archiver import FLUSH_S, Archiver, LogIsOlder
from dashboard.settings import Settings, archive_path
from geo.cities import load_city
from streams.archive.manifest import BadArchive, holding
from streams.archive.retention import Rules, load_rules
from streams.keys import Keys

log = structlog.get_logger("archiver")

RETRY_S = 1.0
WAIT_S = 0.5
BLOCK_MS = 250


def rules_of(settings: Settings) -> Rules:
    """The retention rules that a setting names, else those that come with Hexwatch. Raises ValueError."""
    return load_rules(Path(settings.archive_rules)) if settings.archive_rules else Rules()


def archiver_of(settings: Settings, client: redis.Redis, flush_s: float = FLUSH_S) -> Archiver:
    """The archiver of the settings' city. Raises BadArchive and ValueError."""
    city = load_city(settings.city)
    return Archiver(client, Keys(settings.city), archive_path(settings), city.zone, rules_of(settings), flush_s=flush_s)


def run(settings: Settings, client: redis.Redis, stop: threading.Event) -> None:
    """Keep the archive up to date until `stop` is set; then write what waits.

    Redis away, disk full: waits and goes on. Raises BadArchive for a folder that is another city's.
    """
    folder = archive_path(settings)
    while not stop.is_set():
        try:
            with holding(folder, ".archiver", wait=False):
                _follow(archiver_of(settings, client, float(settings.archive_flush_s)), stop)
        except BadArchive as error:
            if ".archiver" not in str(error):
                raise
            stop.wait(WAIT_S)  # a standby: the one that works holds the lock until it dies


def _follow(archiver: Archiver, stop: threading.Event) -> None:
    started = False
    while not stop.is_set():
        try:
            if not started:
                archiver.start()
                archiver.clean()
                started = True
            if not archiver.step():
                _wait(archiver)
        except (redis.ConnectionError, redis.TimeoutError) as error:
            log.warning("redis does not answer; the archive stands still", error=str(error))
            started = False  # what was told of a range is read again
            stop.wait(RETRY_S)
        except LogIsOlder as error:
            log.error("the archive is not touched: restore the log, or give the city a new archive", reason=str(error))
            stop.wait(10 * RETRY_S)
        except OSError as error:
            log.error("the archive cannot be written; trying again", error=str(error))
            stop.wait(RETRY_S)
    if started:
        _end(archiver)


def _wait(archiver: Archiver) -> None:
    """Until something was appended, or a quarter of a second."""
    known = archiver.waiting[-1][0] if archiver.waiting else archiver.manifest.position
    began = time.monotonic()
    archiver.client.xread({archiver.keys.events: known}, count=1, block=BLOCK_MS)
    # Facts come by the hundred: reading each turn of the engine by itself would cost it more than us.
    left = BLOCK_MS / 1000 - (time.monotonic() - began)
    if left > 0:
        time.sleep(left)


def _end(archiver: Archiver) -> None:
    try:
        archiver.flush()
    except (redis.RedisError, OSError) as error:
        log.info("what waited will be written by the next start", error=str(error))
