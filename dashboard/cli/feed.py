"""`feed`: replay recorded files, and say beforehand what would happen."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import click

from dashboard.city_time import city_now
from dashboard.cli.common import one_line_errors, redis_or_exit, settings_or_exit
from dashboard.cli.lazy import Lazy
from dashboard.supervisor import stop_on_signals
from streams.feeds.appender import FeedTaken
from streams.feeds.check import check as check_file
from streams.feeds.preset import Preset, PresetError, load_preset, presets
from streams.feeds.replay import Plan
from streams.feeds.replay import replay as replay_file
from streams.feeds.rows import FeedError
from streams.keys import Keys


class Speed(click.ParamType):
    """A number above 0, or `max`."""

    name = "NUMBER|max"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        if value != "max":
            try:
                if not 0 < float(value) < 1e6:
                    raise ValueError
            except ValueError:
                self.fail(f"{value!r} is not a number above 0, nor max", param, ctx)
        return str(value)


SPEED = Speed()


def replay_options(preset: Preset, speed: str, start: str | None, until: str | None) -> list[str]:
    """The same wishes as options of `feed replay`; instants are checked here, where a person reads the error."""
    options = ["--speed", speed]
    for name, value in (("--from", start), ("--until", until)):
        if value is not None:
            _instant(preset, name, value)
            options += [name, value]
    return options


def _instant(preset: Preset, option: str, value: str | None) -> datetime | None:
    if value is None:
        return None
    try:
        return preset.instant(value)
    except ValueError as error:
        raise click.UsageError(f"{option} {value!r}: {error}") from None


# What speaks another protocol has a module of its own.
SOURCES = {"open311": "dashboard.cli.open311", "cap": "dashboard.cli.cap", "notices": "dashboard.cli.cap"}


@click.group(cls=Lazy, places=SOURCES)
def feed() -> None:
    """Bring records into the city."""


@feed.command()
@click.argument("path", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--preset", required=True, help="how to read the file: a name or a TOML file")
@click.option("--speed", type=SPEED, default="60", show_default=True, help="city seconds per second, or max")
@click.option("--from", "start", metavar="T", help="city time to start at; what came before is loaded")
@click.option("--until", metavar="T", help="city time at which the clock is left standing")
@click.option("--loop", is_flag=True, help="tell the first day again each day (with --shift-to)")
@click.option("--shift-to", metavar="ISO", help="move the file's first midnight to this instant; the city keeps time")
@one_line_errors(PresetError, FeedError, FeedTaken, LookupError)
def replay(
    path: Path, preset: str, speed: str, start: str | None, until: str | None, loop: bool, shift_to: str | None
) -> None:
    """Replay a recorded file into HEXWATCH_CITY. A restart neither repeats nor skips."""
    settings = settings_or_exit()
    client, keys = redis_or_exit(settings), Keys(settings.city)
    stop = threading.Event()
    stop_on_signals(stop)
    chosen = load_preset(preset)
    try:
        plan = Plan(
            speed=None if speed == "max" or shift_to else float(speed),
            start=_instant(chosen, "--from", start),
            until=_instant(chosen, "--until", until),
            shift_to=datetime.fromisoformat(shift_to) if shift_to else None,
            loop=loop,
            city_now=(lambda: city_now(client, keys)) if shift_to else None,
        )
    except ValueError as error:
        raise click.UsageError(str(error)) from None
    work_dir = settings.data / "feeds"
    work_dir.mkdir(parents=True, exist_ok=True)
    with click.progressbar(length=100, label=f"Preparing {path.name}", show_pos=False) as bar:
        result = replay_file(
            client, keys, chosen, path, plan,
            work_dir=work_dir,
            wait=_waiting(stop),
            stopping=stop.is_set,
            progress=_shown(bar),
        )  # fmt: skip
    click.echo(f"{result.feed}: {result.outcome}; {result.entries} entries, {result.dead} dead letters")
    if result.refused:
        raise click.ClickException(result.outcome)


def _waiting(stop: threading.Event) -> Callable[[float], None]:
    def wait(seconds: float) -> None:
        stop.wait(seconds)

    return wait


def _shown(bar: Any) -> Any:
    """Progress in hundredths of the file; a file of unknown length only moves the bar's label."""

    def progress(done: int, total: int | None) -> None:
        if total:
            bar.update(int(100 * done / total) - bar.pos)

    return progress


@feed.command()
@click.argument("path", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--preset", required=True, help="how to read the file: a name or a TOML file")
@click.option("--rows", default=1000, show_default=True, help="how many rows to look at")
@one_line_errors(PresetError, FeedError)
def check(path: Path, preset: str, rows: int) -> None:
    """Say what a replay of PATH would do, without doing it."""
    click.echo(str(check_file(path, load_preset(preset), rows)))


@feed.command(name="presets")
def list_presets() -> None:
    """List the presets that come with Hexwatch."""
    for name in sorted(presets()):
        click.echo(name)
