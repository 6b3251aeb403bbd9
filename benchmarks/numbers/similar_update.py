"""How long one new case takes until it is known what it is similar to and which cluster it joins."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import h3

from benchmarks.results import Result, percentile, rounded
from benchmarks.run import Run
from dashboard.similar.file import SimilarFile
from geo.cities import Bounds, load_city
from hotline.similar.index import SimilarIndex
from hotline.similar.score import Report, compare
from hotline.similar.text import words_of
from tests.support.similar_pairs import NOON, pairs

NAME = "similar-update"
ASKS = "ms per new case until its similar cases and its cluster are known and written, among 50,000 recent open cases"
CITY = "beijing"
CASES = (50_000, 20_000, 1_000)
NEW = (1_000, 300, 20)
AT_ONE_PLACE = (3_000, 1_500, 100)  # a default point of the geocoder, an office where everything is filed
CENTRES, SPREAD_KM = 40, 3.0  # where a city's cases come from
MOST_MS = 10.0
_TEXTS = 600


def measure(run: Run) -> Iterator[Result]:
    draw, city = random.Random(21), load_city(CITY)
    texts = [(pair.texts[0], pair.one.category) for pair in pairs(_TEXTS, 5)]
    index = SimilarIndex(timedelta(hours=72))
    centres = [_in(draw, city.bounds) for _ in range(CENTRES)]
    crowd = centres[0]
    began = time.perf_counter()
    for number in range(run.pick(*CASES)):
        index.place(_report(draw, f"c{number}", _around(draw, centres), texts))
    for number in range(run.pick(*AT_ONE_PLACE)):
        index.place(_report(draw, f"p{number}", crowd, texts))
    placed_s = time.perf_counter() - began
    run.say("comparing what is there")
    began = time.perf_counter()
    while index.waiting:
        index.settle(500)
    settled_s = time.perf_counter() - began
    with TemporaryDirectory() as folder:
        file = SimilarFile(Path(folder) / "similar.sqlite3", CITY)
        ours = [_one(index, file, draw, f"n{i}", _around(draw, centres), texts) for i in range(run.pick(*NEW))]
        crowded = [_one(index, file, draw, f"q{i}", crowd, texts) for i in range(run.pick(*NEW) // 5)]
        file.close()
    plain = _everything(index, draw, centres, texts, run.pick(5, 3, 1))
    value = percentile(ours, 0.99)
    yield Result(
        name=NAME,
        value=rounded(value),
        unit="ms (p99)",
        target=f"≤ {MOST_MS:.0f} ms per new case",
        met=max(value, percentile(crowded, 0.99)) <= MOST_MS,
        n=len(ours) + len(crowded),
        compared_with={
            "median ms": rounded(percentile(ours, 0.5)),
            "at a place with thousands of cases, p99 ms": rounded(percentile(crowded, 0.99)),
            "comparing with every case, ms": rounded(plain),
        },
        conditions={
            "cases": len(index),
            "of them at one place": run.pick(*AT_ONE_PLACE),
            "clusters": len(index.clusters()),
            "read and placed at a start, s": rounded(placed_s),
            "compared with each other after a start, s": rounded(settled_s),
            "one case": "words read, compared, linked, cluster made anew, written to the file in one transaction",
        },
    )


def _one(
    index: SimilarIndex,
    file: SimilarFile,
    draw: random.Random,
    case_id: str,
    place: tuple[float, float],
    texts: list[tuple[str, str]],
) -> float:
    text, category = draw.choice(texts)
    began = time.perf_counter()
    report = _made(case_id, category, place, NOON + timedelta(hours=72), text)
    touched = index.put(report)
    cluster = index.cluster_of(case_id)
    with file.transaction():
        for touched_id in touched:
            file.write_evidence(touched_id, [*index.similar(touched_id), *index.held_back(touched_id)])
        if cluster is not None:
            file.write_clusters([cluster.id], [cluster])
    return (time.perf_counter() - began) * 1000


def _everything(
    index: SimilarIndex,
    draw: random.Random,
    centres: list[tuple[float, float]],
    texts: list[tuple[str, str]],
    rounds: int,
) -> float:
    """What it takes without an index."""
    began = time.perf_counter()
    for number in range(rounds):
        report = _report(draw, f"x{number}", _around(draw, centres), texts)
        for other in index.reports.values():
            compare(report, other)
    return (time.perf_counter() - began) * 1000 / rounds


def _report(draw: random.Random, case_id: str, place: tuple[float, float], texts: list[tuple[str, str]]) -> Report:
    text, category = draw.choice(texts)
    return _made(case_id, category, place, NOON + timedelta(seconds=draw.randrange(72 * 3600)), text)


def _made(case_id: str, category: str, place: tuple[float, float], at: datetime, text: str) -> Report:
    return Report(case_id, category, h3.latlng_to_cell(*place, 9), *place, at, words_of(text))


def _in(draw: random.Random, box: Bounds) -> tuple[float, float]:
    return draw.uniform(box.south, box.north), draw.uniform(box.west, box.east)


def _around(draw: random.Random, centres: list[tuple[float, float]]) -> tuple[float, float]:
    lat, lng = draw.choice(centres)
    return lat + draw.gauss(0, SPREAD_KM) / 111.0, lng + draw.gauss(0, SPREAD_KM) / 85.0
