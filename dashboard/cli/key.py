"""`key`: who may use the API and the pages."""

from __future__ import annotations

import click

from dashboard.access import ROLES, list_keys, new_key, remove_key
from dashboard.cli.common import redis_or_exit, settings_or_exit
from streams.keys import Keys


@click.group()
def key() -> None:
    """Access keys of HEXWATCH_CITY. A key is shown once; only its digest is kept."""


@key.command()
@click.argument("name")
@click.option("--role", type=click.Choice(sorted(ROLES)), required=True)
def add(name: str, role: str) -> None:
    """Make a key for NAME and print it once."""
    settings = settings_or_exit()
    click.echo(new_key(redis_or_exit(settings), Keys(settings.city), name, role))


@key.command(name="list")
def list_all() -> None:
    """List names and roles."""
    settings = settings_or_exit()
    records = list_keys(redis_or_exit(settings), Keys(settings.city))
    for record in records:
        click.echo(f"{record.name}  {record.role}")
    if not records:
        click.echo("No keys yet; `key add NAME --role viewer` makes one.")


@key.command()
@click.argument("name")
def remove(name: str) -> None:
    """Withdraw all keys of NAME."""
    settings = settings_or_exit()
    removed = remove_key(redis_or_exit(settings), Keys(settings.city), name)
    click.echo(f"{removed} removed")
