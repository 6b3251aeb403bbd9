"""`key`: who may use the API and the pages."""

from __future__ import annotations

import click

from dashboard.access_keys import list_keys, new_key, remove_key
from dashboard.cli.common import redis_or_exit, running_settings
from dashboard.roles import Role
from streams.keys import Keys


@click.group()
def key() -> None:
    """Access keys of a city (HEXWATCH_CITY, else the one last started here). A key is shown once."""


@key.command()
@click.argument("name")
@click.option("--role", type=click.Choice(sorted(role.value for role in Role)), required=True)
def add(name: str, role: str) -> None:
    """Make a key for NAME and print it once."""
    settings = running_settings()
    click.echo(new_key(redis_or_exit(settings), Keys(settings.city), name, role))


@key.command(name="list")
def list_all() -> None:
    """List names and roles."""
    settings = running_settings()
    records = list_keys(redis_or_exit(settings), Keys(settings.city))
    for record in records:
        click.echo(f"{record.name}  {record.role}")
    if not records:
        click.echo("No keys yet; `key add NAME --role viewer` makes one.")


@key.command()
@click.argument("name")
def remove(name: str) -> None:
    """Withdraw all keys of NAME."""
    settings = running_settings()
    removed = remove_key(redis_or_exit(settings), Keys(settings.city), name)
    click.echo(f"{removed} removed")
