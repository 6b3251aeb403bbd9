"""`dead`: look at what could not be understood, and try it again."""

from __future__ import annotations

from typing import Any

import click

from dashboard.cli.common import redis_or_exit, running_settings
from dashboard.engine.own_names import ENGINE
from streams.keys import Keys

FEW = 50


@click.group()
def dead() -> None:
    """Dead letters: entries that were refused, with reason and original bytes. They are kept for 30 days."""


@dead.command(name="list")
@click.option("--limit", default=FEW, show_default=True, help="the newest this many")
def list_letters(limit: int) -> None:
    """List the newest dead letters: id, source, reason."""
    client, keys = _city()
    entries: Any = client.xrevrange(keys.dead, count=limit)
    if not entries:
        click.echo("No dead letters.")
    for entry_id, fields in entries:
        click.echo(f"{entry_id.decode()}  {_text(fields, b'source') or '?'}  {_text(fields, b'reason')}")
    if len(entries) == limit:
        click.echo(f"… {client.xlen(keys.dead)} in all; --limit shows more")


@dead.command()
@click.argument("letter_id")
def show(letter_id: str) -> None:
    """Show one dead letter whole."""
    client, keys = _city()
    fields = _letter(client, keys, letter_id)
    for name, value in fields.items():
        click.echo(f"{name.decode():8} {value.decode(errors='backslashreplace')}")


@dead.command()
@click.argument("letter_ids", nargs=-1, required=True)
def retry(letter_ids: tuple[str, ...]) -> None:
    """Put dead letters back into the inbox, e.g. after an update understands them. What was taken is not doubled."""
    client, keys = _city()
    for letter_id in letter_ids:
        letter = _letter(client, keys, letter_id)
        if _text(letter, b"feed") != ENGINE:
            raise click.ClickException(
                f"{letter_id} holds a record of a file, not an event: correct the preset or the file and replay it"
            )
        raw = letter.get(b"raw", b"")
        with client.pipeline(transaction=True) as pipe:
            pipe.xadd(keys.inbox, {"e": raw})
            pipe.xdel(keys.dead, letter_id)
            pipe.execute()
        click.echo(f"{letter_id}: back in the inbox")


def _city() -> tuple[Any, Keys]:
    settings = running_settings()
    return redis_or_exit(settings), Keys(settings.city)


def _letter(client: Any, keys: Keys, letter_id: str) -> dict[bytes, bytes]:
    entries = client.xrange(keys.dead, letter_id, letter_id)
    if not entries:
        raise click.ClickException(f"{letter_id}: no such dead letter; see `dead list`")
    fields: dict[bytes, bytes] = entries[0][1]
    return fields


def _text(fields: dict[bytes, bytes], name: bytes) -> str:
    return fields.get(name, b"").decode(errors="replace")
