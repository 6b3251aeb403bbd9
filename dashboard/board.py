"""The printed board: once a minute a plain page in a folder, readable with every process dead.

One process writes, whoever holds the lock of the folder; when it dies the next one goes on. No personal field stands
on a board: no address, no words, no telephone number.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import gevent
import msgspec
import redis
import structlog
from flask import Blueprint, Response, request

from dashboard.access import Access
from dashboard.blocking import run_blocking
from dashboard.local_files import OneHolder, replace_whole
from dashboard.roles import Permission
from dashboard.settings import Settings
from layouts.context import Context
from layouts.dispatch.paper import BoardPicture, paper_board
from layouts.dispatch.voice import desk_language
from layouts.texts import Language
from streams.keys import Keys

log = structlog.get_logger("board")

EVERY_S = 60
FRESH_S = 10.0  # of a board that is asked for
LATEST = "latest.html"
NAMES = "board-*.html"
TOPICS = ("queue", "roster", "tasks")


def _wall() -> datetime:
    return datetime.now(UTC)


def board_folder(settings: Settings) -> Path:
    """Where boards are written: the folder that the settings name, or one in the data folder."""
    return Path(settings.board_folder) if settings.board_folder else settings.data / "board"


def read_board(client: redis.Redis, keys: Keys, written_at: datetime) -> BoardPicture | None:
    """What the engine committed last, all of one instant; None before its first frame."""
    with client.pipeline(transaction=True) as pipe:
        for topic in ("clock", *TOPICS):
            pipe.hgetall(keys.view(topic))
        pipe.hmget(keys.position, ["frame_seq", "seq"])
        clock, *views, seqs = pipe.execute()
    if not clock:
        return None
    said = _values(clock)
    return BoardPicture(
        now=datetime.fromisoformat(said["now"]),
        mode=said.get("mode", ""),
        seq=next((int(seq) for seq in seqs if seq), 0),
        written_at=written_at,
        **{topic: _values(view) for topic, view in zip(TOPICS, views, strict=True)},
    )


def _values(raw: dict[bytes, bytes]) -> dict[str, Any]:
    return {name.decode(): msgspec.json.decode(value) for name, value in raw.items()}


@dataclass
class BoardWriter:
    """Writes boards of one city into a folder and takes away those that are older than `keep`."""

    client: redis.Redis
    keys: Keys
    pages: Context
    folder: Path
    lang: Language
    keep: timedelta
    now: Callable[[], datetime] = _wall
    _holder: OneHolder = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self._holder = OneHolder(self.folder / ".lock")

    def claim(self) -> bool:
        """Become the one who writes here, if nobody else is."""
        return self._holder.claim()

    def release(self) -> None:
        self._holder.release()

    def write(self) -> Path | None:
        """Write the board of now; its path, or None while there is no picture."""
        picture = read_board(self.client, self.keys, self.now())
        if picture is None:
            return None
        text = run_blocking(paper_board, self.pages, self.lang, picture)
        local = picture.now.astimezone(ZoneInfo(str(self.pages.city.zone)))
        path = self.folder / f"board-{local:%H%M}.html"
        run_blocking(self._put, path, text.encode("utf-8"))
        return path

    def _put(self, path: Path, body: bytes) -> None:
        """Whole or not at all, and the newest one under its own name too: a reader never meets half a board."""
        for place in (path, self.folder / LATEST):
            replace_whole(place, body, durable=True)
        oldest = self.now().timestamp() - self.keep.total_seconds()
        for old in self.folder.glob(NAMES):
            if old.stat().st_mtime < oldest:
                old.unlink(missing_ok=True)


def keep_writing(
    writer: BoardWriter, sleep: Callable[[float], None] = gevent.sleep, wall_s: Callable[[], float] = time.time
) -> None:
    """A board at each full minute, for as long as the process lives and has the lock. Nothing ends it in silence."""
    while True:
        try:
            if writer.claim():
                writer.write()
        except (OSError, redis.RedisError) as error:
            log.warning("no board was written; the last one stays", folder=str(writer.folder), error=str(error))
        except Exception:
            log.exception("no board was written; the last one stays", folder=str(writer.folder))
        sleep(EVERY_S - wall_s() % EVERY_S)


def start_board(settings: Settings, client: redis.Redis, keys: Keys, pages: Context) -> None:
    """Begin to write boards from this process."""
    writer = BoardWriter(
        client,
        keys,
        pages,
        board_folder(settings),
        desk_language(settings.board_language),
        timedelta(hours=settings.board_keep_h),
    )
    gevent.spawn(keep_writing, writer)


class Rendered:
    """Boards by language, each made at most every few seconds however many desks ask."""

    def __init__(self, client: redis.Redis, keys: Keys, pages: Context, monotonic: Callable[[], float]):
        self.client, self.keys, self.pages, self.monotonic = client, keys, pages, monotonic
        self._kept: dict[str, tuple[float, str]] = {}

    def page(self, lang: Language) -> str | None:
        """The board in a language, or None while there is no picture."""
        kept = self._kept.get(lang.id)
        if kept is not None and self.monotonic() - kept[0] < FRESH_S:
            return kept[1]
        picture = read_board(self.client, self.keys, _wall())
        if picture is None:
            return None
        page = run_blocking(paper_board, self.pages, lang, picture)
        self._kept[lang.id] = (self.monotonic(), page)
        return page


def board_routes(
    client: redis.Redis, keys: Keys, access: Access, pages: Context, monotonic: Callable[[], float] = time.monotonic
) -> Blueprint:
    """`GET /board`: the board of now, for printing and for a browser to keep."""
    blueprint, rendered = Blueprint("board", __name__), Rendered(client, keys, pages, monotonic)

    @blueprint.get("/board")
    @access.require(Permission.READ_INCIDENTS)
    def board() -> Response:
        """`?lang=`: en, zh_CN or ar."""
        page = rendered.page(desk_language(request.args.get("lang")))
        if page is None:
            return Response("no picture yet", 503, mimetype="text/plain", headers={"Retry-After": "2"})
        return Response(page, mimetype="text/html", headers={"Cache-Control": "no-store"})

    return blueprint
