"""What early warning learns from: the archive of a city; of a simulated one, the same laws for the weeks before.

No archive holds what people said. Of a simulated city it is known: the past has the grave words of its sentences.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from dashboard.engine.clock import Mode
from dashboard.settings import Settings, archive_path
from dashboard.warner.marks import archived_marks
from geo.areas import Areas
from geo.cells import point_to_cell
from geo.cities import City
from geo.warning.baseline import Mark
from hotline.grave_words import GraveWords, grave_words, said
from hotline.warning_model import PastCase
from streams.sim.contacts import Contact

if TYPE_CHECKING:
    from streams.sim.laws import Laws
    from streams.sim.texts import Words

COMPLAINT = "complaint"  # only these are counted: enquiries and what the city enters itself tell of no matter
LOOK_BACK = timedelta(days=180)
SIMULATED_DAYS = 14
SAME_CALLER_S = 86_400.0  # who calls again of one thing within a day counts once, as with `hotline.warnings`
ARCHIVE, SIMULATED = "archive", "simulated"
_SQL = """SELECT epoch(received_at) AS at_s, cell, category, area FROM {cases}
WHERE kind = ? AND cell IS NOT NULL AND received_at >= ? AND received_at < ?"""


class Past(NamedTuple):
    """Cases to learn from, since when the record is complete, where they come from, and times that were special."""

    cases: list[PastCase]
    since_s: float | None
    source: str
    marks: Sequence[Mark] = ()


def past_of(settings: Settings, city: City, mode: Mode, now: datetime, tell: Callable[[float], None]) -> Past:
    """A simulated city has no past of its own: it learns from days that its laws would have made, and says so."""
    if mode is Mode.SIMULATION:
        from dashboard.engine_process import load_areas  # the whole engine comes with it

        return Past(list(simulated(city, load_areas(settings, city), now, SIMULATED_DAYS, tell)), None, SIMULATED)
    return archived(settings, city, now)


def archived(settings: Settings, city: City, now: datetime) -> Past:
    """Complaints with a place that the archive has of the last half year; none where it has just begun."""
    from streams.archive.manifest import BadArchive
    from streams.archive.view import Archive

    try:
        with Archive(archive_path(settings)).view() as view:
            table = view.table("cases")
            rows = view.rows(_SQL.format(cases=table), [COMPLAINT, now - LOOK_BACK, now])
            marks = archived_marks(view, city, now - LOOK_BACK, now)
    except BadArchive:
        return Past([], None, ARCHIVE)
    cases = [PastCase(row["at_s"], f"{row['cell']:x}", row["category"] or "", row["area"] or "") for row in rows]
    return Past(cases, None, ARCHIVE, marks)


def simulated(
    city: City, areas: Areas | None, now: datetime, days: int, tell: Callable[[float], None]
) -> Iterable[PastCase]:
    """Complaints of the days before `now`, as the simulation's laws make them on days without scenes."""
    from streams.sim.laws import Laws
    from streams.sim.texts import Words

    laws = Laws.of_city(city, areas)
    spoken = Spoken(Words.load(city.load_catalogue()), grave_words())
    heard: dict[int, int] = {}  # stories, and when somebody called about them last
    last = int(now.timestamp()) // 60
    edges = range(last - days * 1440, last + 1, 1440)
    for number, (begin, end) in enumerate(pairwise(edges), start=1):
        for contact in (*_to_hotline(laws, begin, end, heard), *_to_partner(laws, begin, end)):
            if contact.lat is not None and contact.lng is not None and city.usable(contact.lat, contact.lng):
                cell = point_to_cell(contact.lat, contact.lng)
                for category in (contact.category, *spoken.of(contact)):
                    yield PastCase(contact.at_ms / 1000, cell, category, contact.area)
        tell(number / days)


def _to_hotline(laws: Laws, begin: int, end: int, heard: dict[int, int]) -> Iterable[Contact]:
    """Who complained in those minutes since 1970, and had not done so of the same thing within a day."""
    import numpy as np

    law = laws.contacts
    columns = law.columns(law.numbers(np.arange(begin, end)))
    for contact in law.contacts(columns.where(columns.grade >= 0)):
        if contact.kind == COMPLAINT and contact.at_ms - heard.get(contact.story, 0) >= SAME_CALLER_S * 1000:
            yield contact
            if contact.lat is not None:
                heard[contact.story] = contact.at_ms


def _to_partner(laws: Laws, begin: int, end: int) -> Iterable[Contact]:
    """Reports through the partner's server: it knows neither callers nor kinds, so each is a complaint."""
    import numpy as np

    from streams.sim.partner import SHARE, contacts_of

    law = contacts_of(laws)
    for contact in law.contacts(law.columns(law.numbers(np.arange(begin, end), SHARE), SHARE)):
        yield msgspec.structs.replace(contact, kind=COMPLAINT)


class Spoken:
    """The grave words of simulated contacts: as often as their sentences have them, without saying the sentences."""

    def __init__(self, words: Words, grave: GraveWords):
        self._words, self._grave = words, grave
        self._groups: dict[tuple[str, str, str, bool], list[tuple[str, ...]]] = {}

    def of(self, contact: Contact) -> tuple[str, ...]:
        """Names of themes among categories: those of one of the sentences that somebody like this chooses from."""
        key = (contact.about, contact.language, contact.kind, contact.opposite)
        if (lines := self._groups.get(key)) is None:
            lines = self._groups[key] = [self._themes(line, contact.language) for line in self._words.lines_for(*key)]
        return lines[contact.number * 2_654_435_761 % 4_294_967_291 % len(lines)]

    def _themes(self, line: str, language: str) -> tuple[str, ...]:
        return tuple(said(theme) for theme in sorted(self._grave.themes_of(line, language)))


class KeptModel(msgspec.Struct, frozen=True):
    """A model as it is kept over a restart, and what it was learnt from."""

    source: str
    model: bytes
    recurring: list[dict[str, object]]
