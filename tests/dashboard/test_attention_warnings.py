"""Early warnings in the strip: those that nobody has taken up, one item a matter, grave ones first."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import h3
import msgspec
import pytest

from dashboard.attention import FADING, SITUATION, SITUATION_SAID, WARNINGS, Inputs, Opened, needs_attention
from hotline.clusters import Cluster
from hotline.warned import MOST_OUTLINED, Warned, fold_warning, warning_view
from streams.events import Recording, WarningAcknowledged, WarningRaised

NOW = datetime(2026, 1, 30, 9, 40, tzinfo=UTC)
CENTRE = h3.latlng_to_cell(40.0013, 116.4702, 9)


def at(minutes_ago: float) -> datetime:
    return NOW - timedelta(minutes=minutes_ago)


def warned(warning_id: str = "w1", minutes_ago: float = 3, **said: Any) -> Warned:
    given = {"category": "gas_smell", "area": "Chaoyang", "cells": tuple(h3.grid_disk(CENTRE, 1)), "observed": 4}
    raised = WarningRaised(warning_id=warning_id, **(given | {"expected": 0.2, "per_day": 0.1, "owner": "gas"} | said))
    recording = Recording(at=at(minutes_ago), occurred_at=at(minutes_ago), seq=1, source="warner")
    return fold_warning(None, raised, recording)


def shown(*warnings: Warned, was: list[dict[str, Any]] | None = None, **more: Any) -> list[dict[str, Any]]:
    views = {warning.warning_id: warning_view(warning) for warning in warnings}
    themes = {"gas": "gas_smell", "flood": "flooding"}
    return needs_attention(Inputs(now=NOW, warnings=views, themes=themes, shown=was or (), **more))


def test_four_where_a_fifth_of_one_is_expected() -> None:
    assert shown(warned()) == [
        {
            "kind": "warning",
            "since": "2026-01-30T09:37:00Z",
            "owner": "gas",
            "warning_id": "w1",
            "category": "gas_smell",
            "said": "",
            "area": "Chaoyang",
            "n": 4,
            "expected": 0.2,
            "window_h": 1,
            "cells": sorted(h3.grid_disk(CENTRE, 1)),
        }
    ]


def test_what_is_counted_and_what_is_said_of_one_matter_are_one_item() -> None:
    words = warned("w1", 5, category="said:gas", said="gas", cells=tuple(h3.grid_disk(CENTRE, 2)), expected=0.01)
    (item,) = shown(words, warned("w2"))
    assert (item["warning_id"], item["n"], item["since"]) == ("w2", 4, "2026-01-30T09:35:00Z")
    (item,) = shown(warned("w1", category="said:gas", said="gas", observed=5), warned("w2", 5))
    assert (item["warning_id"], item["n"], item["category"]) == ("w1", 5, "gas_smell")
    far = tuple(h3.grid_disk(h3.latlng_to_cell(39.8, 116.2, 9), 1))
    assert len(shown(warned("w1"), warned("w2", cells=far))) == 2
    assert len(shown(warned("w1"), warned("w2", category="noise"))) == 2


def test_a_warning_of_a_wide_place_swallows_no_local_one_and_has_no_outline() -> None:
    wide = tuple(h3.grid_disk(CENTRE, 9))
    assert len(wide) > MOST_OUTLINED
    items = {item["warning_id"]: item for item in shown(warned("w1", cells=wide, observed=40), warned("w2"))}
    assert items["w1"]["cells"] == []
    assert items["w2"]["n"] == 4


@pytest.mark.parametrize(
    "change",
    [
        {"state": FADING},
        {"acknowledged_at": NOW},
        {"opened_cases": ("P260130-001",)},
        {"situation_id": "S1"},
    ],
)
def test_what_somebody_has_taken_up_or_what_fades_needs_no_attention(change: dict[str, Any]) -> None:
    assert shown(msgspec.structs.replace(warned(), **change)) == []


def test_a_storm_does_not_fill_the_strip_grave_ones_come_first_and_those_shown_stay() -> None:
    cells = [tuple(h3.grid_disk(h3.latlng_to_cell(39.8 + n / 10, 116.2, 9), 1)) for n in range(4)]
    trees = [warned(f"w{n}", category="trees", cells=cells[n], per_day=0.5 - n / 10) for n in range(3)]
    first = shown(*trees)
    assert [item["warning_id"] for item in first] == ["w1", "w2"], f"the {WARNINGS} strangest"
    stranger = msgspec.structs.replace(trees[0], per_day=0.001)
    assert shown(stranger, *trees[1:], was=first) == first
    flood = warned("w9", category="said:flood", said="flood", cells=cells[3])
    assert "w9" in [item["warning_id"] for item in shown(*trees, flood, was=first)]
    grave = {"grave": frozenset({"gas_smell"})}
    assert "w8" in [item["warning_id"] for item in shown(*trees, warned("w8", cells=cells[3]), was=first, **grave)]


def test_who_acknowledges_clears_the_strip() -> None:
    seen = fold_warning(
        warned(), WarningAcknowledged(warning_id="w1"), Recording(at=NOW, occurred_at=NOW, seq=2, source="desk")
    )
    assert shown(seen) == []


def situation(minutes_ago: float = 0.5, category: str = "gas_smell", cell: str = CENTRE) -> Opened:
    return Opened(category, frozenset({cell, ""}), at(minutes_ago))


def test_a_matter_that_became_a_situation_says_so_for_a_while_and_then_leaves_the_strip() -> None:
    plain = shown(warned())
    (item,) = shown(warned(), situations=[situation()])
    assert item == plain[0] | {SITUATION: "2026-01-30T09:39:30Z"}
    known = SITUATION_SAID / timedelta(minutes=1)
    assert shown(warned(minutes_ago=known + 2), situations=[situation(known)]) == []
    assert SITUATION in shown(warned(minutes_ago=known + 2), situations=[situation(known - 0.1)])[0]
    cluster = Cluster(category="gas_smell", cells=frozenset({CENTRE}), since=at(15), n=4, expected=0.1)
    assert SITUATION in shown(clusters=[cluster], situations=[situation()])[0]
    assert shown(clusters=[cluster], situations=[situation(known)]) == []


@pytest.mark.parametrize(
    "other",
    [
        situation(category="noise"),
        situation(cell=h3.latlng_to_cell(39.8, 116.2, 9)),
        situation(minutes_ago=64),  # older than the hour that the warning counts: about something else
    ],
)
def test_a_situation_about_something_else_takes_no_warning_off_the_strip(other: Opened) -> None:
    assert shown(warned(), situations=[other]) == shown(warned())
    wide = warned(cells=tuple(h3.grid_disk(CENTRE, 9)))
    assert shown(wide, situations=[situation()]) == shown(wide)


def test_what_became_a_situation_comes_last_and_takes_no_room_from_what_needs_a_decision() -> None:
    far = [tuple(h3.grid_disk(h3.latlng_to_cell(39.8 + n / 10, 116.2, 9), 1)) for n in range(2)]
    trees = [warned(f"w{n}", category="trees", cells=cells, per_day=1) for n, cells in enumerate(far)]
    gas, grave = warned("w9", per_day=0.001), frozenset({"gas_smell"})
    assert {item["warning_id"] for item in shown(gas, *trees, grave=grave)} == {"w9", "w0"}
    told = shown(gas, *trees, grave=grave, situations=[situation()])
    assert [item["warning_id"] for item in told] == ["w0", "w1"]
    board = {"waiting": 7, "waiting_since": at(2), "service_level": {"n": 1, "of": 30}}
    told = shown(gas, channels={"phone": board}, grave=grave, situations=[situation()])
    assert [item["kind"] for item in told] == ["channel", "warning"]


def test_a_cluster_of_a_matter_that_was_warned_of_is_not_said_again() -> None:
    cluster = Cluster(category="gas_smell", cells=frozenset({CENTRE}), since=at(5), n=4, expected=0.1)
    other = msgspec.structs.replace(cluster, category="smoke")
    assert [item["kind"] for item in shown(warned(), clusters=[cluster, other])] == ["warning", "cluster"]
    assert [item["category"] for item in shown(clusters=[cluster, other])] == ["gas_smell", "smoke"]
