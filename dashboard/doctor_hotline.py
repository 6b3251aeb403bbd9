"""Examining the hotline's rule files: case life, dispatch catalogue, rankings."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from dashboard.settings import Settings
from geo.cities import load_city
from hotline.case_rules import RULES, load_case_rules
from hotline.dispatching import check_dispatching, load_dispatching
from hotline.ranking_rules import load_rule_sets

Said = tuple[str, str, str, str]  # what, grade, found, advice
SHOWN = 12
ADVICE = "see The rules of the hotline in docs/operations.md"


def examine_hotline(settings: Settings) -> Iterator[Said]:
    """One line for each file, and one for each thing in the dispatch catalogue that fits nothing in the city."""
    folder = Path(settings.hotline_rules) if settings.hotline_rules else RULES
    try:
        rules, rule_sets = load_case_rules(folder), load_rule_sets(folder)
        catalogue, city = load_dispatching(settings.city, folder), load_city(settings.city)
        names, areas = city.load_catalogue(), city.load_areas()
    except (OSError, ValueError) as error:
        yield "hotline rules", "bad", str(error), ADVICE
        return
    unknown = sorted({grade for pause in rules.pauses.values() for grade in pause.grades} - set(city.deadlines))
    if unknown and city.deadlines:
        yield "case rules", "note", f"pauses: {city.id} has no grade {', '.join(unknown)}", ADVICE
    said = check_dispatching(catalogue, city.agencies, names.categories, areas.names() if areas else ())
    for line in said[:SHOWN]:
        yield "dispatch catalogue", "note", line, ""
    if len(said) > SHOWN:
        yield "dispatch catalogue", "note", f"and {len(said) - SHOWN} more of this sort", ""
    newest = rule_sets[-1]
    found = f"{len(catalogue.entries)} entries, version {catalogue.version} {catalogue.label}".rstrip()
    yield "dispatch catalogue", "ok", found, ""
    yield "rankings", "ok", f"rule set {newest.version} {newest.label}, one of {len(rule_sets)}", ""
