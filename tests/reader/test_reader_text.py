"""Pairs of characters: every part of every word is found, in any script, and nothing else."""

from __future__ import annotations

import sqlite3
from contextlib import closing

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.reader_text import MAX_INDEXED, bigrams, match_expression, runs


def found(text: str, query: str) -> bool:
    """Whether a real FTS5 index that holds `text` answers `query`."""
    expression = match_expression(query)
    if expression is None:
        return False
    with closing(sqlite3.connect(":memory:")) as db:
        db.execute("CREATE VIRTUAL TABLE t USING fts5(text, content='', tokenize='ascii')")
        db.execute("INSERT INTO t (rowid, text) VALUES (1, ?)", (bigrams(text),))
        return bool(db.execute("SELECT rowid FROM t WHERE t MATCH ?", (expression,)).fetchall())


@pytest.mark.parametrize(
    ("text", "query"),
    [
        ("小区门口垃圾无人清运", "垃圾"),
        ("小区门口垃圾无人清运", "无人清运"),
        ("噪音", "噪"),
        ("夜间噪音", "音"),
        ("Large POTHOLE on Main St.", "hole"),
        ("Large pothole on Main St.", "MAIN large"),
        ("Straße, Zürich", "zurich strasse"),
        ("ＡＢＣ１２３", "abc1"),
        ("شارع الملك فهد", "الملك"),
        ("flat b", "b"),
    ],
)
def test_a_part_of_a_word_is_found_in_any_script(text: str, query: str) -> None:
    assert found(text, query)


@pytest.mark.parametrize(
    ("text", "query"),
    [
        ("小区门口垃圾", "圾垃"),
        ("垃 圾", "垃圾"),
        ("门口，垃圾", "口垃"),
        ("Large pothole", "holes"),
        ("flat b", "c"),
        ("slab", "b"),
    ],
)
def test_what_is_not_in_the_text_is_not_found(text: str, query: str) -> None:
    assert not found(text, query)


words = st.text(min_size=1, max_size=12)


@given(st.lists(words, min_size=1, max_size=5), st.data())
def test_every_part_of_two_or_more_characters_is_found(parts: list[str], data: st.DataObject) -> None:
    text = " ".join(parts)
    long_runs = [run for run in runs(text) if len(run) > 1]
    if not long_runs:
        return
    run = data.draw(st.sampled_from(long_runs))
    start = data.draw(st.integers(0, len(run) - 2))
    end = data.draw(st.integers(start + 2, len(run)))
    assert found(text, run[start:end])


@given(
    st.text(alphabet="垃圾清运噪音道路 ，", max_size=20), st.text(alphabet="垃圾清运噪音道路", min_size=1, max_size=4)
)
def test_chinese_is_found_exactly_where_it_stands(text: str, query: str) -> None:
    assert found(text, query) == (query in text)


@given(st.text(max_size=40))
def test_any_query_is_an_expression_that_fts5_understands(query: str) -> None:
    found("some text", query)


def test_operators_and_quotes_of_the_search_language_are_only_characters() -> None:
    assert match_expression('" OR * ) NEAR(') == '"or" AND "ne ea ar"'
    assert match_expression("!?") is None
    assert match_expression("ab", ("id", "category")) == '{id category} : ("ab")'


def test_a_text_of_megabytes_is_indexed_by_its_beginning() -> None:
    assert len(bigrams("垃圾" * 1_000_000)) < 4 * MAX_INDEXED
