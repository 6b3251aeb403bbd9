"""Near-duplicates on pairs of which it is known whether they are one matter, and the guards that no score outweighs."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

import pytest

from hotline.similar.letters import plain
from hotline.similar.marks import marks_of
from hotline.similar.score import WITHIN, WITHIN_M, compare
from hotline.similar.text import conflict, likeness, words_of
from tests.support.similar_pairs import CENTRE, NOON, Pair, pairs, subjects
from tests.support.similar_pairs import _report as report_of

PAIRS, SEED = 2_000, 2
PRECISION, RECALL = 0.95, 0.7


def is_proposed(pair: Pair) -> bool:
    evidence = compare(pair.other, pair.one)
    return evidence is not None and evidence.is_proposed


def test_two_thousand_pairs_of_matters_that_the_weights_never_saw(capsys: pytest.CaptureFixture[str]) -> None:
    made, proposed, right = Counter(), Counter(), 0  # type: Counter[str], Counter[str], int
    for pair in pairs(PAIRS, SEED):
        made[pair.kind] += 1
        if is_proposed(pair):
            proposed[pair.kind] += 1
            right += pair.is_same
    same = made["same"] + made["foreign"]
    precision, recall = right / sum(proposed.values()), right / same
    with capsys.disabled():
        print(f"\n  {PAIRS} pairs of {len(subjects(False))} matters: precision {precision:.3f}, recall {recall:.3f}")
        print("  proposed of made: " + ", ".join(f"{kind} {proposed[kind]}/{made[kind]}" for kind in sorted(made)))
    assert precision >= PRECISION
    assert recall >= RECALL
    assert proposed["opposite"] == 0
    assert proposed["number"] == 0


@pytest.mark.parametrize("fit", [True, False])
def test_no_way_to_say_that_it_is_over_is_taken_for_the_complaint(fit: bool) -> None:
    for subject in subjects(fit):
        for lang in ("zh", "en"):
            for over in subject[f"{lang}_opposite"]:
                for said in subject[lang]:
                    assert conflict(words_of(over), words_of(said)) == "opposite", (over, said)


def test_words_alone_never_propose_anything() -> None:
    text = "路口的红绿灯坏了，一个灯都不亮。"
    here = report_of("a", "traffic_signal", *CENTRE, NOON, text, "zh")
    far = report_of("b", "traffic_signal", CENTRE[0] + 0.01, CENTRE[1], NOON, text, "zh")
    late = report_of("c", "traffic_signal", *CENTRE, NOON + WITHIN + timedelta(minutes=1), text, "zh")
    twin = report_of("d", "traffic_signal", *CENTRE, NOON, text, "zh")
    assert WITHIN_M < 1_000
    assert compare(far, here) is None
    assert compare(late, here) is None
    evidence = compare(twin, here)
    assert evidence is not None
    assert evidence.is_proposed
    assert evidence.why == ("same_place", "same_hour", "same_category", "same_words")


@pytest.mark.parametrize(
    ("one", "other", "guard"),
    [
        ("红绿灯坏了", "红绿灯好了", "opposite"),
        ("紅綠燈壞了", "红绿灯好了", "opposite"),
        ("There is a strong smell of gas here", "No smell of gas here", "opposite"),
        ("It was repaired last week and is broken again", "The lift is broken", ""),
        ("The lift was broken and has been repaired", "The lift is broken", "opposite"),
        ("什么时候能修好电梯，坏了三天了", "电梯坏了", ""),
        ("暖气不热，冻死了", "暖气太热了，开着窗", "opposite"),
        ("3号楼停水", "7号楼停水", "number"),
        ("三号楼停水", "3号楼没水", ""),
        ("Bus 12 never comes", "Bus 15 never comes", "number"),
        ("Water leaks at the north gate", "Water leaks at the south gate", "number"),
        ("smoke on the 5th floor of block 2", "smoke on the 6th floor of block two", ""),
        ("我家三楼漏水，等了2小时", "三楼漏水，等了5小时", ""),
    ],
)
def test_what_contradicts_is_held_back_and_what_does_not_is_not(one: str, other: str, guard: str) -> None:
    assert conflict(words_of(one), words_of(other)) == guard
    assert conflict(words_of(other), words_of(one)) == guard


def test_widths_case_and_traditional_characters_make_no_difference() -> None:
    assert plain("ＢＵＳ　１２　紅綠燈") == "bus 12 红绿灯"
    alike = likeness(words_of("路口的紅綠燈壞了"), words_of("路口的红绿灯坏了"))
    assert alike == pytest.approx(1)
    assert likeness(words_of("SMOKE IN THE LIFT"), words_of("smoke in the lift")) == pytest.approx(1)


def test_two_scripts_have_no_words_in_common_and_say_so() -> None:
    assert likeness(words_of("燃气味"), words_of("gas smell")) is None
    assert likeness(words_of("أشم رائحة غاز"), words_of("gas smell")) is None
    assert likeness(words_of(""), words_of("gas smell")) is None


@pytest.mark.parametrize("said", ["十二号楼", "12号楼", "012号楼"])
def test_a_number_is_the_same_however_it_is_written(said: str) -> None:
    assert marks_of(plain(said), "han") == {"building": frozenset({"12"})}


def test_evidence_is_the_same_from_both_sides() -> None:
    for pair in pairs(200, 9):
        there, back = compare(pair.other, pair.one), compare(pair.one, pair.other)
        assert (there is None) == (back is None)
        if there is not None and back is not None:
            assert abs(there.distance_m - back.distance_m) <= 1
            assert there.minutes == -back.minutes
            assert (there.guard, there.text_similarity) == (back.guard, back.text_similarity)
