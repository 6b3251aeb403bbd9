"""Commands that run something: the demo, the whole system, or one of its processes."""

from __future__ import annotations

import os
import sys
import threading
from datetime import UTC, datetime
from pathlib import Path

import click

from dashboard.cli.common import one_line_errors, redis_or_exit, settings_or_exit
from dashboard.cli.feed import SPEED, replay_options
from dashboard.demo import Program, StoryWish, live_program, replay_program, run_program, simulation_program
from dashboard.engine.clock import Mode
from dashboard.engine.store import Fenced
from dashboard.engine_process import run_engine
from dashboard.reader_process import run as run_reader
from dashboard.settings import PREFIX, reader_path
from dashboard.supervisor import EX_CONFIG, CannotStart, stop_on_signals
from streams.feeds.preset import PresetError, load_preset
from streams.keys import Keys
from streams.sim.laws import SEED
from streams.sim.scenes import scene_names


@click.command()
@click.option("--replay", "path", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="file to replay")
@click.option("--preset", help="how to read that file: a name (see `feed presets`) or a TOML file")
@click.option("--speed", type=SPEED, default="60", show_default=True, help="city seconds per second, or max")
@click.option("--from", "start", metavar="T", help='city time to start at, e.g. "2011-08-28 06:00"; earlier is loaded')
@click.option("--until", metavar="T", help="city time at which the clock is left standing")
@click.option("--scene", type=click.Choice(scene_names()), help="begin the simulated city with this scene")
@click.option("--surge", type=click.FloatRange(0, 20), default=1.0, help="times as much happens in it as usual")
@click.option("--seed", default=SEED, show_default=True, help="another seed is another city life")
@click.option("--autoplay", is_flag=True, help="let the story play itself")
@click.option("--areas", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="GeoJSON of areas")
@one_line_errors(CannotStart, PresetError)
def demo(
    path: Path | None,
    preset: str | None,
    speed: str,
    start: str | None,
    until: str | None,
    scene: str | None,
    surge: float,
    seed: str,
    autoplay: bool,
    areas: Path | None,
) -> None:
    """Start a whole city on this machine: Redis, engine, reader, web, and what fills it.

    Without options a simulated Beijing lives, labelled SIMULATION, from 17:40 on a working day. With --replay and
    --preset a recorded file plays as its own city. Ctrl-C stops everything; the same command goes on where it ended.
    """
    settings = settings_or_exit()
    if (path is None) != (preset is None):
        raise click.UsageError("--replay and --preset belong together")
    if path is None or preset is None:
        story = StoryWish(scene or "", autoplay)
        run_program(_with_areas(simulation_program(settings, datetime.now(UTC), seed, surge, story), areas))
        return
    options = replay_options(load_preset(preset), speed, start, until)
    city = load_preset(preset).city
    run_program(_with_areas(replay_program(settings, path.resolve(), preset, options, city), areas))


def _with_areas(program: Program, areas: Path | None) -> Program:
    if areas is not None:
        program.env[f"{PREFIX}AREAS"] = str(areas.resolve())
    return program


@click.command()
@one_line_errors(CannotStart)
def up() -> None:
    """Run a live city: everything under one supervisor, filled by feeds and by POST /api/v1/events."""
    run_program(live_program(settings_or_exit()))


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
    settings = settings_or_exit()
    client = redis_or_exit(settings)
    stop = threading.Event()
    stop_on_signals(stop)
    run_reader(client, Keys(settings.city), reader_path(settings), stop)
