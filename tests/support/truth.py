"""What a city's keys say, and what they should say: a plain fold of the log and counts made anew from documents.

Nothing of the engine's bookkeeping is used here (no tallies, timers, views): only the folds of one document, the
flags of one document, and dictionaries.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec
import redis

from dashboard.engine.own_names import ENGINE
from dashboard.projection import Fact, fold_fact, subjects_of
from emergency.incident_flags import INCIDENT_MEASURES, incident_flags
from emergency.incidents import Incident
from emergency.units import Unit
from geo.cities import City
from geo.days import day_start
from hotline.cases import CASE_MEASURES, Case, case_flags
from streams.codec import decode_envelope, payload_of
from streams.events import Envelope, SubjectErased
from streams.keys import CLOSED_NOUNS, Keys

MAPPED = ("received_1h", "received_24h", "open", "overdue", "due_4h")
# figure prefix -> (measure, attribute)
SPLITS = {
    "cases.by_channel.": ("received_today", "channel"),
    "cases.by_category.": ("received_today", "category"),
    "cases.by_area.": ("received_today", "area"),
    "cases.open_by_area.": ("open", "area"),
    "cases.open_by_category.": ("open", "category"),
    "cases.overdue_by_area.": ("overdue", "area"),
    "cases.received_1h_by_category.": ("received_1h", "category"),
    "cases.received_1h_by_area.": ("received_1h", "area"),
}
WALL_TIME = frozenset(
    {
        *("received_at", "closed_at", "last_step_at", "status_at", "status_seq"),
        *("position_at", "seq", "seqs", "cleared"),
    }
)


@dataclass(frozen=True)
class Documents:
    """Every document of a city, by id; cases that left the engine's memory are among them."""

    cases: dict[str, Case]
    incidents: dict[str, Incident]
    units: dict[str, Unit]

    def plain(self, without: Iterable[str] = ("seq", "seqs", "status_seq")) -> dict[str, dict[str, Any]]:
        """As dictionaries without the named fields, to compare two runs."""
        gone = set(without)
        return {
            kind: {
                name: {k: v for k, v in msgspec.to_builtins(document).items() if k not in gone}
                for name, document in documents.items()
            }
            for kind, documents in (("cases", self.cases), ("incidents", self.incidents), ("units", self.units))
        }


def committed_documents(client: redis.Redis, keys: Keys) -> Documents:
    """The documents as they stand in Redis. A case brought back from the closed ones stands in both; hot wins."""
    raw: Any = client.hget(keys.position, "closed_days")
    days = msgspec.json.decode(raw) if raw else []

    def everywhere(entity: str, noun: str, kind: Any) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for key in [*(keys.of(CLOSED_NOUNS[entity], day) for day in days), keys.of(noun)]:
            found |= _all(client, key, kind)
        return found

    cases, incidents = everywhere("case", "cases", Case), everywhere("incident", "incidents", Incident)
    return Documents(cases, incidents, _all(client, keys.units, Unit))


def _all(client: redis.Redis, key: str, kind: Any) -> dict[str, Any]:
    found: Any = client.hgetall(key)
    return {name.decode(): msgspec.json.decode(raw, type=kind) for name, raw in found.items()}


def log_of(client: redis.Redis, keys: Keys) -> list[Fact]:
    """The whole log, oldest first."""
    entries: Any = client.xrange(keys.events)
    facts = []
    for entry_id, fields in entries:
        seq, _, index = entry_id.decode().partition("-")
        facts.append(Fact(int(seq), int(index), decode_envelope(fields[b"e"])))
    return facts


def told_from_outside(client: redis.Redis, keys: Keys) -> set[tuple[str, str]]:
    """(source, id) of every fact of the log that the engine did not conclude by itself."""
    return {(f.envelope.source, f.envelope.id) for f in log_of(client, keys) if f.envelope.source != ENGINE}


def folded(facts: Iterable[Fact]) -> Documents:
    """The documents that the log makes, one fact after the other."""
    documents: dict[str, dict[str, Any]] = {"case": {}, "incident": {}, "unit": {}}
    for fact in facts:
        payload = payload_of(fact.envelope)
        for entity, subject_id in subjects_of(fact, payload):
            if entity not in documents or isinstance(payload, SubjectErased):
                continue
            after = fold_fact(documents[entity].get(subject_id), (entity, subject_id), payload, fact)
            if after is not None:
                documents[entity][subject_id] = after
    return Documents(documents["case"], documents["incident"], documents["unit"])


def counted(documents: Documents, city: City, now: datetime) -> dict[str, int]:
    """Figures that follow from documents and clock alone, zeros left out."""
    start = day_start(now, city.zone)
    figures: Counter[str] = Counter()
    for case in documents.cases.values():
        flags = case_flags(case, now, start)
        for measure, bit in CASE_MEASURES.items():
            figures[f"cases.{measure}"] += bool(flags & bit)
        for prefix, (measure, attribute) in SPLITS.items():
            figures[prefix + getattr(case, attribute)] += bool(flags & CASE_MEASURES[measure])
        for measure in MAPPED:
            figures[f"without_location.{measure}"] += bool(flags & CASE_MEASURES[measure] and not case.cell)
        figures["cases.received_total"] += case.received_at is not None
    for incident in documents.incidents.values():
        flags = incident_flags(incident, now, start)
        for measure, bit in INCIDENT_MEASURES.items():
            figures["incidents.open" if measure == "incidents" else f"incidents.{measure}"] += bool(flags & bit)
        is_open = incident.is_open and not incident.exercise
        figures[f"incidents.by_kind.{incident.kind}"] += is_open
        figures[f"incidents.by_priority.{incident.priority}"] += is_open
        figures["incidents.received_total"] += incident.received_at is not None and not incident.exercise
    for unit in documents.units.values():
        figures["units.total"] += 1
        figures["units.busy"] += unit.is_busy
        figures[f"units.by_status.{unit.status}"] += 1
    figures["cases.without_location"] = figures["without_location.open"]
    return {name: n for name, n in figures.items() if n}


def counted_cells(documents: Documents, city: City, now: datetime) -> dict[str, dict[str, int]]:
    """`cells:<measure>:<category>` -> cell -> count, from documents and clock alone."""
    start = day_start(now, city.zone)
    cells: dict[str, Counter[str]] = {}
    for case in documents.cases.values():
        flags = case_flags(case, now, start)
        for measure in MAPPED:
            if flags & CASE_MEASURES[measure] and case.cell:
                for category in ("", case.category):
                    cells.setdefault(f"cells:{measure}:{category}", Counter())[case.cell] += 1
    for incident in documents.incidents.values():
        if incident.is_open and incident.cell and not incident.exercise:
            public = () if city.is_sensitive(incident.kind) else ("incidents.public",)
            for measure in ("incidents", *public):
                for category in ("", incident.kind):
                    cells.setdefault(f"cells:{measure}:{category}", Counter())[incident.cell] += 1
    return {topic: dict(counts) for topic, counts in cells.items()}


def view(client: redis.Redis, keys: Keys, topic: str) -> dict[str, Any]:
    """The committed picture of one topic."""
    found: Any = client.hgetall(keys.view(topic))
    return {name.decode(): msgspec.json.decode(raw) for name, raw in found.items()}


def committed_cells(client: redis.Redis, keys: Keys) -> dict[str, dict[str, int]]:
    """The committed cell topics with H3 ids instead of grid numbers, empty topics left out."""
    grid: Any = client.lrange(keys.grid, 0, -1)
    assert len(set(grid)) == len(grid), "a cell has two numbers"
    names: Any = client.smembers(keys.view_names)
    topics = sorted(name.decode() for name in names if name.startswith(b"cells:"))
    found = {t: {grid[int(n)].decode(): count for n, count in view(client, keys, t).items()} for t in topics}
    return {topic: counts for topic, counts in found.items() if counts}


def shown_at(client: redis.Redis, keys: Keys) -> datetime:
    """The instant of the committed picture."""
    return msgspec.convert(view(client, keys, "clock")["now"], datetime)


def assert_agrees_with_its_log(client: redis.Redis, keys: Keys, city: City) -> Documents:
    """Documents, figures and cells are what the log makes of them, and no entry stands in the log twice.

    Needs a picture at rest: the last frame must be newer than the last fact, and nothing may be committed meanwhile.
    """
    facts = log_of(client, keys)
    assert_no_duplicates(f.envelope for f in facts)
    documents, expected = committed_documents(client, keys), folded(facts)
    assert_same(documents.plain(()), expected.plain(()), "documents")
    now = shown_at(client, keys)
    assert_same(committed_figures(client, keys), counted(expected, city, now), "figures")
    assert_same(committed_cells(client, keys), counted_cells(expected, city, now), "cells")
    assert_received_by_source(client, keys, facts)
    return documents


def assert_no_duplicates(envelopes: Iterable[Envelope]) -> None:
    told = Counter((e.source, e.id) for e in envelopes)
    assert [pair for pair, n in told.items() if n > 1] == []


def committed_figures(client: redis.Redis, keys: Keys) -> dict[str, int]:
    """Those figures that `counted` knows, zeros left out."""
    unknown = ("band.", "yesterday.", "incidents.with_busy_unit", "calls.")
    return {
        name: n
        for name, n in view(client, keys, "figures").items()
        if n and not name.startswith(unknown) and not (name.startswith("without_location.") and name.count(".") > 1)
        and name != "without_location.incidents"
    }  # fmt: skip


def assert_received_by_source(client: redis.Redis, keys: Keys, facts: Iterable[Fact]) -> None:
    """What each source is said to have sent is what stands in the log."""
    told = Counter(f.envelope.source for f in facts if not f.envelope.type.startswith("feed."))
    shown: Mapping[str, Any] = view(client, keys, "sources")
    received = {name: source["received"] for name, source in shown.items() if source["received"]}
    assert_same(received, dict(told), "received")


def assert_same(found: Any, expected: Any, what: str) -> None:
    """Equal, or a failure that names the first places where they differ instead of printing both."""
    places = list(_differences(found, expected, what))
    kinds = Counter(place.split("]")[0] for place in places)
    assert not places, f"{len(places)} differences {dict(kinds)}, the first:\n" + "\n".join(places[:10])


def _differences(found: Any, expected: Any, where: str) -> Iterator[str]:
    if isinstance(found, Mapping) and isinstance(expected, Mapping):
        for name in sorted(set(found) | set(expected), key=str):
            if name not in found:
                yield f"{where}[{name!r}]: missing, expected {_short(expected[name])}"
            elif name not in expected:
                yield f"{where}[{name!r}]: not expected, found {_short(found[name])}"
            else:
                yield from _differences(found[name], expected[name], f"{where}[{name!r}]")
    elif found != expected:
        yield f"{where}: found {_short(found)}, expected {_short(expected)}"


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 300 else f"{text[:300]}…"
