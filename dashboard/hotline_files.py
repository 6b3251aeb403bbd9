"""The hotline's rule files as a web process uses them: dispatch catalogue, rule sets of rankings, units of a level."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import structlog

from geo.areas import Areas
from geo.cities import City
from geo.divisions import Divisions, city_to_divisions
from hotline.case_rules import RULES, CaseRules, load_case_rules
from hotline.cases import Case
from hotline.dispatching import Catalogue, load_dispatching
from hotline.ranking_rules import RuleSet, load_rule_sets

log = structlog.get_logger(__name__)

DISTRICT, SUB_DISTRICT, BODY = "district", "sub-district", "body"
LEVELS = (DISTRICT, SUB_DISTRICT, BODY)


@dataclass
class HotlineFiles:
    """What the files of one folder say for one city. Divisions are made when somebody asks for them."""

    catalogue: Catalogue
    rule_sets: tuple[RuleSet, ...]
    rules: CaseRules
    divide: Callable[[], Divisions | None] = lambda: None
    _divisions: dict[str, Divisions | None] = field(default_factory=dict, repr=False)

    def unit_of(self, level: str) -> Callable[[Case], str] | None:
        """Which unit a case is judged by at a level; None where the city has no such units."""
        if level == DISTRICT:
            return lambda case: case.area
        if level == BODY:
            return lambda case: case.owner
        if SUB_DISTRICT not in self._divisions:
            self._divisions[SUB_DISTRICT] = self.divide()
        divisions = self._divisions[SUB_DISTRICT]
        if divisions is None:
            return None
        return lambda case: found.name if case.cell and (found := divisions.division_of(case.cell)) else ""


def hotline_files(folder: str, city: City, areas: Areas | None) -> HotlineFiles:
    """The files of a folder, or those that come with Hexwatch when it is "" or cannot be read."""
    chosen = Path(folder) if folder else RULES
    try:
        found = read_files(chosen, city.id)
    except ValueError as error:
        if chosen == RULES:
            raise
        log.warning("the rules that come with Hexwatch are used: HEXWATCH_HOTLINE_RULES cannot be", reason=str(error))
        found = read_files(RULES, city.id)
    if city.divisions and areas is not None:
        found.divide = lambda: city_to_divisions(city, areas)
    return found


def read_files(folder: Path, city_id: str) -> HotlineFiles:
    """Read a folder. Raises ValueError that names the file, the key and what is needed."""
    return HotlineFiles(load_dispatching(city_id, folder), load_rule_sets(folder), load_case_rules(folder))
