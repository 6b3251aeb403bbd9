"""A live city under load while its archiver and its Redis are killed: nothing lost, nothing doubled."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from geo.cities import load_city
from streams.archive.checkpoints import order
from streams.archive.manifest import BadArchive, load_for
from tests.support.archives import complaints
from tests.support.chaos import REDIS, deaths, kill_in_turn
from tests.support.made_city import write_cases
from tests.support.processes import START_S, System, running

HOURS = 60.0
SETTLE_S = 60.0


def archive_run(folder: Path, seed: int, cases: int = 600, load_s: float = 3.0, more_deaths: int = 1) -> None:
    """A replay, two and a half days long, in some seconds: days end while everything dies."""
    print(f"archive run, seed {seed}")
    path, preset = write_cases(folder, seed, cases, HOURS)
    with running(folder, "boston-replay", ARCHIVE_FLUSH_S="1") as system:
        speed = f"{HOURS * 3600 * 4 / 3 / load_s:.0f}"
        feed = system.add("feed", "feed", "replay", str(path), "--preset", str(preset), "--speed", speed, keep=True)
        system.add("engine", "engine", "--take-over", "--mode", "replay", keep=True)
        system.add("archiver", "archiver", keep=True)
        system.until(lambda: _archived(system) is not None, START_S, "the archiver has begun")
        order_of_death = deaths(seed, ("archiver", "archiver", REDIS), more_deaths)
        kill_in_turn(system, order_of_death, seed, (0.1, load_s / 3))
        print(f"killed {', '.join(order_of_death)}")
        system.until(lambda: feed.code == 0, SETTLE_S, "the feed ends")
        system.until(system.is_drained, SETTLE_S, "the engine has taken everything")
        system.until(lambda: _is_archived(system), SETTLE_S, "everything is archived")
        system.kept.clear()
        for process in system.processes:
            process.end()
        zone = load_city("boston").zone
        archive = system.data / "archive-boston-replay"
        found, overlap = complaints(system.client, system.keys, archive, zone)
        assert found == []
        assert overlap.compared == system.client.xlen(system.keys.events)
        assert load_for(archive, "boston-replay", zone).gaps == ()


def _archived(system: System) -> str | None:
    found: Any = system.client.hget(system.keys.archive, "position")
    return found.decode() if found else None


def _is_archived(system: System) -> bool:
    newest: Any = system.client.xrevrange(system.keys.events, count=1)
    try:
        manifest = load_for(system.data / "archive-boston-replay", "boston-replay", load_city("boston").zone)
    except BadArchive:
        return False
    return order(manifest.position) >= order(newest[0][0].decode())
