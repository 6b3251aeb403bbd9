"""Whose archive a briefing is made from, when nobody says; and by which rules of that city it is judged."""

from __future__ import annotations

import os
from dataclasses import replace

from dashboard.briefing.document import Rules
from dashboard.engine_process import load_own_plans
from dashboard.hotline_files import hotline_files
from dashboard.response_clocks import targets_of
from dashboard.settings import PREFIX, Settings, archive_path
from emergency.plans import load_plans
from geo.cities import City
from streams.archive.manifest import NAME, BadArchive

PREFIX_OF_FOLDERS = "archive-"


def with_archive(settings: Settings, city: str = "") -> Settings:
    """Settings of the city that is named, else the one of HEXWATCH_CITY or that was last started here, else the only
    one with an archive in the data folder. Raises BadArchive with the cities to choose from.
    """
    if city:
        return replace(settings, city=city)
    if f"{PREFIX}CITY" in os.environ or (archive_path(settings) / NAME).exists():
        return settings
    found = sorted(
        folder.name.removeprefix(PREFIX_OF_FOLDERS)
        for folder in settings.data.glob(f"{PREFIX_OF_FOLDERS}*")
        if (folder / NAME).exists()
    )
    if len(found) == 1:
        return replace(settings, city=found[0])
    several = f"several cities have one: name it with --city ({', '.join(found)})"
    nobody = f"no archive in {settings.data}: `archive import` loads a file into one, `demo` and `up` fill one"
    raise BadArchive(several if found else nobody)


def rules_of(settings: Settings, city: City) -> Rules:
    """The city's plans, targets and agencies."""
    catalogue = city.load_catalogue()
    return Rules(
        plans=load_own_plans(settings) or load_plans(),
        targets=targets_of(settings.targets),
        owners={id_: entry.owner for id_, entry in catalogue.categories.items()},
        rule_sets=hotline_files(settings.hotline_rules, city, None).rule_sets,
    )
