"""Commands that run something: the demo, the whole system, or one of its processes."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import click

from dashboard.cli.common import one_line_errors, settings_or_exit
from dashboard.cli.feed import SPEED, replay_options
from dashboard.demo import Program, StoryWish, live_program, replay_program, run_program, simulation_program
from dashboard.settings import PREFIX
from dashboard.supervisor import CannotStart
from streams.feeds.preset import PresetError, load_preset
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
