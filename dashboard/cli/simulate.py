"""`simulate`: the simulated city's past and present, as the demo runs them."""

from __future__ import annotations

import gc
import sys
import threading
from datetime import datetime
from typing import Any

import click

from dashboard.archive_seed import keep_seed
from dashboard.callers.keys import sealer_of
from dashboard.cli.common import one_line_errors, redis_or_exit, settings_or_exit
from dashboard.engine_process import load_areas
from dashboard.hotline_files import hotline_files
from dashboard.seeding import seed_city
from dashboard.simulation import run_simulation
from dashboard.story import Story
from dashboard.supervisor import stop_on_signals
from geo.cities import load_city
from streams.keys import Keys
from streams.sim.cursor import Taken
from streams.sim.laws import SEED, Laws


@click.command()
@click.option("--past", is_flag=True, help="write the fifteen days before --start-at into a new city, then end")
@click.option("--start-at", metavar="ISO", help="when the simulated city begins")
@click.option("--seed", default=SEED, show_default=True, help="another seed is another city life")
@click.option("--surge", type=click.FloatRange(0, 20), default=1.0, help="times as much happens as usual")
@click.option("--port", type=int, default=0, help="loopback port of the partner's Open311 server; 0: any")
@click.option("--sector", help="district that signed-in people dispatch  [default: the colleagues' own]")
@one_line_errors(Taken, ValueError)
def simulate(past: bool, start_at: str | None, seed: str, surge: float, port: int, sector: str | None) -> None:
    """Play the simulated city HEXWATCH_CITY: callers, agents, cases, incidents, units and colleagues."""
    settings = settings_or_exit()
    client, keys, city = redis_or_exit(settings), Keys(settings.city), load_city(settings.city)
    areas = load_areas(settings, city)
    hotline = hotline_files(settings.hotline_rules, city, areas)
    if past:
        if start_at is None:
            raise click.UsageError("--past needs --start-at")
        gc.disable()  # a million small objects that all stay: looking for rubbish among them doubles the time
        try:
            laws = Laws.of_city(city, areas, seed)
            sealer, begin_at = sealer_of(settings, city), datetime.fromisoformat(start_at)
            total = seed_city(client, keys, city, areas, begin_at, laws, _progress, sealer, hotline.rules)
        except LookupError:
            return  # it has begun already and goes on
        if settings.archive:
            keep_seed(client, keys)
        Story(client, keys).note(seeded=str(total))
        click.echo(f"\rThe past is written: {total:,} cases in fifteen days and today.      ")
        return
    stop = threading.Event()
    stop_on_signals(stop)
    wish: dict[str, Any] = {"catalogue": hotline.catalogue} | ({} if sector is None else {"sector": sector})
    run_simulation(client, keys, city, areas, stop, seed=seed, surge=surge, port=port, **wish)


def _progress(what: str, done: int, of: int) -> None:
    """A line that is written over, on a terminal only."""
    if sys.stdout.isatty():
        share = f"{done / of:.0%}" if of else f"{done:,}"
        click.echo(f"\r{what} … {share}   ", nl=False)
