"""`archive`: fill it from files, prove it, mend it, copy from it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path
from typing import Any

import click
import redis

from dashboard.archive_check import Overlap, Repair, check_log
from dashboard.archive_import import import_file
from dashboard.cli.common import one_line_errors, running_settings
from dashboard.connect import connect
from dashboard.engine_process import load_areas
from dashboard.settings import Settings, archive_path
from geo.cities import load_city
from streams.archive import days, verify
from streams.archive.export import FORMATS, export
from streams.archive.manifest import BadArchive, Manifest, change, load
from streams.archive.schema import TABLES
from streams.archive.view import Archive, Where, bounds_of
from streams.feeds.preset import PresetError, load_preset
from streams.feeds.rows import FeedError
from streams.keys import Keys

FOLDER = click.option("--folder", type=click.Path(file_okay=False, path_type=Path), help="another archive's folder")
WORDS = ("area", "category", "channel", "kind", "language", "owner", "source")


@click.group()
def archive() -> None:
    """The years behind the hot days: Parquet files that anything can read (docs/archive.md)."""


@archive.command("import")
@click.argument("path", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--preset", "preset_name", required=True, help="how to read it: a name (see `feed presets`) or a TOML file"
)
@FOLDER
@one_line_errors(PresetError, FeedError, BadArchive, ValueError)
def import_(path: Path, preset_name: str, folder: Path | None) -> None:
    """Load a recorded file, past the live log: what was recorded there is what happened there.

    The same file again replaces what it brought before. Without HEXWATCH_CITY the preset's city is filled.
    """
    preset = load_preset(preset_name)
    settings = _settings_for(preset.city)
    city = load_city(settings.city)
    target = folder or archive_path(settings)
    areas = load_areas(settings, city)
    with click.progressbar(length=100, label=f"Importing {path.name}", show_pos=False) as bar:
        made = import_file(target, path, preset, city, areas, settings.data / "feeds", _shown(bar))
        bar.update(100 - bar.pos)
    click.echo(f"{made.rows:,} {'cases' if preset.record == 'case' else 'incidents'} in {target}")
    if made.refused or made.repeated:
        click.echo(f"{made.refused:,} rows could not be understood, {made.repeated:,} said the same again")


@archive.command()
@FOLDER
@one_line_errors(BadArchive)
def status(folder: Path | None) -> None:
    """Say what the archive holds and how far it reaches."""
    target, manifest = _opened(folder)
    size = sum(file.size for file in manifest.files)
    click.echo(f"{target}: {manifest.city}, {manifest.zone}, schema {manifest.schema}, {size / 2**20:,.0f} MB")
    for table in TABLES:
        files = manifest.of(table)
        if files:
            kept = manifest.days(table)
            rows = sum(file.rows for file in files)
            click.echo(f"  {table:<16} {rows:>13,} rows  {len(files):>6,} files  {kept[0]} to {kept[-1]}")
    for name, origin in manifest.origins.items():
        click.echo(f"  imported: {origin.path} ({origin.preset}), {origin.rows:,} rows, as {name}")
    until = manifest.recorded_until.isoformat() if manifest.recorded_until else "nothing of it yet"
    click.echo(
        f"  log: up to entry {manifest.position}, recorded until {until}; days counted until {manifest.rolled or '-'}"
    )
    for gap in manifest.gaps:
        click.echo(f"  GAP: the log was trimmed before it was archived, from {gap.after} to {gap.until}")
    for path in manifest.aside:
        click.echo(f"  set aside as damaged: {path}")


@archive.command("verify")
@click.option("--repair", is_flag=True, help="set damaged files aside and make them anew where that is possible")
@FOLDER
@one_line_errors(BadArchive)
def verify_(repair: bool, folder: Path | None) -> None:
    """Prove it: files are as written, daily counts are those of the rows, and the overlap with the log is equal."""
    settings = running_settings()
    target, manifest = _opened(folder)
    client = _log_at_hand(settings, manifest)
    with click.progressbar(length=100, label="Reading files", show_pos=False) as bar:
        found = verify.check(target, manifest, _shown(bar))
    for finding in found:
        click.echo(finding.what)
    damaged = [finding.file for finding in found if finding.file is not None]
    if damaged and repair:
        mender = Repair(target, manifest, Keys(manifest.city), client)
        # What others are made from comes first.
        order = list(TABLES)
        for file in sorted(damaged, key=lambda file: order.index(file.table)):
            click.echo(mender.file(file))
        manifest = mender.manifest
        found = verify.check(target, manifest)
        for finding in found:
            click.echo(finding.what)
    overlap = Overlap()
    if client is not None and not found:
        for finding in check_log(client, Keys(manifest.city), target, manifest, overlap):
            click.echo(finding.what)
            found.append(finding)
    if found:
        raise click.ClickException(f"{len(found)} findings")
    said = f"{overlap.compared:,} entries equal to the log" if client is not None else "the log was not at hand"
    click.echo(f"All right: {len(manifest.files):,} files, counts and rows agree; {said}")


@archive.command()
@FOLDER
@one_line_errors(BadArchive)
def compact(folder: Path | None) -> None:
    """Make one file of many, for every table and day that has ended (the archiver does this each night)."""
    target, manifest = _opened(folder)
    changes = days.compact(target, manifest, date.max.isoformat())
    if changes is None:
        click.echo("Nothing to do: one file a table and day")
        return
    change(target, manifest.city, manifest.zone, changes.of)
    for path in changes.remove:
        (target / path).unlink(missing_ok=True)
    click.echo(f"{len(changes.remove):,} files became {len(changes.add):,}")


@archive.command("export")
@click.argument("target", type=click.Path(dir_okay=False, path_type=Path))
@click.option(
    "--table", type=click.Choice([t for t in TABLES if t != "checkpoints"]), default="cases", show_default=True
)
@click.option("--format", "form", type=click.Choice(FORMATS), help="by default what TARGET ends in")
@click.option("--from", "first", type=click.DateTime(["%Y-%m-%d"]), help="first local day")
@click.option("--until", "last", type=click.DateTime(["%Y-%m-%d"]), help="last local day")
@click.option("--area", multiple=True)
@click.option("--category", multiple=True)
@click.option("--channel", multiple=True)
@click.option("--kind", multiple=True)
@click.option("--language", multiple=True)
@click.option("--owner", multiple=True)
@click.option("--source", multiple=True)
@click.option("--cell", default="", help="an H3 cell of resolution 9 or coarser")
@FOLDER
@one_line_errors(BadArchive, ValueError, OSError)
def export_(
    target: Path,
    table: str,
    form: str | None,
    first: datetime | None,
    last: datetime | None,
    folder: Path | None,
    cell: str,
    **words: tuple[str, ...],
) -> None:
    """Copy rows to TARGET: CSV (text guarded against formulas), Parquet, or GeoParquet."""
    place, _ = _opened(folder)
    chosen = form or ("csv" if target.suffix == ".csv" else "parquet")
    where = Where(cell=cell, **words)  # type: ignore[arg-type]
    with Archive(place).view() as view:
        start = bounds_of(first.date(), view.zone)[0] if first else None
        end = bounds_of(last.date(), view.zone)[1] if last else None
        n = export(view, table, target, chosen, start, end, where)
    click.echo(f"{n:,} rows of {table} in {target}")


def _settings_for(city: str) -> Settings:
    """Settings of the city that HEXWATCH_CITY names, else of that one."""
    import os

    from dashboard.cli.common import settings_or_exit

    settings = settings_or_exit()
    return settings if "HEXWATCH_CITY" in os.environ else replace(settings, city=city)


def _opened(folder: Path | None) -> tuple[Path, Manifest]:
    target = folder or archive_path(running_settings())
    manifest = load(target)
    if manifest is None:
        raise BadArchive(f"{target}: holds no archive yet; `archive import` or `archiver` makes one")
    return target, manifest


def _log_at_hand(settings: Settings, manifest: Manifest) -> redis.Redis | None:
    """A client that answers and knows the city, or None: an archive can be proved without its log."""
    client = connect(settings)
    try:
        return client if client.exists(Keys(manifest.city).position) else None
    except redis.RedisError:
        return None


def _shown(bar: Any) -> Callable[[float], None]:
    def progress(share: float) -> None:
        bar.update(max(0, int(100 * share) - bar.pos))

    return progress
