"""An archiver turned by hand beside a city turned by hand, and what an archive holds."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import redis

from dashboard.archive_check import Overlap, check_log
from dashboard.archiver import Archiver
from streams.archive.manifest import load_for
from streams.archive.verify import check
from streams.archive.view import Archive
from streams.keys import Keys
from tests.support.engines import TestCity


def archiver_of(city: TestCity, folder: Path, **options: Any) -> Archiver:
    """An archiver that stands where its files do; facts wait for `flush` unless `flush_s` says otherwise."""
    options = {"flush_s": 1e9, "monotonic": city.wall.monotonic, "wall": city.wall} | options
    archiver = Archiver(city.client, city.keys, folder, city.city.zone, **options)
    archiver.start()
    return archiver


def catch_up(archiver: Archiver) -> None:
    """Take all that is in the log into files."""
    while archiver.step():
        pass
    archiver.flush()


def complaints(client: redis.Redis, keys: Keys, folder: Path, zone: str) -> tuple[list[str], Overlap]:
    """Everything that `archive verify` would say, and what it compared."""
    manifest = load_for(folder, keys.city, zone)
    overlap = Overlap()
    found = [finding.what for finding in check(folder, manifest)]
    found += [finding.what for finding in check_log(client, keys, folder, manifest, overlap)]
    return found, overlap


def rows_of(folder: Path, sql: str, table: str) -> list[dict[str, Any]]:
    """Answers of one SELECT about one table, which stands as `rows` in it."""
    with Archive(folder).view() as view:
        return view.rows(sql.replace(" rows", f" {view.table(table)}"))
