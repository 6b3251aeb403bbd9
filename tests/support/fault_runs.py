"""Whole runs under kill -9, for the three of the default tests and the fifty of the soak."""

from __future__ import annotations

import random
import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import redis

from dashboard.engine.clock import Mode
from dashboard.engine.engine import Engine
from dashboard.engine.own_names import ENGINE
from dashboard.engine.store import Store
from dashboard.projection import KINDS
from dashboard.roles import ADMIN
from geo.cities import load_city
from streams.codec import encode
from streams.feeds.preset import load_preset
from streams.feeds.replay import Plan, replay
from streams.keys import Keys
from tests.support.chaos import REDIS, deaths, kill_in_turn
from tests.support.intake_client import IntakeClient
from tests.support.made_city import posted_events, write_cases
from tests.support.processes import KEY, START_S, System, running
from tests.support.truth import (
    WALL_TIME,
    Documents,
    assert_agrees_with_its_log,
    assert_same,
    committed_cells,
    committed_documents,
    log_of,
    told_from_outside,
    view,
)

HOURS = 60.0  # of the made-up file
SETTLE_S = 60.0


def live_run(
    folder: Path, seed: int, cases: int = 2000, load_s: float = 5.0, more_deaths: int = 2, with_standby: bool = False
) -> None:
    """A live city fed by a file and by a client, while everything dies: nothing is lost, nothing counted twice.

    With a standby two engines wait for each other's death.
    """
    print(f"live run, seed {seed}, {'with' if with_standby else 'no'} standby")
    path, preset = write_cases(folder, seed, cases, HOURS)
    with running(folder) as system:
        system.add("web", "serve", keep=True)
        feed = _paced_feed(system, path, preset, load_s)
        engines = ("engine", "standby") if with_standby else ("engine",)
        for name in engines:
            system.add(name, "engine", *(() if with_standby else ("--take-over",)), keep=True)
        system.add("reader", "reader", keep=True)
        events = posted_events(seed, cases // 3, datetime.now(UTC))
        client = IntakeClient(system.base, KEY, events, seed, pause_s=load_s * 20 / len(events)).start()
        try:
            system.until(lambda: client.accepted and _length(system) > len(client.accepted), START_S, "both write")
            order = deaths(seed, (*engines, "reader", "web", "feed", REDIS), more_deaths)
            kill_in_turn(system, order, seed, (0.1, load_s / 4))
            system.until(lambda: feed.code == 0, SETTLE_S, "the feed ends")
            system.until(lambda: client.is_done, SETTLE_S, "the client is done")
        finally:
            client.end()
        print(f"killed {', '.join(order)}; {client.unsure} posts were sent again")
        assert client.refused == []
        assert len(client.accepted) == len(events)
        _rest(system)
        told = told_from_outside(system.client, system.keys)
        assert set(client.accepted) <= told
        documents = assert_agrees_with_its_log(system.client, system.keys, load_city("boston"))
        assert_reader_agrees(system, documents)
        calm = without_faults(system.client, path, preset, events)
        assert_same(documents.plain(WALL_TIME), calm.plain(WALL_TIME), "documents without faults")


def replay_run(folder: Path, seed: int, cases: int = 2000, load_s: float = 5.0, more_deaths: int = 3) -> None:
    """A replay while everything dies ends in the very picture of a replay in which nothing did."""
    print(f"replay run, seed {seed}")
    path, preset = write_cases(folder, seed, cases, HOURS)
    with running(folder, "boston-replay") as system:
        feed = _paced_feed(system, path, preset, load_s)
        system.add("engine", "engine", "--take-over", "--mode", "replay", keep=True)
        system.add("reader", "reader", keep=True)
        system.until(lambda: _length(system) > 0, START_S, "the feed writes")
        order = deaths(seed, ("engine", "reader", "feed", REDIS), more_deaths)
        kill_in_turn(system, order, seed, (0.1, load_s / 3))
        print(f"killed {', '.join(order)}")
        system.until(lambda: feed.code == 0, SETTLE_S, "the feed ends")
        _rest(system)
        documents = assert_agrees_with_its_log(system.client, system.keys, load_city("boston"))
        assert_reader_agrees(system, documents)
        picture = replayed_picture(system.client, system.keys)
        assert_same(picture, replay_without_faults(system.client, path, preset), "picture")


def _paced_feed(system: System, path: Path, preset: Path, load_s: float) -> Any:
    """A feed that takes about `load_s` for the whole file, in many small appends."""
    speed = f"{HOURS * 3600 * 4 / 3 / load_s:.0f}"
    return system.add("feed", "feed", "replay", str(path), "--preset", str(preset), "--speed", speed, keep=True)


def _rest(system: System) -> None:
    """Wait until all is taken, shown and projected; then end the engine so that nothing moves."""
    system.until(system.is_drained, SETTLE_S, "the engine has taken everything")
    newest: Any = system.client.xrevrange(system.keys.events, count=1)
    seq = int(newest[0][0].partition(b"-")[0])
    system.until(lambda: _number(system, "frame_seq") >= seq, SETTLE_S, "a frame shows it")
    system.until(lambda: _reader_seq(system) >= seq, SETTLE_S, "the reader has it")
    system.kept.clear()
    for process in system.processes:
        process.end()


def _length(system: System) -> int:
    """Entries in the inbox now."""
    found: Any = system.client.xlen(system.keys.inbox)
    return int(found)


def _number(system: System, name: str) -> int:
    found: Any = system.client.hget(system.keys.position, name)
    return int(found or 0)


def _reader_seq(system: System) -> int:
    try:
        with closing(sqlite3.connect(f"file:{system.reader_file}?mode=ro", uri=True)) as db:
            return int(db.execute("SELECT value FROM meta WHERE name = 'seq'").fetchone()[0])
    except (sqlite3.Error, TypeError):
        return -1


def assert_reader_agrees(system: System, documents: Documents) -> None:
    """The file holds exactly the documents, byte by byte."""
    by_entity: dict[str, dict[str, Any]] = {
        "case": dict(documents.cases),
        "incident": dict(documents.incidents),
        "unit": dict(documents.units),
    }
    with closing(sqlite3.connect(f"file:{system.reader_file}?mode=ro", uri=True)) as db:
        for entity, kind in KINDS.items():
            table = kind.table
            rows = db.execute(f"SELECT r.id, d.doc FROM {table.name} r JOIN {table.docs} d ON d.place = r.place")
            found = {name: bytes(raw) for name, raw in rows}
            expected = {name: encode(document) for name, document in by_entity[entity].items()}
            assert_same(found, expected, f"rows of {table.name}")


def without_faults(client: redis.Redis, path: Path, preset: Path, events: list[dict[str, Any]]) -> Documents:
    """The same file and the same posts in another city, in one process, where nobody dies."""
    keys = Keys("boston-again")
    engine = _engine(client, keys, Mode.LIVE)
    _replay(client, keys, path, preset)
    for event in events:
        client.xadd(keys.inbox, {"e": msgspec.json.encode(event | {"actor": ADMIN.name})})
    while engine.turn(block_ms=None):
        pass
    return committed_documents(client, keys)


def replay_without_faults(client: redis.Redis, path: Path, preset: Path) -> dict[str, Any]:
    """The picture at the end of the same replay in one process, where nobody dies, in batches of another size."""
    keys = Keys("again-replay")
    engine = _engine(client, keys, Mode.REPLAY)
    _replay(client, keys, path, preset)
    while engine.turn(block_ms=None):
        pass
    engine.last_frame_at = float("-inf")
    engine.turn(block_ms=None)
    return replayed_picture(client, keys)


def _engine(client: redis.Redis, keys: Keys, mode: Mode) -> Engine:
    city = msgspec.structs.replace(load_city("boston"), id=keys.city)
    engine = Engine(Store(client, keys, "without faults"), city, None, mode)
    engine.start()
    return engine


def _replay(client: redis.Redis, keys: Keys, path: Path, preset: Path) -> None:
    replay(client, keys, load_preset(preset), path, Plan(), work_dir=path.parent / "again")


def replayed_picture(client: redis.Redis, keys: Keys) -> dict[str, Any]:
    """Everything that two runs of one replay must agree on. Batches differ, so `seq` may; silence depends on them."""
    sources = view(client, keys, "sources")
    clock = view(client, keys, "clock")
    hours: Any = client.hgetall(keys.hours)
    events = [
        (f.envelope.source, f.envelope.id, f.envelope.type, f.envelope.recorded_at, f.envelope.placed)
        for f in log_of(client, keys)
        if f.envelope.source != ENGINE and not f.envelope.type.startswith("feed.")
    ]
    return {
        "documents": committed_documents(client, keys).plain(),
        "figures": view(client, keys, "figures"),
        "cells": committed_cells(client, keys),
        "curve": view(client, keys, "curve"),
        "clock": {name: clock[name] for name in ("now", "day", "standing", "mode")},
        "received": {name: source["received"] for name, source in sources.items()},
        "hours": hours,
        "events": dict(enumerate(events)),
    }


def seeds(first: int, count: int) -> list[int]:
    """`count` seeds, drawn once and for all from the first."""
    draw = random.Random(first)
    return [draw.randrange(1_000_000) for _ in range(count)]
