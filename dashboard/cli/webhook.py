"""`webhook`: tell other systems of chosen events, and look after those that could not be told."""

from __future__ import annotations

import os
import secrets
import threading
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from dashboard.cli.common import one_line_errors, redis_or_exit, running_settings, settings_or_exit
from dashboard.outgoing.deliveries import Delivery, Ledger
from dashboard.outgoing.hooks import BadHooks, Hook, hook_named, load_hooks, unlock
from dashboard.outgoing.posting import Wire
from dashboard.outgoing.webhooks import run_webhooks, send, trial_delivery
from dashboard.settings import PREFIX, Settings
from dashboard.supervisor import stop_on_signals
from streams.keys import Keys

FEW = 50


@click.group()
def webhook() -> None:
    """Webhooks: signed deliveries of chosen events, configured in the file that HEXWATCH_WEBHOOKS names."""


@webhook.command()
@one_line_errors(BadHooks)
def run() -> None:
    """Deliver until stopped. Run one of these per city."""
    settings = settings_or_exit()
    hooks = [unlock(hook, os.environ) for hook in _hooks(settings)]
    client = redis_or_exit(settings)
    stop = threading.Event()
    stop_on_signals(stop)
    run_webhooks(client, Keys(settings.city), hooks, stop)


@webhook.command(name="list")
@one_line_errors(BadHooks)
def list_hooks() -> None:
    """List the hooks: where to, which events, how far, what went wrong last."""
    settings = running_settings()
    client, hooks = redis_or_exit(settings), _hooks(settings)
    if not hooks:
        click.echo("No hooks in the file.")
    for hook in hooks:
        ledger = Ledger(client, Keys(settings.city), hook.name)
        said = ledger.progress()
        state = f"DISABLED: {said.disabled}" if said.disabled else said.last_error or "well"
        click.echo(f"{hook.name}  {hook.origin}  {' '.join(hook.events)}")
        click.echo(
            f"  {state}; delivered {said.delivered}, last {said.last_at or 'never'}, "
            f"dead {ledger.count_dead()}, cursor {said.at or 'not started'}"
        )


@webhook.command()
@click.argument("name")
@one_line_errors(BadHooks)
def test(name: str) -> None:
    """Send NAME one signed delivery of type webhook.test and say what came back."""
    settings = running_settings()
    hook, ledger = _one(settings, name)
    delivery = trial_delivery(hook, settings.city, ledger.mode(), datetime.now(UTC), secrets.token_hex(8))
    _say(_sent(hook, delivery), delivery)


@webhook.command()
@click.argument("name")
@one_line_errors(BadHooks)
def enable(name: str) -> None:
    """Deliver to NAME again after it was disabled (410 Gone), going on from where it stood."""
    settings = running_settings()
    hook_named(_hooks(settings), name)
    Ledger(redis_or_exit(settings), Keys(settings.city), name).enable()
    click.echo(f"{name}: enabled")


@webhook.command()
@click.argument("name")
@click.option("--retry", is_flag=True, help="send them once more, oldest first, under their old delivery ids")
@click.option("--limit", default=FEW, show_default=True, help="list the newest this many")
@one_line_errors(BadHooks)
def dead(name: str, retry: bool, limit: int) -> None:
    """List what NAME could not be told, or send it again."""
    settings = running_settings()
    if not retry:
        hook_named(_hooks(settings), name)
        letters = Ledger(redis_or_exit(settings), Keys(settings.city), name).dead(limit)
        for letter_id, letter in letters:
            click.echo(f"{letter_id}  {letter['at']}  {letter.get('type', '-')}  {letter['reason']}")
        click.echo(f"{len(letters)} shown" if letters else "No dead letters.")
        return
    hook, ledger = _one(settings, name)
    for letter_id, letter in reversed(ledger.dead()):
        if "body" in letter:
            _retry(hook, ledger, letter_id, letter)


def _retry(hook: Hook, ledger: Ledger, letter_id: str, letter: dict[str, Any]) -> None:
    delivery = Delivery(letter["id"], "", letter["type"], letter["body"])
    words, is_taken = _sent(hook, delivery)
    if is_taken:
        ledger.remove_dead(letter_id)
    _say((words, is_taken), delivery)


def _sent(hook: Hook, delivery: Delivery) -> tuple[str, bool]:
    answer = send(hook, delivery, Wire(time.monotonic), datetime.now(UTC))
    return answer.words, answer.is_taken


def _say(outcome: tuple[str, bool], delivery: Delivery) -> None:
    """Raises ClickException when the receiver did not take it: scripts see the exit code."""
    words, is_taken = outcome
    if not is_taken:
        raise click.ClickException(f"{delivery.id}: not taken: {words}")
    click.echo(f"{delivery.id}: {words}")


def _one(settings: Settings, name: str) -> tuple[Hook, Ledger]:
    """One hook with its own secret; the others' need not be known here."""
    hook = unlock(hook_named(_hooks(settings), name), os.environ)
    return hook, Ledger(redis_or_exit(settings), Keys(settings.city), name)


def _hooks(settings: Settings) -> tuple[Hook, ...]:
    if not settings.webhooks:
        raise BadHooks(f"{PREFIX}WEBHOOKS names no file; docs/operations.md shows one")
    return load_hooks(Path(settings.webhooks))
