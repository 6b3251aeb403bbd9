"""Laws of the hotline desk's scripts that need no page: stages, deadlines, what may be done, scripts, months."""

from __future__ import annotations

from typing import Any

import pytest

from tests.browser.scripts import load_scripts

pytestmark = pytest.mark.browser

SCRIPTS = (
    *("15-core.js", "59-store.js", "60-desk.js", "63-asks.js", "64-keymatch.js", "64-deskkeys.js", "63-offers.js"),
    *("63-asking.js", "65-fields.js", "80-hotline.js", "81-hotlinechannels.js"),
    *("82-hotlinechannelday.js", "82-hotlinelists.js"),
    *("84-hotlinelife.js", "84-hotlineverbs.js", "85-hotlinebulk.js", "87-hotlinematters.js", "88-hotlineranking.js"),
)


@pytest.fixture
def script_page(page: Any) -> Any:
    return load_scripts(page, SCRIPTS)


def test_a_case_is_in_the_stage_that_its_stamps_say_and_its_own_word_is_believed(script_page: Any) -> None:
    steps = [
        ({}, "received"),
        ({"owner": "gas", "dispatched_at": "x"}, "dispatched"),
        ({"owner": "gas", "accepted_at": "x"}, "accepted"),
        ({"owner": "gas", "accepted_at": "x", "return_asked_at": "x"}, "return_asked"),
        ({"contacted_at": "x"}, "contacted"),
        ({"contacted_at": "x", "handled_at": "x"}, "handled"),
        ({"handled_at": "x", "closed_at": "x"}, "closed"),
        ({"closed_at": "x", "followed_up_at": "x"}, "followed_up"),
        ({"followed_up_at": "x"}, "received"),
        ({"stage": "accepted", "closed_at": "x"}, "accepted"),
    ]
    assert script_page.evaluate("(rows) => rows.map(hexwatch.stageOf)", [row for row, _ in steps]) == [
        s for _, s in steps
    ]


def test_the_nearest_deadline_that_still_runs_stands_first(script_page: Any) -> None:
    of = "(row) => hexwatch.deadlinesOf(row).map((one) => one.key)"
    both = {"dispatch_due_at": "2026-01-01T10:00:00Z", "target_at": "2026-01-01T09:00:00Z"}
    assert script_page.evaluate(of, both) == ["feedback", "dispatch"]
    assert script_page.evaluate(of, {**both, "owner": "gas"}) == ["feedback"]
    assert script_page.evaluate(of, {**both, "closed_at": "x", "follow_up_due_at": "2026-01-02T00:00:00Z"}) == [
        "follow_up"
    ]
    assert script_page.evaluate(of, {**both, "closed_at": "x", "follow_up_due_at": "y", "followed_up_at": "z"}) == []


def test_only_what_fits_the_stage_and_the_role_is_offered(script_page: Any) -> None:
    offered = """([row, who]) => {
      const { usual, others } = hexwatch.actsForCase(row, who);
      return [...usual, ...others];
    }"""
    may, looks = {"may_case": True, "may_ask": False}, {"may_case": False, "may_ask": False}
    fresh = script_page.evaluate(offered, [{"case_id": "c", "kind": "complaint"}, may])
    assert {"dispatch_case", "regrade_case", "note_case", "merge_cases"} <= set(fresh)
    assert not {"review_return", "reopen_case", "follow_up", "answer_case", "resume_case"} & set(fresh)
    closed = script_page.evaluate(offered, [{"case_id": "c", "closed_at": "x"}, may])
    assert {"follow_up", "reopen_case"} <= set(closed)
    assert not {"dispatch_case", "close_case", "pause_case"} & set(closed)
    assert script_page.evaluate(offered, [{"case_id": "c"}, looks]) == []
    assert "promote_case" in fresh
    assert "promote_case" in script_page.evaluate(offered, [{"case_id": "c"}, {"may_case": False, "may_ask": True}])


def test_a_preview_leaves_out_what_cannot_be_done_and_the_lead_of_a_merge(script_page: Any) -> None:
    rows = [{"case_id": "a"}, {"case_id": "b", "closed_at": "x"}, {"case_id": "c"}]
    states = (
        "([verb, rows, into]) => hexwatch.bulkPreview(verb, rows, { may_case: true }, into).map((one) => one.state)"
    )
    assert script_page.evaluate(states, ["close_case", rows, ""]) == ["", "out", ""]
    assert script_page.evaluate(states, ["merge_cases", rows, "a"]) == ["out", "out", ""]


def test_a_matter_fits_by_category_and_place_until_its_end(script_page: Any) -> None:
    fits = """([row, matter, now]) => hexwatch.mattersFor(row, new Map([["m", matter]]), now).length"""
    row, now = {"category": "heating", "area": "Chaoyang", "cell": "8a"}, 1_000
    matter = {"category": "heating", "areas": ["Chaoyang"]}
    assert script_page.evaluate(fits, [row, matter, now]) == 1
    assert script_page.evaluate(fits, [row, matter | {"areas": ["Haidian"]}, now]) == 0
    assert script_page.evaluate(fits, [row, matter | {"areas": ["Haidian"], "cells": ["8a"]}, now]) == 1
    assert script_page.evaluate(fits, [row, matter | {"areas": []}, now]) == 1
    assert script_page.evaluate(fits, [row, matter | {"category": "noise"}, now]) == 0
    assert script_page.evaluate(fits, [row, matter | {"until": "1970-01-01T00:00:00.999Z"}, now]) == 0


def test_a_tab_takes_the_number_of_newer_rows_but_never_of_another_choice_or_an_older_commit(script_page: Any) -> None:
    knows = """([chosen, asked, seq, counted]) => {
      const [choice, rows] = [chosen, asked].map((values) => new hexwatch.ListChoice(values));
      return hexwatch.rowsKnowMore({ key: rows.key, list: rows.list, seq }, choice, counted);
    }"""
    overdue, narrowed, worded = {"list": "overdue"}, {"list": "overdue", "area": "Haidian"}, {"q": "gas"}
    rows: list[tuple[list[Any], bool]] = [
        ([overdue, overdue, 8, 7], True),
        ([overdue, overdue, 7, 7], False),
        ([overdue, overdue, 6, 7], False),
        ([overdue, {}, 8, 7], False),
        ([overdue, narrowed, 8, 7], False),
        ([narrowed, narrowed, 8, 7], True),
        ([worded, worded, 8, 7], False),
        ([overdue, overdue, None, 7], False),
    ]
    assert [script_page.evaluate(knows, given) for given, _ in rows] == [told for _, told in rows]


def test_the_caller_hears_their_own_language_where_there_is_a_script(script_page: Any) -> None:
    spoken = "([matter, asked, own]) => hexwatch.scriptFor(matter, asked, own)?.lang ?? null"
    matter = {"scripts": {"zh": "…", "en": "…", "ar": "…"}}
    assert script_page.evaluate(spoken, [matter, "ar", "zh_CN"]) == "ar"
    assert script_page.evaluate(spoken, [matter, "fr", "zh_CN"]) == "zh"
    assert script_page.evaluate(spoken, [{"scripts": {"ar": "…"}}, "fr", "zh_CN"]) == "ar"
    assert script_page.evaluate(spoken, [{"scripts": {}}, "fr", "en"]) is None


def test_months_go_back_over_the_turn_of_a_year(script_page: Any) -> None:
    assert script_page.evaluate("() => hexwatch.monthsBack('2026-02-28', 4)") == [
        "2026-02",
        "2026-01",
        "2025-12",
        "2025-11",
    ]


def test_a_line_of_nothing_is_flat_and_its_highest_point_touches_the_top(script_page: Any) -> None:
    flat, peak = script_page.evaluate(
        "() => [hexwatch.linePoints([0, 0, 0], 10, 12), hexwatch.linePoints([0, 5, 10], 10, 12)]"
    )
    assert flat == "0.0,11.0 5.0,11.0 10.0,11.0"
    assert peak == "0.0,11.0 5.0,6.0 10.0,1.0"


def test_a_channel_shows_what_it_has_and_nothing_else(script_page: Any) -> None:
    """Languages where calls are counted so, those who wait first; peak and off-peak apart, none of them as zero."""
    half = {"at": "2026-01-30T02:30:00Z", "offered": 4, "service_level": {"n": 1, "of": 4}}
    full = {"at": "2026-01-29T16:00:00Z", "offered": 8, "service_level": {"n": 8, "of": 8}}
    day = {"goal": 0.95, "intervals": [full, half]}
    bars = script_page.evaluate("([day]) => hexwatch.channelBars(day, '2026-01-29T16:00:00Z', 30)", [day])
    assert [(bar["x"], bar["height"], bar["missed"]) for bar in bars] == [(0, 32, False), (105, 16, True)]
    said = """([day, channel]) => {
      const say = (key, of = {}) => [key, ...Object.values(of)].join(" ");
      const rate = (n, of) => `${n}/${of}`;
      const speech = { say, rate, number: String, duration: String, shares: { format: String } };
      hexwatch.hotline.language = (code) => code;
      return [
        ...["peak", "off_peak"].map((part) => hexwatch.channelPart(day, part, speech).map((one) => one.text)),
        hexwatch.channelTongues(channel, speech).map((one) => one.name),
        hexwatch.channelTongues({}, speech),
      ];
    }"""
    peak = {"offered": 30, "abandoned": 3, "service_level": {"n": 20, "of": 25}, "asa_s": 7, "p90_wait_s": 14}
    languages = {
        "ko": {"offered": 9, "waiting": 0},
        "und": {"offered": 1, "waiting": 2},
        "en": {"offered": 12, "waiting": 0},
    }
    told = script_page.evaluate(said, [day | {"peak": peak}, {"languages": languages}])
    busy = """(channel) => {
      const speech = { say: (key) => key, duration: String, shares: { format: String } };
      return hexwatch.channelFigures(channel, {}, speech).map((one) => one.text);
    }"""
    assert [script_page.evaluate(busy, channel) for channel in ({}, {"occupancy": None}, {"occupancy": 0.5})] == [
        *([], ["—"]),
        ["0.5"],
    ]
    assert told[0] == ["30", "20/25", "3/30", "channel.waits 7 14"]
    assert told[1] == []
    assert told[2] == ["channel.no_tongue", "en", "ko"]
    assert told[3] == []
