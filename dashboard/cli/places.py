"""`places`: build what the desk's search of places knows beyond areas and landmarks."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from dashboard.cli.common import one_line_errors, settings_or_exit
from dashboard.engine_process import load_areas
from geo.areas import Areas
from geo.cities import City, load_city
from geo.gazetteer_files import write_streets
from geo.street_names import LEAST_RECORDS, StreetLearner
from streams.feeds.answers import answers
from streams.feeds.preset import Preset, PresetError, load_preset
from streams.feeds.records import Rejected
from streams.feeds.rows import FeedError


@click.group()
def places() -> None:
    """Build the streets that the desk's search knows."""


@places.command()
@click.argument("path", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--preset", required=True, help="how to read the file: a name or a TOML file")
@click.option("--out", required=True, type=click.Path(dir_okay=False, path_type=Path), help="the file to write")
@click.option(
    "--least",
    type=click.IntRange(min=1),
    default=LEAST_RECORDS,
    show_default=True,
    help="records that a street needs; with 1 it may be somebody's door",
)
@one_line_errors(PresetError, FeedError, ValueError)
def learn(path: Path, preset: str, out: Path, least: int) -> None:
    """Learn the streets of a city from the addresses of a recorded file, for HEXWATCH_PLACES.

    House numbers, texts and names of people are not kept.
    """
    settings = settings_or_exit()
    chosen = load_preset(preset)
    city = load_city(chosen.city)
    learner = StreetLearner()
    with click.progressbar(length=100, label=f"Reading {path.name}", show_pos=False) as bar:
        rows, rejected = _read(path, chosen, city, load_areas(settings, city), learner, _shown(bar))
    if not learner.records:
        raise click.ClickException(
            f"{path.name}: none of {rows:,} records has an address and a usable position "
            f"({rejected:,} could not be read); `feed check` says what the preset makes of them"
        )
    try:
        n = write_streets(out, chosen.city, path.name, learner.records, learner.streets(least))
    except OSError as error:
        raise click.ClickException(f"{out}: cannot be written ({error.strerror})") from None
    click.echo(f"{n:,} streets of {learner.records:,} addresses ({rows:,} records, {rejected:,} not readable)")
    click.echo(f"Now: HEXWATCH_PLACES={out}")


def _read(
    path: Path,
    preset: Preset,
    city: City,
    areas: Areas | None,
    learner: StreetLearner,
    progress: Callable[[float], None],
) -> tuple[int, int]:
    """(rows, of these not readable). A call with several rows counts once."""
    seen: set[str] = set()
    rows = rejected = 0
    for answer in answers(path, preset, progress):
        rows += 1
        if isinstance(answer, Rejected):
            rejected += 1
        elif answer and answer[0].record not in seen:
            seen.add(answer[0].record)
            _take(answer[0].envelope.data, city, areas, learner)
    return rows, rejected


def _take(said: dict[str, Any], city: City, areas: Areas | None, learner: StreetLearner) -> None:
    lat, lng = said.get("lat"), said.get("lng")
    if lat is None or lng is None or not city.usable(lat, lng) or not said.get("address"):
        return
    area = areas.area_of(lat, lng) if areas is not None else said.get("area") or ""
    learner.add(said["address"], lat, lng, area)


def _shown(bar: Any) -> Callable[[float], None]:
    def progress(share: float) -> None:
        bar.update(int(100 * share) - bar.pos)

    return progress
