"""Ten thousand damaged rows: none crashes the feed, each is answered with entries that the log takes, or a reason."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streams.codec import decode_envelope, encode, payload_of
from streams.feeds.prepare import items, prepare
from streams.feeds.preset import load_preset, presets
from streams.feeds.records import Rejected, Translator
from streams.feeds.rows import open_rows
from tests.feeds.builders import file_of

SAMPLES = Path(__file__).resolve().parents[2] / "streams" / "feeds" / "samples"
ROWS = 10_000


def answer_of(translator: Translator, row: dict[str, str | None], occurrence: int = 1) -> str:
    """`good`, or the reason; every entry must be one that the log can read back."""
    answer = translator.entries(row, occurrence)
    if isinstance(answer, Rejected):
        assert answer.reason
        return answer.reason
    assert answer
    for entry in answer:
        envelope = decode_envelope(encode(entry.envelope))
        assert envelope.occurred_at == entry.occurred_at
        payload_of(envelope)
    assert answer[0].occurred_at == min(e.occurred_at for e in answer if e.rank in (0, 7))
    return "good"


NASTY = [
    *("", " ", "\x00", "null", "NaN", "-1", "1e999", "99999999999999999999", "\ufeff", "\ud800", "💥" * 300),
    *("0000-00-00 00:00:00", "2011-02-30 00:00:00", "9999-12-31 23:59:59", "0001-01-01 00:00:00", "24:00"),
    *("(1, 2", "(91, 181)", "POINT (a b)", "latitude " * 500, "x" * 70_000, "'; DROP TABLE raw; --", "../../etc"),
    *("2011-11-06 01:30:00", "2011-03-13 02:30:00", "2026-01-14T09:00:00+23:59", "2026-01-14T09:00:00-99:00"),
]


@pytest.mark.parametrize("name", sorted(presets()))
def test_ten_thousand_rows_with_nasty_values_are_each_answered(name: str) -> None:
    preset = load_preset(name)
    translator = Translator(preset)
    draw = random.Random(name)
    columns = sorted({column for columns in translator.columns.values() for column in columns})
    columns += [c for c in ("timestamp", "title", "addr") if preset.id_from]
    sound = dict.fromkeys(columns, "7") | {
        column: draw.choice(["2011-08-28 18:00:00", "08/28/2011 06:00:00 PM", "8/28/2011 18:00"])
        for field in ("received", "dispatched", "cleared")
        for column in translator.columns.get(field, ())
    }
    answers: Counter[bool] = Counter()
    for _ in range(ROWS):
        row: dict[str, str | None] = {c: v if draw.random() < 0.8 else draw.choice(NASTY) for c, v in sound.items()}
        row |= {draw.choice(columns): None}
        answers[answer_of(translator, row) == "good"] += 1
    assert answers[False] > 0


TEXT = st.none() | st.sampled_from(NASTY) | st.text(max_size=60) | st.datetimes().map(str) | st.floats().map(str)


@settings(max_examples=400, deadline=None)
@given(data=st.data(), name=st.sampled_from(sorted(presets())))
def test_any_row_is_answered_and_always_the_same(data: st.DataObject, name: str) -> None:
    translator = Translator(load_preset(name))
    columns = sorted({column for columns in translator.columns.values() for column in columns})
    row = {column: data.draw(TEXT, label=column) for column in columns}
    assert answer_of(translator, row) == answer_of(Translator(load_preset(name)), row)


def damaged(line: bytes, draw: random.Random) -> bytes:
    """One real line with one thing wrong."""
    at = draw.randrange(len(line))
    ways: list[Callable[[], bytes]] = [
        lambda: line[:at] + bytes([draw.randrange(256)]) + line[at + 1 :],
        lambda: line[:at],
        lambda: line[:at] + b'"' + line[at:],
        lambda: line[:at] + b"," + line[at:],
        lambda: line.replace(b"-", b"/", 1),
        lambda: line[:at] + line[at:] * 2,
        lambda: line[:at] + b"\x00\xff\xfe" + line[at:],
        lambda: line.replace(b"2026", draw.choice([b"20260", b"", b"0000", b"9999"])),
    ]
    return draw.choice(ways)() or b"x"


def test_ten_thousand_mutated_lines_of_a_file_are_events_or_dead_letters(tmp_path: Path) -> None:
    """Every line is accounted for: as entries, as a dead letter, or as part of one of either (an opened quote)."""
    draw = random.Random(20260114)
    preset = load_preset("beijing-day")
    with open_rows(SAMPLES / "beijing_day.csv.gz", preset) as source:
        whole = [row.raw.rstrip(b"\n") for row in source.rows]
        header = ",".join(source.header)
    lines: list[str | bytes] = [damaged(line, draw) if i % 2 else line for i, line in enumerate(whole)]
    lines += [damaged(draw.choice(whole), draw) if draw.random() < 0.45 else draw.choice(whole) for _ in range(9_000)]
    path = file_of(tmp_path, header, *lines, name="mutated.csv")
    sound = set(whole)
    assert sum(line not in sound for line in lines) >= ROWS - 500
    prepared = prepare(path, preset, tmp_path / "work")
    assert prepared.refused == ""
    with open_rows(path, preset) as source:
        rows = list(source.rows)
    assert b"".join(row.raw for row in rows) == path.read_bytes()[len(header) + 1 :]
    assert prepared.rows == len(rows)
    found: Counter[str] = Counter()
    for item in items(prepared):
        if item.reason:
            found["dead"] += 1
        else:
            payload_of(decode_envelope(item.body))
            found["entries"] += 1
    assert (found["dead"], found["entries"]) == (prepared.dead, prepared.entries)
    assert prepared.dead > 2_000
