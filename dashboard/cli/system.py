"""`doctor`: what is wrong with this installation, and what to do."""

from __future__ import annotations

import sys

import click

from dashboard.cli.common import settings_or_exit
from dashboard.doctor import Finding, examine

MARKS = {"ok": "ok  ", "note": "note", "bad": "BAD "}


@click.command()
def doctor() -> None:
    """Examine Redis, persistence, memory, clock, fonts, folders and city files; exit 1 when something is wrong."""
    findings = examine(settings_or_exit())
    for finding in findings:
        _print(finding)
    if any(finding.grade == "bad" for finding in findings):
        sys.exit(1)


def _print(finding: Finding) -> None:
    click.echo(f"{MARKS[finding.grade]}  {finding.what}: {finding.found}")
    if finding.advice:
        click.echo(f"      -> {finding.advice}")
