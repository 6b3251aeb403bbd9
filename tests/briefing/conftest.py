"""Archives of real files, loaded once for all tests of the briefing."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from dashboard.archive_import import import_file
from dashboard.briefing.document import Briefing, Rules, make_briefing
from dashboard.briefing.period import Span, period_of
from emergency.plans import load_plans
from emergency.segments import load_target_file
from geo.cities import City, load_city
from streams.archive.view import Archive, View
from streams.feeds.preset import load_preset
from tests.support.shared_data import shared_path

MADE = datetime(2026, 3, 4, tzinfo=UTC)


class Told:
    """One file in an archive of its own."""

    def __init__(self, folder: Path, preset_name: str, file: str):
        preset = load_preset(preset_name)
        self.city: City = load_city(preset.city)
        self.archive = Archive(folder / "archive")
        areas = self.city.load_areas(cache_dir=folder)
        import_file(folder / "archive", shared_path(file), preset, self.city, areas, folder / "work")

    def brief(self, day: date, span: Span = Span.DAY, cut_off: datetime | None = None, area: str = "") -> Briefing:
        with self.archive.view() as view:
            return self.of(view, day, span, cut_off, area)

    def of(self, view: View, day: date, span: Span, cut_off: datetime | None, area: str) -> Briefing:
        catalogue = self.city.load_catalogue()
        rules = Rules(load_plans(), load_target_file(), {id_: c.owner for id_, c in catalogue.categories.items()})
        return make_briefing(view, self.city, period_of(span, day, self.city.zone, cut_off), rules, MADE, area)


@pytest.fixture(scope="session")
def boston(tmp_path_factory: pytest.TempPathFactory) -> Told:
    file = "service_requests/boston_311_2011-07_2011-10.csv.gz"
    return Told(tmp_path_factory.mktemp("boston"), "boston-311", file)


@pytest.fixture(scope="session")
def fire(tmp_path_factory: pytest.TempPathFactory) -> Told:
    file = "emergency/sf_fire_calls_2016-12-31_2017-01-05.csv.gz"
    return Told(tmp_path_factory.mktemp("fire"), "sf-fire", file)
