"""How long the archive keeps what: a rule per table, and fewer checkpoints the older they are."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import msgspec

from geo.toml_files import read_toml, typed
from streams.archive.manifest import File, Manifest
from streams.archive.schema import TABLES

NEVER_DROPPED = frozenset({"daily_cases"})  # stocks are sums from the beginning


class Rules(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`keep_days` by table (absent: for ever). Checkpoints: one every `checkpoint_every_h` hours for
    `checkpoint_days` days, then the first of each day for `checkpoint_daily_days`.
    """

    keep_days: dict[str, int] = {}
    checkpoint_every_h: int = 1
    checkpoint_days: int = 35
    checkpoint_daily_days: int = 400


def load_rules(path: Path) -> Rules:
    """Rules from a TOML file. Raises ValueError naming the file and the key."""
    rules = typed(read_toml(path), Rules, path, "rules of an archive")
    if unknown := sorted(set(rules.keep_days) - set(TABLES) | (set(rules.keep_days) & NEVER_DROPPED)):
        raise ValueError(f"{path}: keep_days: {', '.join(unknown)}: no table that can be dropped")
    if wrong := [name for name, days in rules.keep_days.items() if days < 1]:
        raise ValueError(f"{path}: keep_days.{wrong[0]}: needs at least 1")
    return rules


def expired(manifest: Manifest, rules: Rules, today: date) -> list[File]:
    """Files that the rules no longer keep on that local day. The newest checkpoint always stays."""
    found = [
        file
        for table, days in rules.keep_days.items()
        for file in manifest.of(table)
        if table != "checkpoints" and file.day < (today - timedelta(days=days)).isoformat()
    ]
    return found + _old_checkpoints(manifest, rules, today)


def _old_checkpoints(manifest: Manifest, rules: Rules, today: date) -> list[File]:
    files = sorted(manifest.of("checkpoints"), key=lambda file: (file.day, file.at is not None and file.at.isoformat()))
    hourly_from = (today - timedelta(days=rules.checkpoint_days)).isoformat()
    daily_from = (today - timedelta(days=rules.checkpoint_daily_days)).isoformat()
    first_of_day: set[str] = set()
    gone = []
    for file in files[:-1]:
        is_first = file.day not in first_of_day
        first_of_day.add(file.day)
        if file.day < daily_from or (file.day < hourly_from and not is_first):
            gone.append(file)
    return gone
