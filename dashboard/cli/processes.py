"""Commands that run one process of a city. What only one of them needs is imported when it runs."""

from __future__ import annotations

import os
import sys
import threading
from datetime import datetime

import click

from dashboard.cli.common import redis_or_exit, settings_or_exit
from dashboard.engine.clock import Mode
from dashboard.settings import archive_path, reader_path
from dashboard.supervisor import EX_CONFIG, stop_on_signals
from streams.keys import Keys


@click.command()
def serve() -> None:
    """Run the web process: pages, API and live frames. Any number may run."""
    settings = settings_or_exit()
    # A fresh interpreter: gevent must patch the standard library before anything imports it.
    arguments = [
        "--worker-class=gevent",
        f"--workers={settings.web_workers}",
        f"--bind={settings.host}:{settings.port}",
        "--graceful-timeout=3",
        "--timeout=60",
        "--log-level=warning",
        "--no-control-socket",
        "dashboard.web:create_app()",
    ]
    os.execv(sys.executable, [sys.executable, "-m", "gunicorn", *arguments])


@click.command()
@click.option("--mode", type=click.Choice([m.value for m in Mode]), default=Mode.LIVE.value, show_default=True)
@click.option("--start-at", metavar="ISO", help="first instant of a simulated city's clock")
@click.option("--take-over", is_flag=True, help="do not wait for the active engine's lease to end")
def engine(mode: str, start_at: str | None, take_over: bool) -> None:
    """Run the engine of the city HEXWATCH_CITY. A second one waits as a standby."""
    from dashboard.engine.store import Fenced
    from dashboard.engine_process import run_engine

    settings = settings_or_exit()
    redis_or_exit(settings)
    stop = threading.Event()
    stop_on_signals(stop)
    begin = datetime.fromisoformat(start_at) if start_at else None
    try:
        run_engine(settings, Mode(mode), begin, take_over, stop)
    except Fenced as error:
        click.echo(f"another engine took over: {error}")
        sys.exit(1)
    except ValueError as error:
        click.echo(str(error))
        sys.exit(EX_CONFIG)


@click.command()
def reader() -> None:
    """Run the reader: keeps the lists and the search index of HEXWATCH_CITY in a SQLite file."""
    from dashboard.reader_process import run as run_reader

    settings = settings_or_exit()
    client = redis_or_exit(settings)
    stop = threading.Event()
    stop_on_signals(stop)
    run_reader(client, Keys(settings.city), reader_path(settings), stop)


@click.command()
def archiver() -> None:
    """Run the archiver: copies the log of HEXWATCH_CITY into Parquet files. A second one waits."""
    from dashboard.archiver_process import run as run_archiver
    from streams.archive.manifest import BadArchive

    settings = settings_or_exit()
    client = redis_or_exit(settings)
    stop = threading.Event()
    stop_on_signals(stop)
    try:
        run_archiver(settings, client, stop)
    except (BadArchive, ValueError) as error:
        click.echo(str(error))
        sys.exit(EX_CONFIG)


@click.command()
def replayer() -> None:
    """Make pictures of the past of HEXWATCH_CITY from its archive, for the page /replay. Any number may run."""
    from dashboard.replaying.process import Replayer
    from dashboard.replaying.process import run as run_replayer

    settings = settings_or_exit()
    client = redis_or_exit(settings)
    stop = threading.Event()
    stop_on_signals(stop)

    def make() -> Replayer:
        from dashboard.engine_process import load_own_plans
        from geo.cities import load_city
        from streams.archive.view import Archive

        return Replayer(load_city(settings.city), Archive(archive_path(settings)), load_own_plans(settings))

    run_replayer(client, Keys(settings.city), make, stop)


@click.command()
def similar() -> None:
    """Look for similar cases of HEXWATCH_CITY as they come in, beside the engine and at a lower priority."""
    from dashboard.similar.file import SimilarFile, similar_path
    from dashboard.similar.process import run as run_similar

    settings = settings_or_exit()
    client = redis_or_exit(settings)
    stop = threading.Event()
    stop_on_signals(stop)
    run_similar(client, Keys(settings.city), lambda: SimilarFile(similar_path(settings), settings.city), stop)


@click.command()
@click.option("--start-at", metavar="ISO", help="when a simulated city will begin: it learns meanwhile")
def warner(start_at: str | None) -> None:
    """Look for what begins in HEXWATCH_CITY, every five minutes of its time and at a lower priority. Run one."""
    from dashboard.warner.process import run as run_warner
    from dashboard.warner.start import maker

    settings = settings_or_exit()
    client = redis_or_exit(settings)
    stop = threading.Event()
    stop_on_signals(stop)
    begins_at = datetime.fromisoformat(start_at) if start_at else None
    run_warner(maker(settings, client, stop, begins_at), stop)
