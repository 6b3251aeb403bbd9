"""The command line: one module per group of commands."""

from __future__ import annotations

import os
import sys

import click

from dashboard.cli.lazy import Lazy
from dashboard.settings import unknown_settings

HELP = """Hexwatch: the real-time command centre of a city's hotline and emergency dispatch.

New here? `python -m dashboard demo` starts a whole city on this machine and says what to try.
Settings are environment variables HEXWATCH_…, listed in docs/operations.md.
"""


# In the order of the help. A module names its commands as they are called, unless something else is written here.
COMMANDS = {
    "demo": "dashboard.cli.run",
    "up": "dashboard.cli.run",
    "serve": "dashboard.cli.processes",
    "engine": "dashboard.cli.processes",
    "reader": "dashboard.cli.processes",
    "similar": "dashboard.cli.processes",
    "warner": "dashboard.cli.processes",
    "archiver": "dashboard.cli.processes",
    "replayer": "dashboard.cli.processes",
    "simulate": "dashboard.cli.simulate",
    "feed": "dashboard.cli.feed",
    "webhook": "dashboard.cli.webhook",
    "onwards": "dashboard.cli.onwards",
    "key": "dashboard.cli.key",
    "user": "dashboard.cli.user",
    "audit": "dashboard.cli.audit",
    "dead": "dashboard.cli.dead",
    "brief": "dashboard.cli.brief",
    "archive": "dashboard.cli.archive",
    "places": "dashboard.cli.places",
    "travel": "dashboard.cli.travel",
    "warning": "dashboard.cli.warning",
    "forecast": "dashboard.cli.forecast",
    "doctor": "dashboard.cli.system",
}


@click.group(
    cls=Lazy,
    places=COMMANDS,
    help=HELP,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
def main() -> None:
    for name in unknown_settings(os.environ):
        click.echo(f"{name} is not a setting and has no effect; see docs/operations.md", err=True)
    if sys.version_info[:2] not in ((3, 11), (3, 12)):
        raise click.ClickException("Python 3.11 or 3.12 is needed")
