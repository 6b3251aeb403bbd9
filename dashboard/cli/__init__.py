"""The command line: one module per group of commands."""

from __future__ import annotations

import sys

import click

from dashboard.cli.audit import audit
from dashboard.cli.cap import cap, notices
from dashboard.cli.dead import dead
from dashboard.cli.feed import feed
from dashboard.cli.key import key
from dashboard.cli.open311 import open311
from dashboard.cli.places import places
from dashboard.cli.run import demo, engine, reader, serve, up
from dashboard.cli.simulate import simulate
from dashboard.cli.system import doctor
from dashboard.cli.travel import travel
from dashboard.cli.user import user
from dashboard.cli.webhook import webhook
from dashboard.settings import unknown_settings

HELP = """Hexwatch: the real-time command centre of a city's hotline and emergency dispatch.

New here? `python -m dashboard demo` starts a whole city on this machine and says what to try.
Settings are environment variables HEXWATCH_…, listed in docs/operations.md.
"""


@click.group(help=HELP, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
def main() -> None:
    import os

    for name in unknown_settings(os.environ):
        click.echo(f"{name} is not a setting and has no effect; see docs/operations.md", err=True)
    if sys.version_info[:2] not in ((3, 11), (3, 12)):
        raise click.ClickException("Python 3.11 or 3.12 is needed")


for command in (demo, up, serve, engine, reader, simulate, feed, webhook, key, user, audit, dead):
    main.add_command(command)
for command in (places, travel, doctor):
    main.add_command(command)
for command in (open311, cap, notices):
    feed.add_command(command)
