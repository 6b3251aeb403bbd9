"""Response-time segments: cut as the standards cut them, exact over any window, and honest about who never arrived."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emergency.segments import (
    TARGETS,
    IncidentTimes,
    Sample,
    Segment,
    SegmentFigures,
    Target,
    UnitTimes,
    figures,
    load_target_file,
    load_targets,
    percentile,
    samples,
)

START = datetime(2026, 3, 2, 9, 40, tzinfo=UTC)
SECONDS = st.lists(st.integers(0, 2000), min_size=1, max_size=60)


def at(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


def a_unit(told: float, rolling: float | None = None, arrived: float | None = None) -> UnitTimes:
    stamps = (None if s is None else at(s) for s in (told, rolling, arrived))
    return UnitTimes(**dict(zip(("told_at", "rolling_at", "arrived_at"), stamps, strict=True)))


def passed(*lasted: float | None, is_over: bool = False) -> list[Sample]:
    return [Sample(Segment.TRAVEL, START, None if s is None else at(s), s is None and is_over) for s in lasted]


def travel(found: list[Sample], now: float = 5000, *targets: Target) -> SegmentFigures:
    return figures(found, at(now), targets or (a_target(),))[Segment.TRAVEL]


def a_target(seconds: float = 240, share: float = 0.9) -> Target:
    return Target("house rule", Segment.TRAVEL, seconds, share, "test")


def test_an_incident_is_cut_into_its_segments() -> None:
    units = (a_unit(70, 150, 400), a_unit(72, 120, 380), a_unit(300, 330, 900))
    cut = samples(IncidentTimes(received_at=START, answered_at=at(8), units=units, wanted=2))
    lasted = [(s.segment, (s.ended_at - s.began_at).total_seconds()) for s in cut if s.ended_at is not None]
    assert lasted == [
        (Segment.ANSWER, 8),
        (Segment.PROCESSING, 62),
        (Segment.TURNOUT, 80),
        (Segment.TURNOUT, 48),
        (Segment.TURNOUT, 30),
        (Segment.TRAVEL, 260),  # of the unit that arrived first
        (Segment.FULL_PLAN, 280),  # the second arrival completes it
    ]


def test_what_goes_on_is_waiting_and_what_ended_without_arrival_never_comes() -> None:
    units = (a_unit(70, 150), a_unit(75))
    going = samples(IncidentTimes(received_at=START, answered_at=at(8), units=units, wanted=2))
    ended = samples(IncidentTimes(received_at=START, answered_at=at(8), units=units, wanted=2, closed_at=at(600)))
    now, then = (figures(found, at(700), load_targets()) for found in (going, ended))
    assert (now[Segment.TRAVEL].waiting, now[Segment.TRAVEL].oldest_waiting_s) == (1, 550)
    assert (then[Segment.TRAVEL].waiting, then[Segment.TRAVEL].never, then[Segment.TRAVEL].of) == (0, 1, 1)
    assert (now[Segment.TURNOUT].waiting, then[Segment.TURNOUT].never) == (1, 1)


def test_an_unanswered_call_waits() -> None:
    (only,) = samples(IncidentTimes(received_at=START))
    assert figures([only], at(90), load_targets())[Segment.ANSWER].oldest_waiting_s == 90


def test_a_target_counts_those_who_wait_too_long_and_those_who_never_arrive() -> None:
    found = travel([*passed(100, 200, 300, None), *passed(None, is_over=True)], 5000)
    assert [(held.n, held.of) for held in found.held] == [(2, 5)]
    early = travel([*passed(100, 200, 300, None)], 120)  # the fourth may still make it
    assert [(held.n, held.of, held.is_met) for held in early.held] == [(2, 3, False)]
    assert travel([]).held[0].is_met is None


def test_the_percentile_of_several_days_is_not_the_mean_of_their_percentiles() -> None:
    """The neighbour's bug: one bad day of many calls vanished behind quiet ones."""
    bad, quiet = [600.0] * 30, [60.0] * 10
    whole = travel(passed(*bad, *quiet)).percentiles[0.9]
    by_day = [travel(passed(*day)).percentiles[0.9] for day in (bad, quiet)]
    assert whole == 600
    assert sum(by_day) / 2 == 330


def test_stamps_that_contradict_are_counted_apart() -> None:
    found = travel([*passed(100), Sample(Segment.TRAVEL, at(50), at(20))])
    assert (found.ended, found.contradictory, found.percentiles[0.9]) == (1, 1, 100)


def test_exactly_the_promised_share_is_enough() -> None:
    assert travel(passed(*[100] * 9, 300)).held[0].is_met is True
    assert travel(passed(*[100] * 8, 300, 300)).held[0].is_met is False


@given(SECONDS, st.floats(0.01, 1.0))
def test_a_percentile_is_the_least_value_that_enough_do_not_exceed(values: list[int], share: float) -> None:
    found = percentile(sorted(map(float, values)), share)
    assert sum(value <= found for value in values) >= share * len(values) - 1e-6
    assert sum(value < found for value in values) < share * len(values) + 1e-6


@given(st.lists(st.none() | st.integers(0, 600), max_size=40), st.integers(1, 700), st.integers(1, 600))
def test_everyone_who_began_is_ended_waiting_or_never(lasted: list[int | None], now: int, limit: int) -> None:
    found = travel(passed(*lasted), now, a_target(limit))
    assert found.of == len(lasted)
    held = found.held[0]
    assert held.n == sum(s is not None and s <= limit for s in lasted)
    assert held.of <= found.of
    assert held.of == (len(lasted) if now > limit else sum(s is not None for s in lasted))


def test_no_values_have_no_percentile() -> None:
    with pytest.raises(ValueError, match="no values"):
        percentile([], 0.9)
    assert travel(passed(None)).percentiles == {}


def test_targets_are_those_of_the_editions_in_use_and_of_the_class_asked_for() -> None:
    targets = load_targets()
    assert {t.edition for t in targets} == {"NENA-STA-020.1-2020", "NFPA 1225 (2022)", "NFPA 1710"}
    fire, ems, all_ = (figures([], START, targets, applies_to=a)[Segment.TURNOUT] for a in ("fire", "ems", ""))
    assert [[held.target.seconds for held in found.held] for found in (fire, ems, all_)] == [[80], [60], []]
    answer = figures([], START, targets)[Segment.ANSWER]
    assert sorted((held.target.seconds, held.target.share) for held in answer.held) == [
        (10, 0.9),
        (15, 0.9),
        (20, 0.95),
    ]


def test_each_class_is_measured_by_its_own_target() -> None:
    """Engines have 80 s to turn out and ambulances 60: one figure for both, two targets, each with its own n."""
    file = load_target_file()
    units = [("engine", 75), ("ladder", 90), ("ambulance", 55), ("ambulance", 70), ("police_car", 300)]
    cut = [Sample(Segment.TURNOUT, START, at(seconds), classes=file.of_unit(kind)) for kind, seconds in units]
    found = figures(cut, at(1000), file.in_use, applies_to=None)[Segment.TURNOUT]
    assert {held.target.applies_to: (held.n, held.of) for held in found.held} == {"fire": (1, 2), "ems": (1, 2)}
    assert found.ended == 5


def test_classes_name_kinds_as_file_names_do() -> None:
    file = load_target_file()
    assert file.of_incident("medical_cardiac") == file.of_incident("medical") == {"ems"}
    assert file.of_incident("structure-fire") == {"fire"}
    assert file.of_incident("theft") == file.of_unit("police_car") == frozenset()


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("[classes.ems]", "[classes.medics]", "applies_to 'ems' is not among the classes"),
        ("share = 0.90", "share = 90", "share"),
        ('segment = "travel"', 'segment = "trawl"', "segment"),
        ('"NFPA 1710"]', '"NFPA 1711"]', "used: there are no targets of edition 'NFPA 1711'"),
    ],
)
def test_a_wrong_file_of_targets_says_what_is_wrong(tmp_path: Path, old: str, new: str, said: str) -> None:
    path = tmp_path / "own.toml"
    path.write_text(TARGETS.read_text(encoding="utf-8").replace(old, new, 1), encoding="utf-8")
    with pytest.raises(ValueError, match=r"own\.toml") as refusal:
        load_targets(path)
    assert said in str(refusal.value)


def test_what_was_not_read_in_a_source_is_marked() -> None:
    unchecked = [target.seconds for target in load_targets() if not target.is_checked]
    assert unchecked == [480, 610]
    assert all(math.isfinite(target.seconds) and target.source for target in load_targets())
