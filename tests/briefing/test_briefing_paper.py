"""What stands on paper: columns that fit, rates per resident with their chance, and matters that came back."""

from __future__ import annotations

from datetime import date

import h3
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.briefing.people import per_head, poisson_interval
from dashboard.briefing.period import Span, period_of
from dashboard.briefing.topics import MONTHS, month_topics
from geo.cities import load_city
from layouts.briefing.table import Cell, Section
from layouts.briefing.typst_page import SHORT, TOGETHER, _lengths, _widths
from streams.archive.view import bounds_of
from tests.briefing.conftest import Told


@given(st.lists(st.lists(st.text("abc ", min_size=0, max_size=60), min_size=6, max_size=6), min_size=1, max_size=4))
def test_columns_that_keep_their_width_leave_room_for_those_that_break(rows: list[list[str]]) -> None:
    section = Section("s", "A section", [""] * 6, [[Cell(text) for text in row] for row in rows])
    widths, lengths = _widths(section, [False] * 6), _lengths(section)
    assert any(width.endswith("fr") for width in widths)
    kept = [length for width, length in zip(widths, lengths, strict=True) if width == "auto"]
    assert sum(kept) <= TOGETHER
    assert all(length <= SHORT for length in kept)


def test_each_district_stands_beside_its_residents() -> None:
    said = per_head(load_city("beijing"), {"Haidian": 3133, "Atlantis": 5})
    assert said.source.startswith("Seventh National Population Census")
    rows = {row.area: row for row in said.rows}
    assert len(rows) == 17
    haidian, unknown, quiet = rows["Haidian"], rows["Atlantis"], rows["Miyun"]
    assert haidian.rate == pytest.approx(3133 / 3133469 * 100_000)
    assert haidian.low is not None
    assert haidian.high is not None
    assert haidian.low < haidian.rate < haidian.high
    assert (unknown.received, unknown.residents, unknown.rate) == (5, None, None)
    assert (quiet.received, quiet.rate, quiet.low) == (0, 0.0, 0.0)
    assert said.rows[0] is haidian
    assert per_head(load_city("boston"), {"Roxbury": 3}).source == ""


def test_the_interval_of_a_count_is_the_exact_one() -> None:
    # Garwood's table: 0 -> (0, 3.689), 10 -> (4.795, 18.390)
    assert poisson_interval(0) == (0.0, pytest.approx(3.6889, abs=1e-3))
    assert poisson_interval(10) == (pytest.approx(4.7954, abs=1e-3), pytest.approx(18.3904, abs=1e-3))


@pytest.mark.shared
def test_what_came_back_is_counted_in_its_cell_and_the_cells_around(boston: Told) -> None:
    with boston.archive.view() as view:
        period = period_of(Span.MONTH, date(2011, 10, 5), view.zone)
        found = month_topics(view, period)
        assert found
        for row in found:
            around = [int(cell, 16) for cell in h3.grid_disk(row["cell"], 1)]
            start = bounds_of(date(2011, 7, 12), view.zone)[0]  # 112 days before November
            (counted,) = view.rows(
                f"SELECT count(*) AS n FROM {view.table('cases')} WHERE category = ? AND kind = 'complaint'"
                " AND received_at >= ? AND received_at < ? AND list_contains(?, cell)",
                [row["category"], start, period.end, around],
            )
            assert len(row["months"]) == MONTHS
            assert sum(row["months"]) == counted["n"]
            assert row["high"] >= 2
        assert month_topics(view, period_of(Span.MONTH, date(2011, 7, 5), view.zone)) is None
