"""`forecast`: the forecast of missed deadlines tried on recorded months."""

from __future__ import annotations

import sys

import click

from dashboard.cli.common import one_line_errors
from streams.feeds.preset import PresetError
from streams.feeds.rows import FeedError


@click.group()
def forecast() -> None:
    """Try the forecast of missed deadlines on recorded months."""


@forecast.command()
@click.option("--quick", is_flag=True, help="ask once a day in the first half of October only")
@click.option("--json", "as_json", is_flag=True, help="one line of JSON per row of scores")
@one_line_errors(PresetError, FeedError, ValueError, OSError)
def evaluate(quick: bool, as_json: bool) -> None:
    """Learn from Boston's July to September 2011, forecast October, print Brier score, calibration and AUC.

    Beside it stands the simple rule: time left against the usual handling time. Nothing is known before it happened.
    Real data are read from ../shared/data beside this project.
    """
    import msgspec

    from dashboard.forecast_told import page, rows
    from dashboard.forecast_trial import boston

    with click.progressbar(length=1000, label="reading", show_pos=False, file=sys.stderr) as bar:
        found = boston(quick, lambda share: bar.update(max(0, int(1000 * share) - bar.pos)))
    if found is None:
        raise click.ClickException("the recorded cases of Boston are not beside this project")
    for line in map(msgspec.json.encode, rows(found)) if as_json else page(found):
        click.echo(line)
