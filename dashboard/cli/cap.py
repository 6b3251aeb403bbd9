"""`feed cap` and `feed notices`: warnings from outside and planned disturbances into the city."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click
import httpx
import redis

from dashboard.city_time import city_time
from dashboard.cli.common import one_line_errors, redis_or_exit, settings_or_exit
from dashboard.engine_process import load_areas
from dashboard.settings import Settings
from dashboard.supervisor import stop_on_signals
from geo.cities import load_city
from streams.feeds.appender import FeedTaken
from streams.feeds.cap import poll
from streams.feeds.cap.facts import SOURCE
from streams.feeds.cap.ledger import Ledger
from streams.feeds.cap.sources import FileSource, FolderSource, Source, UrlSource
from streams.feeds.cap.tree import Refused
from streams.feeds.notices import SOURCE as NOTICES
from streams.feeds.notices import NoticesError, read_notices, sync
from streams.keys import Keys

FOLDER_EVERY_S = 5.0
NOTICES_EVERY_S = 5.0


@click.command()
@click.argument("place", metavar="PATH|URL")
@click.option("--source", default=SOURCE, show_default=True, help="the source's name on screens and in events")
@click.option("--every", type=click.FloatRange(min=1), help="seconds between looks  [default: 60, a folder 5]")
@click.option("--once", is_flag=True, help="look once and end; a folder's files are then taken as they are")
@click.option("--allow-host", "hosts", multiple=True, metavar="HOST[:PORT]", help="a feed may also link to this host")
@one_line_errors(FeedTaken, Refused)
def cap(place: str, source: str, every: float | None, once: bool, hosts: tuple[str, ...]) -> None:
    """Bring CAP warnings into HEXWATCH_CITY: from a file, a folder that is watched, a CAP document or an Atom feed.

    A file is read once. Nothing is taken twice, whatever is restarted.
    """
    settings = settings_or_exit()
    client, keys = redis_or_exit(settings), Keys(settings.city)
    with _opened(place, hosts, once) as chosen:
        if once or isinstance(chosen, FileSource):
            said = poll.look(chosen, poll.open_ledger(client, keys, chosen.place, _now(client, keys), source))
            _report(said)
            if said.failed:
                raise click.ClickException(said.failed)
            return
        stop = threading.Event()
        stop_on_signals(stop)
        usual_s = FOLDER_EVERY_S if isinstance(chosen, FolderSource) else poll.EVERY_S
        poll.watch(
            chosen,
            lambda: poll.open_ledger(client, keys, chosen.place, _now(client, keys), source),
            wait=_waiting(stop),
            stopping=stop.is_set,
            report=_report,
            every_s=every or usual_s,
        )


@contextmanager
def _opened(place: str, hosts: tuple[str, ...], once: bool) -> Iterator[Source]:
    if place.startswith(("http://", "https://")):
        with httpx.Client() as web:
            yield UrlSource(place, web, hosts=hosts)
        return
    path = Path(place).absolute()
    if not path.exists():
        raise click.UsageError(f"{place}: neither a file nor a folder, nor an http(s) address")
    yield FolderSource(path, settle=not once) if path.is_dir() else FileSource(path)


def _now(client: redis.Redis, keys: Keys) -> Callable[[], datetime]:
    """The city's time; the host's before an engine has said what it is."""

    return lambda: city_time(client, keys) or datetime.now(UTC)


def _report(said: poll.Look) -> None:
    if said.taken or said.ignored or said.dead or said.missed or said.failed:
        click.echo(str(said))
    for note in said.notes:
        click.echo(f"  {note}")


def _waiting(stop: threading.Event) -> Callable[[float], None]:
    def wait(seconds: float) -> None:
        stop.wait(seconds)

    return wait


@click.command()
@click.argument("path", metavar="FILE", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--source", default=NOTICES, show_default=True, help="the source's name; one per file")
@click.option("--every", type=click.FloatRange(min=1), default=NOTICES_EVERY_S, show_default=True, help="seconds")
@click.option("--once", is_flag=True, help="read the file once and end")
@click.option("--check", is_flag=True, help="only say whether the file can be taken")
@one_line_errors(FeedTaken, NoticesError)
def notices(path: Path, source: str, every: float, once: bool, check: bool) -> None:
    """Bring planned works, closures, events and holidays from a TOML file into HEXWATCH_CITY, and follow changes."""
    settings = settings_or_exit()
    areas = _area_names(settings)
    if check:
        click.echo(f"{path.name}: {len(read_notices(path, areas))} notices, no mistakes")
        return
    client, keys = redis_or_exit(settings), Keys(settings.city)

    def opened() -> Ledger:
        return Ledger(client, keys, source, source, _now(client, keys))

    if once:
        said = sync(path, opened(), areas)
        click.echo(str(said))
        if said.failed:
            raise click.exceptions.Exit(1)
        return
    stop = threading.Event()
    stop_on_signals(stop)
    follow(path, opened, areas, wait=_waiting(stop), stopping=stop.is_set, every_s=every)


def follow(
    path: Path,
    opened: Callable[[], Ledger],
    areas: list[str] | None,
    *,
    wait: Callable[[float], None],
    stopping: Callable[[], bool],
    every_s: float,
) -> None:
    """Read the file when it has changed and then stayed the same from one look to the next: it may be half-written.

    Between changes the source says that it is alive. Redis that does not answer is asked again.
    """
    ledger: Ledger | None = None
    taken: Any = None
    before: Any = None
    alive_at: datetime | None = None
    while not stopping():
        stamp = _stamp(path)
        try:
            ledger = ledger or opened()
            if stamp != taken and (stamp == before or taken is None):
                click.echo(str(sync(path, ledger, areas)))
                taken = stamp
            alive_at = poll.say_alive(ledger, alive_at)
        except redis.RedisError as error:
            ledger = None
            click.echo(f"Redis: {error}; trying again")
        before = stamp
        wait(every_s)


def _stamp(path: Path) -> tuple[int, int] | None:
    try:
        stat = path.stat()
    except OSError:
        return None
    return stat.st_size, stat.st_mtime_ns


def _area_names(settings: Settings) -> list[str] | None:
    """Names that notices may use, or None where the city has no area file."""
    try:
        found = load_areas(settings, load_city(settings.city))
    except ValueError as error:
        raise click.ClickException(str(error)) from None
    return list(found.names()) if found is not None else None
