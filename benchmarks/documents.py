"""A city with any number of open cases, written as the engine commits them, without waiting for an engine."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import chain, islice

from benchmarks.servers import Servers
from benchmarks.traffic import CATEGORIES, CHANNELS, TEXTS, Traffic
from dashboard.callers.numbers import dialling_of
from dashboard.callers.sealing import Sealer
from dashboard.engine.clock import Clock, Mode
from geo.areas import Areas
from geo.cities import City
from hotline.cases import Case
from streams.codec import encode

AT_ONCE = 5_000
AGE = timedelta(days=20)  # the oldest of the open cases
SEQ = 1_000
GRADES, OWNERS, LANGUAGES = ("I", "II", "III", "III", "IV"), ("", "urban", "water", "parks"), ("zh", "zh", "zh", "en")
CALLER_KEY = b"the key of the benchmarks' callers"
CALLS = 4  # cases in a row that come from one number; 6 in 10 leave it


def open_cases(numbers: range, city: City, areas: Areas | None, now: datetime, seed: int = 7) -> Iterator[Case]:
    """Open cases `old-<number>`, received over the last weeks, some past their deadline."""
    rng = random.Random(f"{seed}:{numbers.start}")
    traffic = Traffic(seed=seed)
    for number in numbers:
        lat, lng = traffic.place()
        placed = city.place(lat, lng, areas)
        received_at = now - AGE * rng.random()
        yield Case(
            case_id=f"old-{number}",
            category=rng.choice(CATEGORIES),
            channel=rng.choice(CHANNELS),
            language=rng.choice(LANGUAGES),
            grade=rng.choice(GRADES),
            owner=rng.choice(OWNERS),
            lat=lat,
            lng=lng,
            cell=placed.cell,
            area=placed.area,
            source="311",
            occurred_at=received_at,
            received_at=received_at,
            target_at=received_at + timedelta(days=rng.choice((1, 3, 10, 30))),
            seq=SEQ,
        )


def write_cases(servers: Servers, numbers: range, city: City, areas: Areas | None, now: datetime) -> None:
    """Commit these open cases with their private words and grid; a city not yet begun also gets its position."""
    cases = open_cases(numbers, city, areas, now)
    known = {raw.decode() for raw in servers.client.lrange(servers.keys.grid, 0, -1)}  # type: ignore[union-attr]
    sealer = Sealer(CALLER_KEY, dialling_of(city))
    while some := list(islice(cases, AT_ONCE)):
        fresh = list(dict.fromkeys(case.cell for case in some if case.cell and case.cell not in known))
        known.update(fresh)
        _write(servers, some, fresh, sealer)
    clock = Clock(mode=Mode.LIVE, at=now)
    for name, value in {"seq": SEQ, "frame_seq": SEQ, "clock": encode(clock)}.items():
        servers.client.hsetnx(servers.keys.position, name, value)  # type: ignore[arg-type]


def _write(servers: Servers, cases: list[Case], fresh: list[str], sealer: Sealer) -> None:
    words = ((f"case:{case.case_id}", encode(_private(case, sealer))) for case in cases)
    with servers.client.pipeline(transaction=False) as pipe:
        pipe.execute_command(
            "HSET", servers.keys.cases, *chain.from_iterable((case.case_id, encode(case)) for case in cases)
        )
        pipe.execute_command("HSET", servers.keys.private, *chain.from_iterable(words))
        if fresh:
            pipe.rpush(servers.keys.grid, *fresh)
        pipe.execute()


def _private(case: Case, sealer: Sealer) -> dict[str, str]:
    number = int(case.case_id.rpartition("-")[2])
    told = {"address": f"{number % 999} Example Road", "text": TEXTS[number % len(TEXTS)]}
    if number % 10 < 6:
        told |= {"phone": phone_of(number), "name": f"Caller {number // CALLS}"}
    return sealer.sealed(f"case:{case.case_id}", told)


def phone_of(number: int) -> str:
    """The number from which the case `old-<number>` was reported."""
    return f"139{number // CALLS * 7919 % 10**8:08d}"
