"""Streams to try early warning on: recorded files by any preset, and contacts of the simulated hotline."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from geo.cells import point_to_cell
from geo.cities import load_city
from geo.warning.arrays import DAY_S, HOUR_S
from geo.warning.grid import Grid
from geo.warning.learning import History
from geo.warning.trials import Stream
from streams.feeds.answers import answers
from streams.feeds.preset import Preset, load_preset
from streams.feeds.records import Rank, Rejected
from streams.sim.contacts import Contact
from streams.sim.laws import Laws

OTHER = "other"
TRIED_DAYS = 62
RARE = 30  # a category with fewer cases in the whole file counts as `other`
STAFF = "staff"  # what the city's own people enter is work, and comes in batches
# 46 days to learn from (Farrington's algorithm looks back six weeks), then the days that are tried.
SIMULATED_FROM = datetime(2026, 3, 2, 16, tzinfo=UTC)  # midnight in Beijing
SIMULATED_LEARNT_DAYS, SIMULATED_TEST_DAYS = 46, 8


DATA = Path(__file__).resolve().parents[2] / "shared" / "data"
RECORDED = {
    "boston": ("service_requests/boston_311_2011-07_2011-10.csv.gz", "boston-311"),
    "montgomery": ("emergency/montgomery_pa_911_2015-12_2016-05.csv.gz", "montgomery-911"),
}
RECORDED_LEARNT_DAYS = 62


class Told(NamedTuple):
    """One case of a file, as far as early warning looks at it."""

    at: datetime
    cell: str
    category: str
    area: str
    title: str
    street: str
    channel: str
    case_id: str


class Recorded(NamedTuple):
    """A file's usable cases in order of time, its zone, and how many rows were left out, by reason."""

    cases: list[Told]
    zone: str
    left_out: Counter[str]


def city_stream(
    city: str, tell: Callable[[str, float], None], cache_dir: Path | None = None, tried_days: int = TRIED_DAYS
) -> Stream | None:
    """The stream of `boston`, `montgomery` or `beijing` (simulated); None where recorded data are absent.

    Of recorded cases `tried_days` are tried after those that are only learnt from.
    """
    if city not in RECORDED:
        return simulated_stream(lambda share: tell("simulating", share), cache_dir=cache_dir)
    file, preset = RECORDED[city]
    path = DATA / file
    if not path.exists():
        return None
    recorded = read_cases(path, load_preset(preset), lambda share: tell("reading", share))
    return recorded_stream(city, recorded, RECORDED_LEARNT_DAYS, tried_days)


def read_cases(path: Path, preset: Preset, progress: Callable[[float], None]) -> Recorded:
    """Cases (or incidents) with a usable place that the public reported. Raises FeedError for another file."""
    city = load_city(preset.city)
    cases: list[Told] = []
    left_out: Counter[str] = Counter()
    for answer in answers(path, preset, progress):
        if isinstance(answer, Rejected):
            left_out["not readable"] += 1
            continue
        receipt = next(entry for entry in answer if entry.rank is Rank.RECEIVED)
        said = receipt.envelope.data
        if said.get("kind") == STAFF:
            left_out["entered by staff"] += 1
        elif not city.usable(said.get("lat"), said.get("lng")):
            left_out["without usable place"] += 1
        else:
            cases.append(_told(receipt.occurred_at, said, receipt.record))
    cases.sort(key=lambda case: (case.at, case.case_id))
    return Recorded(cases, preset.zone, left_out)


def _told(at: datetime, said: dict[str, Any], record: str) -> Told:
    address = str(said.get("address") or "")
    return Told(
        at=at,
        cell=point_to_cell(said["lat"], said["lng"]),
        category=str(said.get("category") or said.get("kind") or OTHER),
        area=str(said.get("area") or ""),
        title=str(said.get("text") or said.get("subcategory") or "").partition(";")[0].strip(),
        street=_street(address),
        channel=str(said.get("channel") or ""),
        case_id=record,
    )


def _street(address: str) -> str:
    """`12 Lorraine St  Roslindale  MA` -> `Lorraine St`."""
    street = address.partition("  ")[0]
    return street.partition(" ")[2] if street[:1].isdigit() else street


def recorded_stream(name: str, recorded: Recorded, learnt_days: int, tried_days: int = TRIED_DAYS) -> Stream:
    """The file as columns. The first `learnt_days` are only learnt from; `tried_days` more are tried."""
    usual = Counter(case.category for case in recorded.cases)
    categories = sorted({name if n >= RARE else OTHER for name, n in usual.items()})
    known = {category: number for number, category in enumerate(categories)}
    grid = Grid(dict.fromkeys(case.cell for case in recorded.cases), categories, areas_of_cells(recorded.cases))
    times = np.array([case.at.timestamp() for case in recorded.cases])
    cell = np.array([grid.index[case.cell] for case in recorded.cases], dtype=np.int32)
    category = np.array([known.get(case.category, known.get(OTHER, 0)) for case in recorded.cases], dtype=np.int32)
    since = float(times[0] // DAY_S * DAY_S)
    until = min(float(times[-1] // HOUR_S * HOUR_S), since + (learnt_days + tried_days) * DAY_S)
    history = History.of(times, cell, category, since, until)
    return Stream(name, grid, history, recorded.zone, since + learnt_days * DAY_S)


def areas_of_cells(cases: Sequence[Told]) -> dict[str, str]:
    """The area that most cases of a cell name."""
    named: dict[str, Counter[str]] = defaultdict(Counter)
    for case in cases:
        named[case.cell][case.area] += 1
    return {cell: areas.most_common(1)[0][0] for cell, areas in named.items()}


def simulated_stream(
    progress: Callable[[float], None],
    learnt_days: int = SIMULATED_LEARNT_DAYS,
    test_days: int = SIMULATED_TEST_DAYS,
    cache_dir: Path | None = None,
) -> Stream:
    """Complaints of the simulated hotline of Beijing, some 25,000 a day, without scenes: nothing is the matter."""
    city = load_city("beijing-sim")
    laws = Laws.of_city(city, city.load_areas(cache_dir=cache_dir))
    law = laws.contacts
    until = SIMULATED_FROM + timedelta(days=learnt_days + test_days)
    first = int(SIMULATED_FROM.timestamp()) // 60
    parts: list[list[Contact]] = []
    for day in range(learnt_days + test_days):
        columns = law.columns(law.numbers(np.arange(first + 1440 * day, first + 1440 * (day + 1))))
        columns = columns.where(columns.grade >= 0)
        parts.append([c for c in law.contacts(columns) if city.usable(c.lat, c.lng)])
        progress((day + 1) / (learnt_days + test_days))
    contacts = [contact for part in parts for contact in part]
    return _as_stream(contacts, law.categories, (SIMULATED_FROM, until, learnt_days))


def _as_stream(contacts: Sequence[Contact], categories: Sequence[str], span: tuple[datetime, datetime, int]) -> Stream:
    cells = [point_to_cell(c.lat or 0.0, c.lng or 0.0) for c in contacts]
    area_of = {cell: c.area for cell, c in zip(cells, contacts, strict=True) if c.area}
    grid = Grid(dict.fromkeys(cells), categories, area_of)
    known = {name: number for number, name in enumerate(categories)}
    cell = np.array([grid.index[cell] for cell in cells], dtype=np.int32)
    category = np.array([known[c.category] for c in contacts], dtype=np.int32)
    times = np.array([c.at_ms / 1000.0 for c in contacts])
    since, until, learnt_days = span
    history = History.of(times, cell, category, since.timestamp(), until.timestamp())
    return Stream("beijing (simulated)", grid, history, "Asia/Shanghai", since.timestamp() + learnt_days * DAY_S)
