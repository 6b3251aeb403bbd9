"""`audit`: examine and take away the record of who did what."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from dashboard.accounts.audit import Head, heads_path, note_head, read_entries, read_heads, read_links
from dashboard.accounts.verdict import Verdict, export_lines, verify_lines
from dashboard.accounts.verdict import export as export_chain
from dashboard.accounts.verdict import verify as verify_chain
from dashboard.cli.common import one_line_errors, redis_or_exit, running_settings
from streams.keys import Keys

FEW = 50


@click.group()
def audit() -> None:
    """The audit: an append-only chain of who did what, when, from where. It is never trimmed."""


@audit.command()
@click.option(
    "--file",
    "exported",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="examine an export instead of the running city",
)
@one_line_errors(OSError)
def verify(exported: Path | None) -> None:
    """Say whether any entry was changed, dropped, put in or reordered; exit code 1 if so."""
    settings = running_settings()
    path = heads_path(settings.data, settings.city)
    if exported is not None:
        with exported.open("rb") as file:
            verdict = verify_lines(file, _within(read_heads(path)[0], exported))
    else:
        client, keys = redis_or_exit(settings), Keys(settings.city)
        verdict = verify_chain(client, keys, path)
        if verdict.is_whole:
            note_head(client, keys, path)
    _tell(verdict)


@audit.command()
@click.argument("path", type=click.Path(path_type=Path, allow_dash=True, dir_okay=False))
@one_line_errors(OSError)
def export(path: Path) -> None:
    """Write the chain as JSON lines to PATH (`-`: standard output). Keep it elsewhere: it is also a witness."""
    settings = running_settings()
    client, keys = redis_or_exit(settings), Keys(settings.city)
    if str(path) == "-":
        for line in export_lines(read_links(client, keys)):
            sys.stdout.buffer.write(line)
        sys.stdout.buffer.flush()
        return
    n = export_chain(client, keys, path)
    note_head(client, keys, heads_path(settings.data, settings.city))
    click.echo(f"{n} entries in {path}; `audit verify --file {path}` examines them without Redis")


@audit.command(name="list")
@click.option("--limit", default=FEW, show_default=True, help="the newest this many")
def list_entries(limit: int) -> None:
    """List the newest entries: when, who, what, on what, from where."""
    settings = running_settings()
    entries = read_entries(redis_or_exit(settings), Keys(settings.city), limit)
    for entry in entries:
        when = entry.at.strftime("%Y-%m-%d %H:%M:%S UTC")
        click.echo(f"{entry.n:6}  {when}  {entry.who}  {entry.what}  {entry.subject}  {entry.peer}".rstrip())
    if not entries:
        click.echo("Nothing was written down yet.")


def _within(noted: list[Head], exported: Path) -> list[Head]:
    """An export is as old as it is: heads noted after it are no complaint."""
    with exported.open("rb") as file:
        n = verify_lines(file).head.n
    return [head for head in noted if head.n <= n]


def _tell(verdict: Verdict) -> None:
    """The verdict in words; exits with 1 when the chain is not whole."""
    if verdict.before_chain:
        click.echo(f"{verdict.before_chain} entries are older than the chain; nothing vouches for them")
    if verdict.torn:
        click.echo(f"{verdict.torn} noted heads cannot be read (a power cut may tear one)")
    if verdict.is_whole:
        click.echo(f"whole: {verdict.entries} entries, {verdict.witnesses} noted heads agree")
        click.echo(f"head: {verdict.head.n} {verdict.head.digest}")
        return
    for fault in verdict.faults:
        click.echo(f"{fault.kind}: {fault.told}")
    if verdict.n_faults > len(verdict.faults):
        click.echo(f"… and {verdict.n_faults - len(verdict.faults)} more")
    raise click.ClickException(f"the audit is NOT whole: {verdict.n_faults} faults in {verdict.entries} entries")
