"""Briefings of a city that lives: an archive that began late, early warnings, and a situation told as a case."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import redis as redis_module
from flask import Flask

from dashboard.access import Access
from dashboard.access_keys import new_key
from dashboard.briefing.behind import NoList, behind
from dashboard.briefing.desk import desk_of
from dashboard.briefing.document import Briefing, Rules, make_briefing
from dashboard.briefing.governance import NoSituation, governance_case
from dashboard.briefing.period import Span, period_of
from dashboard.briefing.routes import briefing_routes
from dashboard.roles import Role
from emergency.plans import load_plans
from emergency.segments import load_target_file
from geo.days import local_date
from layouts.context import context_of
from streams.archive.view import Archive
from tests.support.archives import archiver_of, catch_up
from tests.support.engines import TestCity

HTML = {"Accept": "text/html"}


@pytest.fixture
def city(redis: redis_module.Redis) -> TestCity:
    return TestCity(redis)


def _rules() -> Rules:
    return Rules(load_plans(), load_target_file(), {})


def _brief(city: TestCity, folder: Path, span: Span = Span.DAY) -> Briefing:
    now = city.wall.at + timedelta(microseconds=1)
    with Archive(folder).view() as view:
        period = period_of(span, local_date(now, view.zone), view.zone, now)
        return make_briefing(view, city.city, period, _rules(), now)


def _values(made: Briefing, *names: str) -> dict[str, Any]:
    return {name: made.figures[name].value for name in names}


def _morning(city: TestCity) -> None:
    """Calls that are over, cases and incidents, before anybody archived anything."""
    for n in range(6):
        city.post("call.offered", call_id=f"k{n}", channel="phone")
        if n != 5:
            city.post("call.answered" if n < 4 else "call.abandoned", call_id=f"k{n}")
        if n < 4:
            city.post("call.ended", call_id=f"k{n}")
        city.case(f"c{n}", category="Noise")
        city.turn()
    city.post("case.closed", case_id="c0")
    for n in range(3):
        city.post("incident.received", incident_id=f"i{n}", kind="fire", priority=1)
    city.post("incident.closed", incident_id="i0")
    city.post("call.offered", call_id="emergency", channel="911")
    city.turn()


def test_the_day_on_which_the_archive_began_is_whole(city: TestCity, tmp_path: Path) -> None:
    _morning(city)
    city.wall.pass_(hours=2)  # the calls leave memory
    city.turn()
    city.client.xtrim(city.keys.events, maxlen=2, approximate=False)
    archiver = archiver_of(city, tmp_path)
    city.post("call.answered", call_id="k5")
    city.post("call.offered", call_id="k6", channel="phone")
    city.post("incident.received", incident_id="i3", kind="medical")
    city.case("c6", category="Noise")
    city.turn()
    catch_up(archiver)
    made, wall = _brief(city, tmp_path), city.figures()
    assert made.begun is None
    assert made.figures["cases_received"].value == wall["cases.received_today"] == 7
    assert made.figures["cases_closed"].value == wall["cases.closed_today"] == 1
    assert made.figures["cases_open"].value == wall["cases.open"] == 6
    assert made.figures["contacts_offered"].value == wall["calls.offered_today"] == 7
    assert made.figures["contacts_answered"].value == wall["calls.answered_today"] == 5
    assert made.figures["incidents_received"].value == wall["incidents.received_today"] == 4
    with Archive(tmp_path).view() as view:
        assert behind(view, made, "incidents_received").total == 4
        for name in ("contacts_offered", "contacts_answered"):
            found = behind(view, made, name)
            assert found.total == made.figures[name].value == sum(row["calls"] for row in found.rows)
            assert found.listed == len(found.rows) < found.total
    month = _brief(city, tmp_path, Span.MONTH)
    assert month.begun is not None
    assert _values(month, "contacts_offered", "incidents_received") == {
        "contacts_offered": None,
        "incidents_received": None,
    }


def _warn(city: TestCity, warning_id: str, type_: str = "warning.raised", **data: Any) -> None:
    said = {"category": "Noise", "area": "Roxbury", "observed": 9, "expected": 1.5, "per_day": 0.1}
    told = said | data if type_ == "warning.raised" else data
    city.post(type_, source="warner", warning_id=warning_id, **told)
    city.turn()


def test_warnings_of_the_day_are_told_with_what_people_made_of_them(city: TestCity, tmp_path: Path) -> None:
    archiver = archiver_of(city, tmp_path)
    city.case("c1")
    for number in range(4):
        _warn(city, f"w{number}", per_day=0.1 * (number + 1))
    _warn(city, "w1", "warning.closed")
    _warn(city, "w0", "warning.acknowledged")
    _warn(city, "w1", "warning.dismissed", reason="roadworks")
    _warn(city, "w3", "warning.closed", merged_into="w2")
    catch_up(archiver)
    made = _brief(city, tmp_path)
    assert _values(made, "warnings_raised", "warnings_useful") == {"warnings_raised": 3, "warnings_useful": 1}
    assert (made.figures["warnings_useful"].n, made.figures["warnings_useful"].of) == (1, 2)
    assert made.warnings is not None
    assert [one.warning_id for one in made.warnings.told if one.is_open] == ["w0", "w2"]
    assert made.warnings.strangest is not None
    assert (made.warnings.strangest.warning_id, made.warnings.open_n) == ("w0", 2)
    assert made.warnings.dismissed_for == {"roadworks": 1}
    with Archive(tmp_path).view() as view:
        assert behind(view, made, "warnings_raised").total == 3
        assert [row["warning_id"] for row in behind(view, made, "warnings_useful").rows] == ["w0"]


def test_a_warnings_number_is_that_of_its_largest_telling_and_opens_exactly_these_cases(
    city: TestCity, tmp_path: Path, client_of: Callable[[Path], Any]
) -> None:
    archiver = archiver_of(city, tmp_path / "archive")
    for number in range(6):
        city.case(f"c{number}")
    city.turn()
    gas: dict[str, Any] = {"category": "said:gas", "said": "gas", "expected": 0.02, "window_h": 1}
    _warn(city, "w1", observed=2, case_ids=["c1", "c0"], **gas)
    for n, ids in ((4, ["c3", "c2", "c1", "c0", "c9"]), (4, ["c4", "c3", "c2", "c1"]), (3, ["c4", "c3", "c2"])):
        city.wall.pass_(minutes=10)
        _warn(city, "w1", "warning.updated", area="Roxbury", observed=n, case_ids=ids, **gas)
    _warn(city, "w2", observed=21, case_ids=[f"c{number}" for number in range(6)])
    _warn(city, "w3", observed=2, case_ids=["c5", "unheard-of"])
    catch_up(archiver)
    made = _brief(city, tmp_path / "archive")
    assert made.warnings is not None
    told = {one.warning_id: one for one in made.warnings.told}
    assert list(told) == ["w1", "w2", "w3"], "grave words come first"
    assert (told["w1"].observed, told["w1"].subject, told["w1"].area) == (4, "gas_smell", "Roxbury")
    assert told["w1"].case_ids == ("c3", "c2", "c1", "c0"), "of five that were named the window held four"
    assert {one: told[one].figure for one in told} == {"w1": "warning_w1", "w2": "", "w3": ""}
    with Archive(tmp_path / "archive").view() as view:
        found = behind(view, made, "warning_w1")
        with pytest.raises(NoList):
            behind(view, made, "warning_w2")
        with pytest.raises(NoList):
            behind(view, made, "")
    assert (found.value, found.total, len(found.rows)) == (4, 4, 4)
    assert {row["case_id"] for row in found.rows} == {"c0", "c1", "c2", "c3"}
    ask = client_of(tmp_path)
    page = ask("/briefing?lang=ar", **HTML).text
    (link,) = re.findall(r'<a href="(/briefing/[\w-]+/n/warning_w1\?lang=ar)" id="warning_w1">4</a>', page)
    listed = ask(link, **HTML).text
    assert f'href="/briefing/{made.first}?span=day&amp;area=&amp;lang=ar#warning_w1"' in listed
    assert listed.count("<tr>") == 1 + 4
    assert "case_id" not in listed
    assert "&lt; 0.1" in listed


def test_a_city_without_early_warning_is_not_said_to_have_had_none(city: TestCity, tmp_path: Path) -> None:
    archiver = archiver_of(city, tmp_path)
    city.case("c1")
    city.turn()
    catch_up(archiver)
    assert _values(_brief(city, tmp_path), "warnings_raised") == {"warnings_raised": None}


def _situation(city: TestCity, folder: Path) -> tuple[datetime, str]:
    """Two weeks with a complaint a day, a situation, two weeks with none; when it was opened, and its id."""
    archiver = archiver_of(city, folder)
    for day in range(14):
        city.case(f"c{day}", category="Noise", kind="complaint", area="Roxbury")
        city.turn()
        city.wall.pass_(hours=24)
        city.turn()
    opened = city.wall.at
    asked = city.ask("open_situation", title="Night works", case_ids=["c12", "c13"], reason="the same site")
    city.turn()
    situation_id = str(city.reply(asked)["detail"]["situation_id"])
    city.post("case.closed", case_id="c13")
    city.turn()
    city.wall.pass_(hours=5)
    city.ask("close_situation", situation_id=situation_id, reason="nothing more was heard")
    city.turn()
    city.wall.pass_(hours=24 * 14)
    city.case("far", (42.3594, -71.06), category="Noise")
    city.turn()
    catch_up(archiver)
    return opened, situation_id


def test_a_situation_is_told_as_before_action_after_and_evidence(
    city: TestCity, tmp_path: Path, client_of: Callable[[Path], Any]
) -> None:
    opened, situation_id = _situation(city, tmp_path / "archive")
    with Archive(tmp_path / "archive").view() as view:
        case = governance_case(view, situation_id)
        with pytest.raises(NoSituation):
            governance_case(view, "s2")
    assert abs(case.opened_at - opened) < timedelta(seconds=5)
    assert (case.before.n, case.after.n) == (14, 0)
    assert not case.is_chance
    assert [fact["type"] for fact in case.facts] == ["situation.opened", "situation.closed"]
    assert (case.cases_n, case.steps["closed"]) == (2, 1)
    assert sum(n for _, n in case.weeks[:2]) == 13  # the first lies a little more than two weeks back
    assert [n for _, n in case.weeks[2:]] == [0, 0]
    ask = client_of(tmp_path)
    page = ask(f"/briefing/case/{situation_id}", **HTML)
    assert page.status_code == 200
    assert "The difference is beyond chance." in page.text
    assert page.text.count('<li class="line">') == 4
    assert f'href="/hotline?situation={situation_id}&amp;lang=en"' in page.text
    assert 'dir="rtl"' in ask(f"/briefing/case/{situation_id}?lang=ar", **HTML).text
    assert ask(f"/briefing/case/{situation_id}.pdf").data.startswith(b"%PDF-")
    assert ask("/briefing/case/s2").status_code == 404


@pytest.fixture
def client_of(city: TestCity) -> Callable[[Path], Any]:
    """Pages of the city whose archive lies in `archive` of a folder, asked by a leader."""

    def made(folder: Path) -> Any:
        app = Flask("cases")
        app.secret_key = "for tests"
        desk = desk_of(folder / "archive", folder / "kept", city.city, _rules(), lambda: 0.0)
        app.register_blueprint(briefing_routes(desk, Access(city.client, city.keys), context_of(city.city)))
        key, http = new_key(city.client, city.keys, "a leader", Role.LEADER), app.test_client()
        return lambda path, **headers: http.get(path, headers={"X-API-Key": key} | headers)

    return made
