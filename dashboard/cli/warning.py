"""`warning`: early warning tried on made-up matters, and replayed over recorded months."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import click

from dashboard.cli.common import one_line_errors
from streams.feeds.preset import PresetError, load_preset
from streams.feeds.rows import FeedError

CITIES = ("boston", "montgomery", "beijing")


@click.group()
def warning() -> None:
    """Try early warning: on made-up matters, or over recorded months."""


@warning.command()
@click.option("--quick", is_flag=True, help="Boston only, two sizes, three seeds: about two minutes")
@click.option("--city", "cities", multiple=True, type=click.Choice(CITIES), help="only this one (may be repeated)")
@click.option("--seeds", type=click.IntRange(1, 200), help="repetitions of every matter  [default: 20]")
@click.option("--false-per-day", type=click.FloatRange(0.01, 100), default=1.0, show_default=True)
@click.option("--json", "as_json", is_flag=True, help="one line of JSON per table row on standard output")
@click.option(
    "--keep",
    type=click.Path(file_okay=False, path_type=Path),
    help="a folder where outcomes are kept after every repetition; what is there is not tried again",
)
@click.option("--only-kept", is_flag=True, help="with --keep: tables of what is done, without going on")
@click.option("--write", type=click.Path(dir_okay=False, path_type=Path), help="write the tables as Markdown too")
@one_line_errors(PresetError, FeedError, ValueError, OSError)
def evaluate(
    quick: bool,
    cities: tuple[str, ...],
    seeds: int | None,
    false_per_day: float,
    as_json: bool,
    keep: Path | None,
    only_kept: bool,
    write: Path | None,
) -> None:
    """Put made-up matters into real and simulated streams; say which detector finds how many, and how soon.

    All detectors get thresholds that cost the same number of false warnings a day on the streams as they were.
    Real data are read from ../shared/data beside this project.
    """
    from dashboard.warning_trials import CALLS, QUICK_CALLS, SEEDS, Scope, kept
    from dashboard.warning_trials_told import page

    chosen = cities or (("boston",) if quick else CITIES)
    scope = Scope(QUICK_CALLS if quick else CALLS, seeds or (3 if quick else SEEDS), false_per_day)
    known = ((city, kept(keep, city, scope)) for city in chosen)
    tried = (before if only_kept else _tried(city, scope, before, keep) for city, before in known)
    found = [each for each in tried if each is not None]
    if as_json:
        for line in _json_lines(found):
            click.echo(line)
    lines = page(found, scope)
    if not as_json:
        click.echo("\n".join(lines))
    if write is not None:
        write.write_text("\n".join(lines) + "\n", encoding="utf-8")


def _tried(city: str, scope: Any, before: Any, keep: Path | None) -> Any:
    """A city's outcomes, gone on with from those of before; None, and a word about it, without its data."""
    from dashboard.settings import read_settings
    from dashboard.warning_streams import city_stream
    from dashboard.warning_trials import evaluate, put_by

    if before is not None and before.seeds >= scope.seeds:
        return before
    cache = read_settings().data
    with _bar(city) as tell:
        stream = city_stream(city, tell, cache if cache.is_dir() else None)
        if stream is not None:
            return evaluate(stream, scope, tell, before, partial(put_by, keep, city, scope))
    click.echo(f"{city}: its data are not beside this project; left out", err=True)
    return None


@warning.command()
@click.argument("path", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--preset", required=True, help="how to read the file: a name or a TOML file")
@click.option("--false-per-day", type=click.FloatRange(0.01, 100), default=1.0, show_default=True)
@click.option("--every", "every_min", type=click.IntRange(5, 60), default=5, show_default=True, help="minutes")
@click.option("--json", "as_json", is_flag=True, help="one line of JSON per warning")
@one_line_errors(PresetError, FeedError, ValueError, OSError)
def replay(path: Path, preset: str, false_per_day: float, every_min: int, as_json: bool) -> None:
    """Play the recorded cases in PATH through early warning, as they came, and list every warning with what it was.

    Nothing is known before it happened: each night the baseline and the thresholds are learnt from the days before.
    """
    from dashboard.warning_replay import as_markdown, replayed
    from dashboard.warning_streams import read_cases

    chosen = load_preset(preset)
    with _bar(path.name) as tell:
        recorded = read_cases(path, chosen, lambda share: tell("reading", share))
        told = replayed(recorded, false_per_day, every_min, lambda share: tell("replaying", share))
    if as_json:
        for one in told:
            click.echo(json.dumps(one.as_dict(), ensure_ascii=False))
    else:
        click.echo("\n".join(as_markdown(told, recorded)))


def _json_lines(found: Any) -> Iterator[str]:
    from dashboard.warning_trials import as_dict, table

    for tried in found:
        for row in table(tried.outcomes, tried.realised):
            yield json.dumps({"city": tried.city, **as_dict(row)})


@contextmanager
def _bar(label: str) -> Iterator[Callable[[str, float], None]]:
    """A progress bar on standard error that starts again with every step."""
    with click.progressbar(length=1000, label=label, show_pos=False, file=sys.stderr) as bar:
        step = ""

        def tell(what: str, share: float) -> None:
            nonlocal step
            if what != step:
                step = what
                bar.label, bar.pos = f"{label}: {what}", 0
                bar.finished = False
            bar.update(max(0, int(1000 * share) - bar.pos))

        yield tell
