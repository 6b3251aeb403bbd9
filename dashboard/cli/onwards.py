"""`onwards`: send cases to bodies with an Open311 server of their own, and look after those that could not be sent."""

from __future__ import annotations

import os
from pathlib import Path

import click

from dashboard.callers.keys import sealer_of
from dashboard.cli.common import one_line_errors, redis_or_exit, running_settings, settings_or_exit
from dashboard.open311.onwards.bodies import BadBodies, Body, body_named, key_of, load_bodies
from dashboard.open311.onwards.books import Book, ledger_of
from dashboard.open311.onwards.errands import letter_errand
from dashboard.open311.onwards.run import Office, run_onwards
from dashboard.settings import PREFIX, Settings
from dashboard.supervisor import stop_on_signals
from geo.cities import load_city
from streams.keys import Keys

FEW = 50


@click.group()
def onwards() -> None:
    """Bodies that are sent their cases over Open311, configured in the file that HEXWATCH_ONWARDS names."""


@onwards.command()
@one_line_errors(BadBodies)
def run() -> None:
    """Send cases on and follow them until stopped. Run one of these per city."""
    settings = settings_or_exit()
    bodies = _bodies(settings)
    api_keys = {body.agency: key_of(body, os.environ) for body in bodies}
    office = _office(settings)
    stop_on_signals(office.stop)
    run_onwards(office, bodies, api_keys)


@onwards.command(name="list")
@one_line_errors(BadBodies)
def list_bodies() -> None:
    """List the bodies: where, how many cases are with them, what went wrong last."""
    settings = running_settings()
    client, keys = redis_or_exit(settings), Keys(settings.city)
    bodies = _bodies(settings)
    if not bodies:
        click.echo("No bodies in the file.")
    for body in bodies:
        ledger, book = ledger_of(client, keys, body.agency), Book(client, keys, body.agency)
        said = ledger.progress()
        click.echo(f"{body.agency}  {body.hook().origin}")
        click.echo(
            f"  {said.last_error or 'well'}; sent {said.delivered}, last {said.last_at or 'never'}, "
            f"with them {len(book.all())}, dead {ledger.count_dead()}"
        )


@onwards.command()
@click.argument("agency")
@click.option("--retry", is_flag=True, help="send them once more, oldest first")
@click.option("--limit", default=FEW, show_default=True, help="list the newest this many")
@one_line_errors(BadBodies)
def dead(agency: str, retry: bool, limit: int) -> None:
    """List the cases that AGENCY could not be sent or does not know any more, or send them again."""
    settings = running_settings()
    body = body_named(_bodies(settings), agency)
    office = _office(settings)
    ledger = ledger_of(office.client, office.keys, agency)
    if not retry:
        letters = ledger.dead(limit)
        for letter_id, letter in letters:
            click.echo(f"{letter_id}  {letter['at']}  {letter.get('type', '-')}  {letter['reason']}")
        click.echo(f"{len(letters)} shown" if letters else "No dead letters.")
        return
    sender = office.sender(body, key_of(body, os.environ))
    for letter_id, letter in reversed(ledger.dead()):
        if "id" not in letter:
            continue
        errand = letter_errand(letter)
        reason, _ = sender.attempt(errand, errand.delivery(settings.city, agency))
        if not reason:
            ledger.remove_dead(letter_id)
        click.echo(f"{errand.case_id}: {reason or 'settled'}")


def _office(settings: Settings) -> Office:
    sealer = sealer_of(settings, load_city(settings.city))
    return Office(redis_or_exit(settings), Keys(settings.city), sealer=sealer)


def _bodies(settings: Settings) -> tuple[Body, ...]:
    if not settings.onwards:
        raise BadBodies(f"{PREFIX}ONWARDS names no file; docs/open311.md shows one")
    return load_bodies(Path(settings.onwards))
