"""`travel`: travel times for recommendations, learnt from recorded calls."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from dashboard.cli.common import one_line_errors
from dashboard.local_files import replace_whole
from dashboard.recorded_runs import learn_from, read_runs
from emergency.travel import ANY, HOUR_CLASSES, TravelTimes, from_bytes, to_bytes
from streams.feeds.preset import PresetError, load_preset
from streams.feeds.rows import FeedError


@click.group()
def travel() -> None:
    """Learn how long units take from one place to another."""


@travel.command()
@click.argument("path", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--preset", required=True, help="how to read the file: a name or a TOML file, one row per unit sent")
@click.option("--out", required=True, type=click.Path(dir_okay=False, path_type=Path), help="the file to write")
@one_line_errors(PresetError, FeedError, ValueError, OSError)
def learn(path: Path, preset: str, out: Path) -> None:
    """Learn travel times from the recorded calls in PATH, for HEXWATCH_TRAVEL.

    Says beside it how far off they are: learnt from the first two thirds of the trips, asked about the last.
    """
    chosen = load_preset(preset)
    with click.progressbar(length=100, label=f"Reading {path.name}", show_pos=False) as bar:
        recorded = read_runs(path, chosen, _shown(bar))
    click.echo(f"{len(recorded.runs):,} runs of {recorded.rows:,} rows ({recorded.rejected:,} not readable)")
    found = learn_from(recorded.runs, chosen.zone, path.name)
    replace_whole(out, to_bytes(found.model))
    _say(found.model)
    click.echo(
        f"On the last {found.asked:,} trips: {found.mae_s:.0f} s off on average, 9 of 10 within {found.p90_s:.0f} s "
        f"(constant {found.constant_mps * 3.6:.0f} km/h on straight lines: {found.constant_mae_s:.0f} s and "
        f"{found.constant_p90_s:.0f} s)"
    )
    click.echo(f"Now: HEXWATCH_TRAVEL={out}")


@travel.command()
@click.argument("path", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@one_line_errors(ValueError, OSError)
def show(path: Path) -> None:
    """Say what is in a file of travel times."""
    _say(from_bytes(path.read_bytes()))


def _say(model: TravelTimes) -> None:
    pairs = sum(len(known) for known in model.pairs.values())
    click.echo(f"{model.source} ({model.zone}); {len(model.places):,} places, {pairs:,} pairs of places")
    click.echo(f"{len(model.homes):,} units with a home that is known from their calls")
    for kind, drive in sorted(model.drives.items()):
        km_s = drive.base_s + drive.rate * 1000**model.exponent
        name = kind if kind != ANY else "all kinds"
        known = f"{drive.n:,} trips" if kind == ANY or drive.n < model.trips else "trips of all kinds, at its own pace"
        click.echo(f"  {name}: 1 km in {km_s:.0f} s, turnout {drive.turnout_s:.0f} s ({known})")
    slower = ", ".join(f"{name} {factor - 1:+.0%}" for name, factor in zip(HOUR_CLASSES, model.hours, strict=True))
    click.echo(f"  by the hour: {slower}")


def _shown(bar: Any) -> Callable[[float], None]:
    def progress(share: float) -> None:
        bar.update(int(100 * share) - bar.pos)

    return progress
