"""Simulated contacts: the same day each time, at the profile's rhythm and shares, where people live."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geo import cells
from streams.sim.contacts import NUISANCE, Contact, Demand
from streams.sim.ids import call_id, case_id, number_of
from streams.sim.profile import PROFILE, load_profile
from streams.sim.randomness import Draws, Quantiles, Shares, number_of_text, poisson, salt, stream, unit, units
from tests.sim.hotline_world import WEDNESDAY, ZONE, areas, beijing, laws

NUMBERS = st.integers(min_value=0, max_value=2**62 - 1)


@cache
def day() -> list[Contact]:
    law = laws().contacts
    first = int(WEDNESDAY.timestamp()) // 60
    return law.contacts(law.columns(law.numbers(np.arange(first, first + 1440))))


def share(counts: Counter[str], name: str) -> float:
    return counts[name] / sum(counts.values())


# randomness


@given(st.lists(NUMBERS, min_size=1, max_size=50), st.text(max_size=10))
def test_one_number_and_a_column_of_numbers_draw_the_same(numbers: list[int], what: str) -> None:
    salted = salt("seed", what)
    assert units(salted, np.array(numbers, dtype=np.int64)).tolist() == [unit(salted, n) for n in numbers]


@given(st.lists(st.floats(0, 1, exclude_max=True), min_size=1, max_size=50))
def test_quantiles_agree_for_one_draw_and_for_many(drawn: list[float]) -> None:
    quantiles = Quantiles([(0.0, 1.0), (0.3, 1.0), (0.9, 7.5), (1.0, 100.0)])
    found = quantiles.of_all(np.array(drawn)).tolist()
    assert found == [quantiles.of(d) for d in drawn]
    assert all(1 <= value <= 100 for value in found)


def test_draws_are_even_and_those_of_two_purposes_are_strangers() -> None:
    numbers = np.arange(200_000)
    first, second = units(salt("s", "a"), numbers), units(salt("s", "b"), numbers)
    assert np.histogram(first, 20, (0, 1))[0].min() > 9_600
    assert abs(np.corrcoef(first, second)[0, 1]) < 0.01
    assert abs(np.corrcoef(first[1:], first[:-1])[0, 1]) < 0.01


@given(st.floats(0, 400), st.floats(0, 1 - 1e-9), st.floats(1, 3))
def test_a_higher_mean_never_gives_fewer_events(mean: float, drawn: float, more: float) -> None:
    low, high = poisson(np.array([drawn, drawn]), np.array([mean, min(500.0, mean * more)]))
    assert low <= high


@pytest.mark.parametrize("mean", [0.3, 7.0, 80.0, 400.0])
def test_counts_have_the_mean_and_the_variance_of_poisson(mean: float) -> None:
    counts = poisson(units(salt("s", "p"), np.arange(40_000)), np.full(40_000, mean))
    assert counts.mean() == pytest.approx(mean, rel=0.02)
    assert counts.var() == pytest.approx(mean, rel=0.05)


def test_a_sequence_begins_anew_for_each_thing_whatever_was_drawn_before() -> None:
    draws = Draws()
    draws.begin(salt("s", "x"), 1).random()
    again = [draws.begin(salt("s", "x"), 5).choice("abcdefgh"), draws.randint(1, 1000), draws.random()]
    fresh = stream("s", "x", 5)
    assert again == [fresh.choice("abcdefgh"), fresh.randint(1, 1000), fresh.random()]
    assert len({stream("s", "x", n).randrange(10**9) for n in range(500)}) == 500


@pytest.mark.parametrize("weights", [[], [0.0], [1.0, -1.0]])
def test_shares_without_a_positive_weight_are_refused(weights: list[float]) -> None:
    with pytest.raises(ValueError, match="weights"):
        Shares(weights)


# the day


def test_the_same_seed_gives_the_same_minute_and_another_seed_another() -> None:
    minute = WEDNESDAY + timedelta(hours=17, minutes=40)
    assert laws().contacts.arrivals(minute) == laws().contacts.arrivals(minute)
    assert laws().contacts.arrivals(minute) != laws("other").contacts.arrivals(minute)


def test_a_minute_asked_alone_is_the_minute_of_the_day() -> None:
    minute = WEDNESDAY + timedelta(hours=9, minutes=7)
    start_ms = int(minute.timestamp()) * 1000
    assert laws().contacts.arrivals(minute) == [c for c in day() if start_ms <= c.at_ms < start_ms + 60_000]


def test_a_working_day_has_about_seventy_thousand_contacts() -> None:
    assert len(day()) == pytest.approx(70_000, rel=0.08)
    law = laws().contacts
    first = int(WEDNESDAY.timestamp()) // 60
    week = law.counts(np.arange(first - 2 * 1440, first + 5 * 1440)).reshape(7, 1440).sum(axis=1)
    assert week[5:].max() < week[:5].min()  # Saturday and Sunday are calmer than any working day


def test_each_hour_has_its_share_of_the_day() -> None:
    hours = Counter((c.at_ms // 3_600_000 + 8) % 24 for c in day())
    for hour, expected in enumerate(laws().profile.day.hours):
        # Within a percent of the day: lines between the hours' middles, the swing of a quarter, chance.
        assert hours[hour] / len(day()) == pytest.approx(expected, abs=0.01), hour


def test_channels_languages_and_kinds_come_in_their_shares() -> None:
    profile = laws().profile
    channels = Counter(c.channel for c in day())
    for channel, expected in profile.channels.items():
        assert share(channels, channel) == pytest.approx(expected, abs=0.006), channel
    foreign = Counter(c.language for c in day() if c.channel == "foreign")
    assert share(foreign, "en") == pytest.approx(profile.languages.foreign["en"], abs=0.1)
    assert set(foreign) <= set(profile.languages.foreign)
    languages = Counter(c.language for c in day())
    assert len(languages) == 10
    assert share(languages, "zh") > 0.97
    kinds = Counter(c.kind for c in day())
    assert share(kinds, "enquiry") == pytest.approx(0.55, abs=0.03)
    assert min(kinds.values()) > 300
    assert len(kinds) == 4


def test_every_category_occurs_and_what_lives_on_has_a_grade() -> None:
    assert {c.category for c in day()} == set(laws().profile.categories)
    assert all(bool(c.grade) == (c.kind in ("complaint", "suggestion")) for c in day())
    grades = Counter(c.grade for c in day() if c.grade)
    assert grades["III"] > grades["II"] > grades["I"] > 0
    assert grades["IV"] > 0
    gas = [c for c in day() if c.category == "gas_smell"]
    assert {c.grade for c in gas} == {"I"}


def test_who_says_that_there_is_no_smell_is_no_complaint_about_a_smell() -> None:
    opposites = [c for c in week_of("gas_smell", 40.0) if c.opposite]
    assert len(opposites) > 20
    assert {(c.category, c.kind, c.about) for c in opposites if c.about == "gas_smell"} == {
        ("gas_supply", "enquiry", "gas_smell")
    }


def week_of(category: str, weight: float) -> list[Contact]:
    law = laws().contacts
    demand = Demand(weights={category: weight})
    first = int(WEDNESDAY.timestamp()) // 60 + 600
    return law.contacts(law.columns(law.numbers(np.arange(first, first + 600), demand), demand))


def test_a_scene_makes_a_category_likelier_and_adds_its_contacts() -> None:
    usual = [c for c in day() if c.category == "trees"]
    stormy = [c for c in week_of("trees", 30.0) if c.category == "trees"]
    assert len(stormy) > 8 * len(usual)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 1439), st.floats(1, 12))
def test_a_surge_adds_contacts_and_leaves_the_others_as_they_are(minute: int, surge: float) -> None:
    at = WEDNESDAY + timedelta(minutes=minute)
    usual, more = laws().contacts.arrivals(at), laws().contacts.arrivals(at, Demand(surge))
    assert set(usual) <= set(more)
    assert more == sorted(more, key=lambda c: c.at_ms)


# callers and places


def test_some_call_again_about_the_same_thing_from_the_same_place() -> None:
    again = [c for c in day() if c.story not in (c.number, NUISANCE)]
    assert len(again) / len(day()) == pytest.approx(laws().profile.callers.repeat, abs=0.005)
    first = {c.number: c for c in day()}
    pairs = [(c, first[c.story]) for c in again if c.story in first and c.story == first[c.story].story]
    assert len(pairs) > 300
    assert all(now.about == before.about and now.at_ms > before.at_ms for now, before in pairs)
    placed = [(now, before) for now, before in pairs if now.area and before.area]
    assert all(now.area == before.area for now, before in placed)


def test_one_telephone_calls_over_and_over() -> None:
    nuisance = [c for c in day() if c.story == NUISANCE]
    assert 15 <= len(nuisance) <= 120
    assert {(c.channel, c.about) for c in nuisance} == {("phone", "noise")}


def test_some_are_not_located_some_lie_on_the_default_point_and_the_rest_in_towns() -> None:
    said = laws().profile.places
    nowhere = [c for c in day() if c.lat is None]
    assert len(nowhere) / len(day()) == pytest.approx(said.unlocated, abs=0.004)
    assert all(c.lng is None for c in nowhere)
    assert {bool(c.area) for c in nowhere} == {True, False}
    unusable = [c for c in day() if c.lat is not None and not beijing().usable(c.lat, c.lng)]
    assert len(unusable) / len(day()) == pytest.approx(said.default_point, abs=0.002)
    towns = set(laws().places.cells)
    located = [c for c in day()[::7] if c.lat is not None and c.lng is not None and beijing().usable(c.lat, c.lng)]
    assert all(cells.point_to_cell(c.lat, c.lng) in towns for c in located if c.lat and c.lng)


def test_a_few_positions_are_somewhere_else_than_the_address() -> None:
    wrong = [
        c
        for c in day()[::3]
        if c.lat is not None and c.lng is not None and beijing().usable(c.lat, c.lng)
        if areas().area_of(c.lat, c.lng) != c.area
    ]
    # A cell on a border, counted for the area at its centre, adds about as many again.
    assert 0.003 < len(wrong) / len(day()[::3]) < 0.02


def test_districts_have_contacts_in_proportion_to_their_residents() -> None:
    population = beijing().population
    assert population is not None
    contacts = Counter(c.area for c in day() if c.area)
    names = list(population.areas)
    people, calls = [population.areas[n] for n in names], [contacts[n] for n in names]
    assert np.corrcoef(people, calls)[0, 1] > 0.99
    # And within a district they come from its towns: a tenth of Yanqing's cells is all that anybody calls from.
    members = areas().cells_by_area()["Yanqing"]
    assert len(set(members) & set(laws().places.cells)) < len(members) / 10


# ids


@given(st.integers(25_000_000, 35_000_000), st.integers(0, 16_383))
def test_an_id_can_be_turned_back_into_its_contact(minute: int, place: int) -> None:
    number = minute * (1 << 14) + place
    assert number_of(case_id(number, ZONE), ZONE) == number_of(call_id(number, ZONE), ZONE) == number


def test_ids_say_the_local_minute_and_strangers_have_no_number() -> None:
    first = day()[0]
    assert case_id(first.number, ZONE).startswith("S260114-0000-")
    for stranger in ("", "S260114", "Sgas-260114174000-1", "X260114-0000-001", "S269914-0000-001"):
        assert number_of(stranger, ZONE) is None
    assert 0 <= number_of_text("anything") < 2**62


# the profile


@pytest.mark.parametrize(
    ("written", "instead", "complaint"),
    [
        ("phone = 0.760", "phone = 0.560", "channels: must add up to 1"),
        ("[kinds]", "[kinds]\nblame = 0.1", "blame"),
        ("grades = { I = 1.0 }", "grades = { V = 1.0 }", "V is not one of"),
        ('category = "gas_supply"', 'category = "nothing"', "there is no category 'nothing'"),
        ("[1.0, 1150.0]]", "[0.9, 1150.0]]", "calls.talk_s"),
        ('languages = ["ru", "ar"]', 'languages = ["ru"]', "nobody speaks ar"),
        ("repeat = 0.06", "repeat = 6", "repeat"),
    ],
)
def test_a_profile_that_cannot_be_is_refused_with_its_key(
    tmp_path: Path, written: str, instead: str, complaint: str
) -> None:
    text = PROFILE.read_text(encoding="utf-8")
    assert written in text
    path = tmp_path / "profile.toml"
    path.write_text(text.replace(written, instead), encoding="utf-8")
    with pytest.raises(ValueError, match=complaint):
        load_profile(path)
