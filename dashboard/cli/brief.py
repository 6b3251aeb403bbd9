"""`brief`: write the briefing of a day, week or month as files."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import click

from dashboard.briefing.document import briefing_id, make_briefing
from dashboard.briefing.files import FORMATS, paper_of, write_files
from dashboard.briefing.kept import Kept
from dashboard.briefing.period import Span, comparisons, period_of
from dashboard.briefing.place import rules_of, with_archive
from dashboard.cli.common import one_line_errors, running_settings
from dashboard.engine_process import load_areas
from dashboard.settings import archive_path, briefings_path
from geo.cities import load_city
from layouts.context import context_of
from streams.archive.manifest import BadArchive
from streams.archive.view import Archive


class Formats(click.ParamType):
    """Names of formats with commas between them."""

    name = "FORMAT,…"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, ...]:
        names = value if isinstance(value, tuple) else tuple(str(value).split(","))
        for name in names:
            if name not in FORMATS:
                self.fail(f"{name!r}: one of {', '.join(FORMATS)}", param, ctx)
        return names


class Day(click.ParamType):
    """A calendar day of the city."""

    name = "YYYY-MM-DD"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> date:
        try:
            return value if isinstance(value, date) else date.fromisoformat(str(value))
        except ValueError:
            self.fail(f"{value!r} is no day; write it as 2026-01-31", param, ctx)


@click.command()
@click.option("--date", "day", type=Day(), required=True, help="the day, or a day of the week or month")
@click.option("--span", type=click.Choice([span.value for span in Span]), default="day", show_default=True)
@click.option("--city", default="", help="whose archive  [default: the one last started here, or the only one]")
@click.option("--area", default="", help="only this district")
@click.option(
    "--format", "formats", type=Formats(), default="json", show_default=True, help="of: " + ", ".join(FORMATS)
)
@click.option("--lang", default="en", show_default=True, help="en, zh or ar: what it is written in")
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), default=Path("."), help="folder to write to")
@one_line_errors(BadArchive, ValueError, OSError)
def brief(day: date, span: str, city: str, area: str, formats: tuple[str, ...], lang: str, out: Path) -> None:
    """Write a briefing from the archive of HEXWATCH_CITY (else of the city last started here).

    A whole period is frozen when it is first written: made again it is the same in every figure. If the archive has
    learnt more since, a new revision says what changed.
    """
    settings = with_archive(running_settings(), city)
    kept, made_at = Kept(briefings_path(settings)), datetime.now(UTC)
    with Archive(archive_path(settings)).view() as view:
        known = load_city(view.manifest.city)
        period = period_of(Span(span), day, view.zone)
        before = kept.latest(briefing_id(known.id, comparisons(period)["before"], area))
        made = make_briefing(view, known, period, rules_of(settings, known), made_at, area, before)
    held, changed = kept.keep(made)
    context = context_of(known, load_areas(settings, known))
    for path in write_files(paper_of(held, context, lang), formats, out):
        click.echo(str(path))
    if changed:
        click.echo(f"revision {held.revision}; different now: {', '.join(changed)}")
