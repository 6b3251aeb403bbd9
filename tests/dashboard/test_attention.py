"""What needs a decision: each rule comes and goes by its thresholds, the gravest first, and nothing flickers."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.attention import RULES, Inputs, attention_topic, clusters_shown, needs_attention
from hotline.clusters import Cluster
from streams.codec import encode

NOW = datetime(2026, 1, 30, 9, 40, tzinfo=UTC)
SENSITIVE = frozenset({"medical_cardiac", "domestic"})


def ago(seconds: float) -> datetime:
    return NOW - timedelta(seconds=seconds)


def picture(**given: Any) -> Inputs:
    defaults: dict[str, Any] = {
        "now": NOW,
        "owners": {"gas_smell": "gas"},
        "kind_owners": {"structure_fire": "119", "domestic": "110"},
        "hotline": "12345",
        "is_sensitive": SENSITIVE.__contains__,
    }
    return Inputs(**(defaults | given))


def kinds(inputs: Inputs) -> list[str]:
    return [item["kind"] for item in needs_attention(inputs)]


def incident(kind: str = "structure_fire", waits_s: float = 90, **other: Any) -> dict[str, Any]:
    shown = {"id": "E1", "kind": kind, "priority": 1, "lat": 39.9, "lng": 116.4, "area": "Chaoyang", "units": 0}
    return shown | {"received_at": ago(waits_s), "status": "open"} | other


def board(n: int = 10, of: int = 20, longest_s: float | None = 90, waiting: int = 7) -> dict[str, Any]:
    since = None if longest_s is None else ago(longest_s).isoformat()
    level = {"n": n, "of": of, "threshold_s": 15, "goal": 0.95}
    return {"waiting": waiting, "waiting_since": since, "service_level": level}


def alert(severity: str = "Severe", onset_s: float | None = 60) -> dict[str, Any]:
    onset_at = None if onset_s is None else ago(onset_s)
    return {"events": {"en": "Gale"}, "severity": severity, "onset_at": onset_at, "expires_at": ago(-7200)}


def figures(n: int) -> dict[str, Any]:
    return {"cases.received_1h": n, "band.low": 80, "band.expected": 100, "band.high": 120}


GAS = Cluster(
    category="gas_smell",
    cells=frozenset({"892a30664a3ffff", "892a30664abffff"}),
    since=ago(480),
    area="Chaoyang",
    n=4,
    expected=0.2049,
)
STALE = {"open311": {"last_event_at": ago(900), "stale": True, "dead": 0, "received": 9}}
EVERYTHING: dict[str, Any] = {
    "incidents": {"E1": incident()},
    "clusters": [GAS],
    "alerts": {"a": alert()},
    "channels": {"phone": board()},
    "figures": figures(140),
    "sources": STALE,
}


def test_a_quiet_city_needs_no_decision() -> None:
    quiet = picture(
        incidents={"E1": incident(units=2)},
        channels={"phone": board(n=20, longest_s=None, waiting=0)},
        alerts={"a": alert("Moderate")},
        figures=figures(119),
        sources={"12345": {"last_event_at": NOW, "stale": False}},
    )
    assert needs_attention(quiet) == []
    assert needs_attention(picture()) == []


def test_each_item_has_the_shape_that_screens_expect() -> None:
    items = {
        kind: needs_attention(picture(**{topic: value}))[0]
        for kind, (topic, value) in zip(
            ("unassigned", "cluster", "alert", "channel", "surge", "stalled"), EVERYTHING.items(), strict=True
        )
    }
    assert items == {
        "unassigned": {
            "kind": "unassigned",
            "since": "2026-01-30T09:38:30Z",
            "owner": "119",
            "priority": 1,
            "incident_kind": "structure_fire",
            "area": "Chaoyang",
        },
        "cluster": {
            "kind": "cluster",
            "since": "2026-01-30T09:32:00Z",
            "owner": "gas",
            "category": "gas_smell",
            "area": "Chaoyang",
            "n": 4,
            "expected": 0.2,
            "window_m": 30,
            "cells": ["892a30664a3ffff", "892a30664abffff"],
        },
        "alert": {
            "kind": "alert",
            "since": "2026-01-30T09:39:00Z",
            "owner": "",
            "alert_id": "a",
            "events": {"en": "Gale"},
            "severity": "Severe",
            "expires_at": "2026-01-30T11:40:00Z",
        },
        "channel": {
            "kind": "channel",
            "since": "2026-01-30T09:40:00Z",
            "owner": "12345",
            "channel": "phone",
            "waiting": 7,
            "waiting_since": "2026-01-30T09:38:30Z",
            "service_level": {"n": 10, "of": 20},
        },
        "surge": {"kind": "surge", "since": "2026-01-30T09:40:00Z", "owner": "12345", "n": 140, "low": 80, "high": 120},
        "stalled": {"kind": "stalled", "since": "2026-01-30T09:25:00Z", "owner": "", "name": "open311"},
    }
    assert list(items) == [kind for kind in RULES if kind != "warning"]  # test_attention_warnings.py


def test_at_most_three_the_gravest_first() -> None:
    assert kinds(picture(**EVERYTHING)) == ["unassigned", "cluster", "alert"]
    rest = {topic: value for topic, value in EVERYTHING.items() if topic not in ("incidents", "clusters", "alerts")}
    assert kinds(picture(**rest)) == ["channel", "surge", "stalled"]


def test_a_graver_item_takes_the_place_of_one_that_is_shown() -> None:
    calm = {topic: value for topic, value in EVERYTHING.items() if topic in ("alerts", "figures", "sources")}
    shown = needs_attention(picture(**calm))
    assert [item["kind"] for item in shown] == ["alert", "surge", "stalled"]
    assert kinds(picture(**calm, incidents={"E1": incident()}, shown=shown)) == ["unassigned", "alert", "surge"]


@pytest.mark.parametrize(
    ("other", "is_shown"),
    [
        ({"waits_s": 60}, False),
        ({"waits_s": 61}, True),
        ({"units": 1}, False),
        ({"priority": 2}, False),
        ({"status": "closed"}, False),
    ],
)
def test_priority_one_waits_a_minute_for_a_unit_then_it_is_said(other: dict[str, Any], is_shown: bool) -> None:
    assert bool(needs_attention(picture(incidents={"E1": incident(**other)}))) is is_shown


def test_a_sensitive_incident_tells_neither_its_kind_nor_the_agency_that_would_tell_it() -> None:
    (item,) = needs_attention(picture(incidents={"E1": incident("domestic")}))
    assert (item["incident_kind"], item["owner"], item["area"]) == ("", "", "Chaoyang")


def test_the_longest_unassigned_stand_first_and_those_shown_stay() -> None:
    four = {f"E{n}": incident(waits_s=100 - n, area=f"area {n}") for n in range(4)}
    first = needs_attention(picture(incidents=four))
    assert [item["area"] for item in first] == ["area 0", "area 1", "area 2"]
    five = four | {"E9": incident(waits_s=500, area="late news")}
    assert needs_attention(picture(incidents=five, shown=first)) == first


def test_an_alert_is_news_for_half_an_hour() -> None:
    assert kinds(picture(alerts={"a": alert("Extreme", onset_s=1800)})) == ["alert"]
    assert kinds(picture(alerts={"a": alert("Extreme", onset_s=1801)})) == []


@pytest.mark.parametrize("onset_s", [None, -3600])
def test_an_alert_without_past_onset_is_shown_since_it_was_first_seen(onset_s: float | None) -> None:
    shown = needs_attention(picture(alerts={"a": alert(onset_s=onset_s)}))
    later = picture(alerts={"a": alert(onset_s=onset_s)}, now=NOW + timedelta(minutes=9), shown=shown)
    assert needs_attention(later) == shown


@pytest.mark.parametrize(
    ("entry", "is_shown"),
    [
        (board(), True),
        (board(of=19), False),
        (board(n=16), False),
        (board(longest_s=60), False),
        (board(longest_s=None, waiting=0), False),
    ],
)
def test_a_channel_drowns_when_many_were_late_and_somebody_waits_long(entry: dict[str, Any], is_shown: bool) -> None:
    assert bool(needs_attention(picture(channels={"phone": entry}))) is is_shown


@pytest.mark.parametrize(
    ("minutes", "n", "longest_s", "is_shown"),
    [
        (5, 16, 31, True),  # 80 % and half a minute would not have brought it; they do not clear it either
        (5, 17, 300, False),  # 85 %
        (5, 10, 30, False),  # nobody waits long any more
        (1, 20, 0, True),  # but two minutes at least
    ],
)
def test_a_drowning_channel_stays_until_it_breathes(minutes: int, n: int, longest_s: int, is_shown: bool) -> None:
    shown = needs_attention(picture(channels={"phone": board()}))
    entry = board(n=n, longest_s=longest_s - 60 * minutes)
    later = needs_attention(picture(channels={"phone": entry}, now=NOW + timedelta(minutes=minutes), shown=shown))
    assert [item["since"] for item in later] == [shown[0]["since"]] * is_shown


def test_a_surge_begins_well_above_the_band_and_ends_inside() -> None:
    assert kinds(picture(figures=figures(130))) == []
    shown = needs_attention(picture(figures=figures(131)))
    assert [item["n"] for item in shown] == [131]
    later = NOW + timedelta(minutes=3)
    (still,) = needs_attention(picture(figures=figures(121), shown=shown, now=later))
    assert (still["n"], still["since"]) == (121, shown[0]["since"])
    assert kinds(picture(figures=figures(120), shown=[still])) == []
    assert kinds(picture(figures={"cases.received_1h": 10_000})) == []  # too little history for a band


def test_a_clusters_expected_number_does_not_tremble() -> None:
    shown = needs_attention(picture(clusters=[GAS]))
    drifted = msgspec.structs.replace(GAS, expected=0.31)
    assert needs_attention(picture(clusters=[drifted], shown=shown)) == shown
    (grown,) = needs_attention(picture(clusters=[msgspec.structs.replace(drifted, n=5)], shown=shown))
    assert (grown["n"], grown["expected"]) == (5, 0.3)
    (tiny,) = needs_attention(picture(clusters=[msgspec.structs.replace(GAS, expected=0.00432)]))
    assert tiny["expected"] == 0.004


def test_shown_clusters_are_known_again_after_a_restart() -> None:
    shown = msgspec.json.decode(encode(needs_attention(picture(**EVERYTHING))))
    (known,) = clusters_shown(shown)
    assert (known.category, known.cells, known.since) == (GAS.category, GAS.cells, GAS.since)


def test_a_stalled_source_is_said_until_it_speaks() -> None:
    shown = needs_attention(picture(sources=STALE))
    assert [item["name"] for item in shown] == ["open311"]
    assert needs_attention(picture(sources={"open311": {"last_event_at": NOW, "stale": False}}, shown=shown)) == []


def test_the_topic_numbers_its_items() -> None:
    items = needs_attention(picture(**EVERYTHING))
    assert list(attention_topic(items)) == ["1", "2", "3"]
    assert attention_topic([]) == {}


parts = st.fixed_dictionaries(
    {
        "incidents": st.dictionaries(
            st.sampled_from("ABCDE"), st.builds(incident, waits_s=st.integers(0, 300), units=st.integers(0, 1))
        ),
        "clusters": st.lists(st.just(GAS), max_size=1),
        "alerts": st.dictionaries(
            st.sampled_from("xyz"), st.builds(alert, st.sampled_from(["Severe", "Minor"]), st.integers(-60, 4000))
        ),
        "channels": st.dictionaries(
            st.sampled_from(["phone", "sign"]),
            st.builds(board, st.integers(0, 20), st.integers(20, 40), st.none() | st.integers(0, 300)),
        ),
        "figures": st.builds(figures, st.integers(100, 150)),
        "sources": st.sampled_from([{}, STALE]),
    }
)


@given(parts, st.lists(parts, max_size=3))
def test_the_same_picture_twice_gives_the_same_items(now: dict[str, Any], earlier: list[dict[str, Any]]) -> None:
    """Nothing changes, nothing moves: also when the items went through the store in between."""
    shown: list[Any] = []
    for past in earlier:
        shown = needs_attention(picture(**past, shown=shown))
    first = needs_attention(picture(**now, shown=shown))
    assert needs_attention(picture(**now, shown=first)) == first
    assert needs_attention(picture(**now, shown=msgspec.json.decode(encode(first)))) == first
    ranks = [list(RULES).index(item["kind"]) for item in first]
    assert ranks == sorted(ranks)
    assert len(first) <= 3
