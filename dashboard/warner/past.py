"""What early warning learns from: the archive of a city; of a simulated one, the same laws for the weeks before."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from itertools import pairwise
from typing import NamedTuple

import msgspec

from dashboard.engine.clock import Mode
from dashboard.engine_process import load_areas
from dashboard.settings import Settings, archive_path
from geo.areas import Areas
from geo.cells import point_to_cell
from geo.cities import City
from hotline.warning_model import PastCase

COMPLAINT = "complaint"  # only these are counted: enquiries and what the city enters itself tell of no matter
LOOK_BACK = timedelta(days=180)
SIMULATED_DAYS = 14
ARCHIVE, SIMULATED = "archive", "simulated"
_SQL = """SELECT epoch(received_at) AS at_s, cell, category, area FROM {cases}
WHERE kind = ? AND cell IS NOT NULL AND received_at >= ? AND received_at < ?"""


class Past(NamedTuple):
    """Cases to learn from, since when the record is complete, and where they come from."""

    cases: list[PastCase]
    since_s: float | None
    source: str


def past_of(settings: Settings, city: City, mode: Mode, now: datetime, tell: Callable[[float], None]) -> Past:
    """A simulated city has no past of its own: it learns from days that its laws would have made, and says so."""
    if mode is Mode.SIMULATION:
        return Past(list(simulated(city, load_areas(settings, city), now, SIMULATED_DAYS, tell)), None, SIMULATED)
    return Past(archived(settings, now), None, ARCHIVE)


def archived(settings: Settings, now: datetime) -> list[PastCase]:
    """Complaints with a place that the archive has of the last half year; none where it has just begun."""
    from streams.archive.manifest import BadArchive
    from streams.archive.view import Archive

    try:
        with Archive(archive_path(settings)).view() as view:
            table = view.table("cases")
            rows = view.rows(_SQL.format(cases=table), [COMPLAINT, now - LOOK_BACK, now])
    except BadArchive:
        return []
    return [PastCase(row["at_s"], f"{row['cell']:x}", row["category"] or "", row["area"] or "") for row in rows]


def simulated(
    city: City, areas: Areas | None, now: datetime, days: int, tell: Callable[[float], None]
) -> Iterable[PastCase]:
    """Complaints of the days before `now`, as the simulation's laws make them on days without scenes."""
    import numpy as np

    from streams.sim.laws import Laws

    law = Laws.of_city(city, areas).contacts
    last = int(now.timestamp()) // 60
    edges = range(last - days * 1440, last + 1, 1440)
    for number, (begin, end) in enumerate(pairwise(edges), start=1):
        columns = law.columns(law.numbers(np.arange(begin, end)))
        for contact in law.contacts(columns.where(columns.grade >= 0)):
            if contact.lat is not None and contact.lng is not None and city.usable(contact.lat, contact.lng):
                cell = point_to_cell(contact.lat, contact.lng)
                yield PastCase(contact.at_ms / 1000, cell, contact.category, contact.area)
        tell(number / days)


class KeptModel(msgspec.Struct, frozen=True):
    """A model as it is kept over a restart, and what it was learnt from."""

    source: str
    model: bytes
    recurring: list[dict[str, object]]
