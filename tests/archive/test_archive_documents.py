"""docs/archive.md says what the files are, and its examples run."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from geo.cities import load_city
from streams.archive.describe import PAGE, with_tables
from streams.archive.intake import import_cases
from streams.archive.retention import Rules, expired, load_rules
from streams.archive.view import Archive
from streams.feeds.preset import load_preset
from tests.support.messy_files import write_boston

TEXT = PAGE.read_text(encoding="utf-8")


def test_the_page_has_every_table_and_column_as_they_are() -> None:
    assert with_tables(TEXT) == TEXT


def test_its_examples_for_duckdb_and_pandas_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write_boston(tmp_path / "file.csv", 200)
    folder = tmp_path / "archive-boston"
    now = datetime(2026, 3, 4, tzinfo=UTC)
    import_cases(folder, path, load_preset("boston-311"), load_city("boston"), None, now)
    monkeypatch.chdir(tmp_path)
    examples = re.findall(r"```python\n(.*?)```", TEXT, re.S)[:2]
    found: dict[str, object] = {}
    for example in examples:
        exec(example, found)
    with Archive(folder).view() as view:
        busiest = view.rows(f"SELECT day, count(*) AS n FROM {view.table('cases')} GROUP BY 1 ORDER BY n DESC LIMIT 3")
        day = view.rows(f"SELECT count(*) AS n FROM {view.table('cases', ['2011-08-28'])}")
    assert [n for _, n in found["busiest"].fetchall()] == [row["n"] for row in busiest]  # type: ignore[attr-defined]
    assert int(found["by_area"].sum()) == day[0]["n"] > 0  # type: ignore[attr-defined]


def test_rules_let_go_of_what_they_say_and_of_no_count(tmp_path: Path) -> None:
    path = write_boston(tmp_path / "file.csv", 100)
    folder = tmp_path / "archive"
    now = datetime(2026, 3, 4, tzinfo=UTC)
    import_cases(folder, path, load_preset("boston-311"), load_city("boston"), None, now)
    (tmp_path / "rules.toml").write_text("[keep_days]\ncase_events = 100\n")
    rules = load_rules(tmp_path / "rules.toml")
    gone = {file.table for file in expired(Archive(folder).manifest, rules, now.date())}
    assert gone == {"case_events"}
    assert expired(Archive(folder).manifest, Rules(), now.date()) == []
    (tmp_path / "rules.toml").write_text("[keep_days]\ndaily_cases = 100\n")
    with pytest.raises(ValueError, match="daily_cases"):
        load_rules(tmp_path / "rules.toml")
