"""What is said in followed calls of the simulated hotline: ten languages, in time, and the same after any restart."""

from __future__ import annotations

from collections import defaultdict
from datetime import timedelta
from functools import cache
from pathlib import Path

import pytest

from streams.events import Envelope
from streams.sim.dialogues import GENERAL, MEANWHILE, load_dialogues
from streams.sim.hotline_side import HotlineSide
from streams.sim.texts import Words
from tests.sim.hotline_world import WEDNESDAY, Documents, PlainWords, beijing, laws

TEN = WEDNESDAY + timedelta(hours=10)
MINUTES = 30


@cache
def told() -> tuple[Envelope, ...]:
    side = HotlineSide.fresh(laws(), PlainWords(), TEN)
    return tuple(side.advance(TEN + timedelta(minutes=MINUTES)))


def said_by_call(envelopes: tuple[Envelope, ...]) -> dict[str, list[Envelope]]:
    found: dict[str, list[Envelope]] = defaultdict(list)
    for envelope in envelopes:
        if envelope.type == "call.said":
            found[envelope.data["call_id"]].append(envelope)
    return found


def test_every_line_is_written_in_the_ten_languages_of_the_city() -> None:
    dialogues = load_dialogues()
    served = {*laws().profile.languages.foreign, "zh"}
    assert dialogues.languages == served == set(Words.load().languages)
    for category in laws().profile.categories:
        lines = dialogues.of(category)
        assert all(set(line.said) == served and all(line.said.values()) for line in lines)
        assert {line.speaker for line in lines} == {"agent", "caller"}
    assert dialogues.of("tourism") is not dialogues.of("noise")


def test_a_longer_conversation_keeps_its_lines_and_their_order() -> None:
    dialogues = load_dialogues()
    lines = list(dialogues.of("gas_smell"))
    for n in (0, 6, 8, 30):
        longer = dialogues.longer(lines, n)
        assert [line for line in longer if line in lines] == lines
        assert (longer[:2], longer[-2:]) == (lines[:2], lines[-2:])
    assert len(dialogues.longer(lines, 8)) == 8


def test_followed_calls_are_heard_between_their_answer_and_their_end() -> None:
    answered = {e.data["call_id"]: e for e in told() if e.type == "call.answered"}
    ended = {e.data["call_id"]: e for e in told() if e.type == "call.ended"}
    offered = {e.data["call_id"]: e for e in told() if e.type == "call.offered"}
    calls = said_by_call(told())
    assert 5 < len(calls) < 0.02 * len(answered)  # nearly all of them on the foreign line
    for call_id, lines in calls.items():
        assert answered[call_id].occurred_at < lines[0].occurred_at
        if call_id in ended:
            assert lines[-1].occurred_at < ended[call_id].occurred_at
        spoken = {line.data["lang"] for line in lines if line.data["speaker"] == "caller"}
        assert spoken <= {offered[call_id].data["language"]}
    assert {offered[c].data["channel"] for c in calls} >= {"foreign"}


def test_a_followed_call_comes_with_the_number_of_its_case_and_no_other_call_does() -> None:
    offered = {e.data["call_id"]: e.data.get("phone", "") for e in told() if e.type == "call.offered"}
    cases = {e.data["case_id"]: e.data["phone"] for e in told() if e.type == "case.received"}
    of_case = {e.data["call_id"]: e.data["case_id"] for e in told() if e.type == "call.ended"}
    numbers = {call_id: phone for call_id, phone in offered.items() if phone}
    assert set(said_by_call(told())) & set(offered) <= set(numbers)
    assert len(numbers) < 0.02 * len(offered), "nobody asks whose the other calls are"
    known = {call_id for call_id in numbers if of_case.get(call_id) in cases}
    assert known
    assert {call_id: cases[of_case[call_id]] for call_id in known} == {call_id: numbers[call_id] for call_id in known}
    assert not any("phone" in e.data for e in told() if e.type.startswith("call.") and e.type != "call.offered")


def test_a_translation_comes_later_with_the_same_line_and_is_a_machines() -> None:
    for lines in said_by_call(told()).values():
        heard = {line.data["line"]: line for line in lines if "by" not in line.data}
        for line in lines:
            if "by" in line.data:
                first = heard[line.data["line"]]
                assert (line.data["by"], line.data["text"], line.data["lang"]) == (
                    "machine",
                    first.data["text"],
                    first.data["lang"],
                )
                assert timedelta() < line.occurred_at - first.occurred_at < timedelta(seconds=3)
                assert line.data["at"] == first.occurred_at


def test_a_restart_in_the_middle_of_a_conversation_loses_no_word() -> None:
    cut = TEN + timedelta(minutes=MINUTES / 2, milliseconds=137)
    side = HotlineSide.fresh(laws(), PlainWords(), TEN)
    first = side.advance(cut)
    documents = Documents().take(first)
    side = HotlineSide.resumed(laws(), PlainWords(), cut, *documents.plain())
    pieces = (*first, *side.advance(TEN + timedelta(minutes=MINUTES)))
    assert said_by_call(pieces) == said_by_call(told())


def test_the_address_is_that_of_the_case_in_both_languages() -> None:
    words = Words.load(beijing().load_catalogue())
    side = HotlineSide.fresh(laws(), words, TEN)
    envelopes = side.advance(TEN + timedelta(minutes=MINUTES))
    places = {e.data["case_id"][1:]: e.data["address"] for e in envelopes if e.type == "case.received"}
    for call_id, lines in said_by_call(tuple(envelopes)).items():
        caller = " ".join(line.data["text"] for line in lines if line.data["speaker"] == "caller")
        if len(lines) > 18 and places.get(call_id[1:]):
            assert places[call_id[1:]] in caller


@pytest.mark.parametrize(
    ("text", "need"),
    [
        ('categories = []\nlines = [{ speaker = "dog", en = "woof" }]', "speaker is one of"),
        ('categories = []\nlines = [{ speaker = "agent", en = "a" }, { speaker = "agent", fr = "b" }]', "every line"),
        ('categories = []\nlines = [{ speaker = "agent", en = "{phone}" }]', "{phone} is not known"),
        ("categories = []\nlines = []", "give at least one"),
        ('categories = []\nlines = [{ speaker = "agent", en = "a" }]', f"{GENERAL}.toml: missing"),
    ],
)
def test_a_file_that_cannot_be_spoken_is_refused_in_a_sentence(tmp_path: Path, text: str, need: str) -> None:
    (tmp_path / f"{MEANWHILE}.toml").write_text(text, encoding="utf-8")
    with pytest.raises(ValueError, match=need):
        load_dialogues(tmp_path)
