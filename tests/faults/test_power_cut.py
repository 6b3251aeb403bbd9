"""The append-only file as a power cut leaves it: copied at any moment, torn at any byte."""

from __future__ import annotations

import random
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec
import redis

from dashboard.engine.clock import Mode
from dashboard.engine.engine import Engine
from dashboard.engine.store import Store
from geo.cities import load_city
from streams.keys import Keys
from tests.support.aof import aof_path
from tests.support.fault_runs import seeds
from tests.support.made_city import utc_now
from tests.support.processes import System, moments, running
from tests.support.pump import Pump
from tests.support.redis_server import RedisServer
from tests.support.truth import (
    assert_agrees_with_its_log,
    assert_no_duplicates,
    assert_same,
    committed_cells,
    committed_documents,
    committed_figures,
    counted,
    counted_cells,
    folded,
    log_of,
    shown_at,
    told_from_outside,
    view,
)

KEYS = Keys("boston")
BOSTON = load_city("boston")
TORN_BYTES = 200_000  # how far back a torn write may reach where nothing was promised


@contextmanager
def revived(folder: Path, torn: bytes) -> Iterator[redis.Redis]:
    """A Redis on what was left of the file."""
    folder.mkdir()
    aof_path(folder).write_bytes(torn)
    server = RedisServer(folder, appendfsync="no").start()
    client = server.client()
    try:
        yield client
    finally:
        client.close()
        server.stop()


def test_what_was_acknowledged_before_the_cut_is_there_and_nothing_by_half(tmp_path: Path) -> None:
    cut_after_promises(tmp_path, seeds(4, 1)[0], count=3)


def test_a_file_torn_anywhere_is_some_earlier_moment_and_never_a_mixture(tmp_path: Path) -> None:
    tear_anywhere(tmp_path, seeds(5, 1)[0], cuts=6)


def cut_after_promises(folder: Path, seed: int, count: int) -> None:
    """The write that was under way is torn at a random byte; everything answered before it is whole."""
    print(f"seed {seed}")
    with running(folder) as system:
        for number, (told, synced, copied) in enumerate(copies(system, seed, count)):
            draw = random.Random(f"cut {seed} {number}")
            for cut in sorted({len(copied), draw.randint(synced, len(copied))}):
                print(f"copy {number}: {synced} bytes promised, {len(copied)} copied, cut at {cut}")
                with revived(folder / f"cut-{number}-{cut}", copied[:cut]) as client:
                    assert_no_half_transaction(client)
                    assert_goes_on(client, told)


def tear_anywhere(folder: Path, seed: int, cuts: int) -> None:
    """A disk that lies about fsync may lose more: then the picture is older, and still one picture."""
    print(f"seed {seed}")
    with running(folder) as system:
        *_, (_, _, copied) = copies(system, seed, count=2)
    draw = random.Random(f"torn {seed}")
    for number in range(cuts):
        cut = len(copied) - draw.randint(1, min(TORN_BYTES, len(copied) // 2))
        print(f"cut at {cut} of {len(copied)}")
        with revived(folder / f"torn-{number}", copied[:cut]) as client:
            assert_no_half_transaction(client)
            assert_goes_on(client, set())


def copies(system: System, seed: int, count: int) -> Iterator[tuple[set[tuple[str, str]], int, bytes]]:
    """(acknowledged before the copy began, bytes that were synced by then, the copy), `count` times under load."""
    draw = random.Random(f"moments {seed}")
    engine = system.add_engine("engine", "--take-over")
    pump = Pump(system.server.client(), system.keys, seed, pause_s=0.002).start()
    file = aof_path(system.server.folder)
    try:
        for _ in range(count):
            system.until(moments(draw.uniform(0.2, 0.9)), 5, "a random moment", engine)
            told, synced = pump.told(), file.stat().st_size
            yield told, synced, shutil.copyfile(file, system.folder / "copy").read_bytes()
    finally:
        pump.stop()


def assert_no_half_transaction(client: redis.Redis) -> None:
    """Documents, positions, facts and picture are all of one commit."""
    facts = log_of(client, KEYS)
    assert_no_duplicates(f.envelope for f in facts)
    assert_same(committed_documents(client, KEYS).plain(()), folded(facts).plain(()), "documents")
    position: Any = client.hgetall(KEYS.position)
    seq, frame_seq = int(position.get(b"seq", 0)), int(position.get(b"frame_seq", 0))
    assert (facts[-1].seq if facts else 0) <= seq
    frames: Any = client.xrevrange(KEYS.frames, count=1)
    assert (int(frames[0][0].partition(b"-")[0]) if frames else 0) == frame_seq
    shown = folded(f for f in facts if f.seq <= frame_seq)
    if frame_seq:
        now = shown_at(client, KEYS)
        assert_same(committed_figures(client, KEYS), counted(shown, BOSTON, now), "figures")
        assert_same(committed_cells(client, KEYS), counted_cells(shown, BOSTON, now), "cells")
        assert view(client, KEYS, "clock")["now"] == msgspec.json.decode(frames[0][1][b"h"])["at"]


def assert_goes_on(client: redis.Redis, told: set[tuple[str, str]]) -> None:
    """A new engine takes what is left of the inbox; everything acknowledged is then in the log, once."""
    engine = Engine(Store(client, KEYS, "after the cut"), BOSTON, None, Mode.LIVE, wall=utc_now)
    engine.start()
    while engine.turn(block_ms=None):
        pass
    engine.last_frame_at = float("-inf")
    engine.turn(block_ms=None)
    assert_agrees_with_its_log(client, KEYS, BOSTON)
    found = told_from_outside(client, KEYS)
    assert told <= found
