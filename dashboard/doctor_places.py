"""Examining what the desk's search of places is made of: landmarks of the city, streets that were learnt."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from dashboard.settings import Settings
from geo.cities import base_city_id
from geo.gazetteer_files import landmarks_file, read_landmarks, read_streets

Said = tuple[str, str, str, str]  # what, grade, found, advice
LEARN = "make it: python -m dashboard places learn --help"


def examine_places(settings: Settings) -> Iterator[Said]:
    """One line for the landmarks, one for the streets."""
    landmarks = landmarks_file(settings.city)
    try:
        n = len(read_landmarks(landmarks)) if landmarks.is_file() else 0
        yield "landmarks", "ok" if n else "note", f"{n} in {landmarks.name}", "" if n else "see docs/cities.md"
    except ValueError as error:
        yield "landmarks", "bad", str(error), "see docs/cities.md"
    if not settings.places:
        yield "HEXWATCH_PLACES", "note", "no streets were learnt: the desk finds areas and landmarks only", LEARN
        return
    try:
        known = read_streets(Path(settings.places))
    except ValueError as error:
        yield "HEXWATCH_PLACES", "bad", str(error), LEARN
        return
    is_ours = base_city_id(known.city) == base_city_id(settings.city)
    found = f"{len(known.streets):,} streets of {known.city}, learnt from {known.learnt_from}"
    yield "HEXWATCH_PLACES", "ok" if is_ours else "bad", found, "" if is_ours else f"not of {settings.city}: {LEARN}"
