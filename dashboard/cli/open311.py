"""`feed open311`: poll an Open311 GeoReport v2 endpoint into the city."""

from __future__ import annotations

import threading
from pathlib import Path

import click

from dashboard.city_time import records_clock
from dashboard.cli.common import one_line_errors, redis_or_exit, settings_or_exit
from dashboard.supervisor import stop_on_signals
from geo.cities import load_city
from streams.feeds.appender import FeedTaken
from streams.feeds.open311.endpoint import load_endpoint
from streams.feeds.open311.poll import poll
from streams.feeds.preset import PresetError
from streams.keys import Keys

FORMATS = click.Choice(["auto", "json", "xml"])


@click.command()
@click.argument("url")
@click.option("--preset", help="what is known of the endpoint: a name or a TOML file")
@click.option("--source", help="who the events come from  [default: of the preset, or open311]")
@click.option("--format", "form", type=FORMATS, help="which format to ask for  [default: auto, JSON if there is any]")
@click.option("--jurisdiction", help="jurisdiction_id, where one server speaks for several cities")
@click.option("--days", type=float, help="how much of the past to load at the first start  [default: 1]")
@click.option("--every", type=float, metavar="SECONDS", help="from one pass to the next  [default: 60]")
@click.option("--api-key-file", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="holds an api_key")
@click.option("--once", is_flag=True, help="make one pass, say what it saw, and end")
@one_line_errors(PresetError, FeedTaken, LookupError)
def open311(
    url: str,
    preset: str | None,
    source: str | None,
    form: str | None,
    jurisdiction: str | None,
    days: float | None,
    every: float | None,
    api_key_file: Path | None,
    once: bool,
) -> None:
    """Poll the Open311 server at URL (https://…/open311/v2) into HEXWATCH_CITY. A restart neither repeats nor skips."""
    settings = settings_or_exit()
    endpoint = load_endpoint(
        preset,
        zone=_city_zone(settings.city),
        url=url,
        source=source,
        format=form,
        jurisdiction=jurisdiction,
        days=days,
        every_s=every,
    )
    client, keys = redis_or_exit(settings), Keys(settings.city)
    stop = threading.Event()
    stop_on_signals(stop)
    result = poll(
        client, keys, endpoint,
        now=records_clock(client, keys),
        wait=stop.wait,
        stopping=stop.is_set,
        say=click.echo,
        api_key=api_key_file.read_text(encoding="utf-8").strip() if api_key_file else "",
        once=once,
    )  # fmt: skip
    click.echo(result.summary.text(), nl=False)
    click.echo(f"{result.source}: {result.outcome}")
    if result.failed:
        raise click.ClickException(result.outcome)


def _city_zone(city_id: str) -> str:
    try:
        return load_city(city_id).zone
    except ValueError as error:
        raise click.ClickException(str(error)) from None
