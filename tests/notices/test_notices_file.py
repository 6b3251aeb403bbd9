"""The notices file: what it may say, and one clear line for each thing that it may not."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geo.cities import CITIES, City, city_ids
from streams.feeds.notices import MOST_BYTES, NoticesError, notices_from, read_notices

HEAD = 'zone = "Asia/Shanghai"\n'
WORKS = """
[[notice]]
id = "works-1"
kind = "works"
starts = 2026-05-01T22:00:00
ends = 2026-05-02T06:00:00+08:00
titles = { zh = "夜间施工", en = "Night works" }
"""


def mistakes(text: str, areas: list[str] | None = None) -> list[str]:
    with pytest.raises(NoticesError) as refused:
        notices_from(text.encode(), "plan.toml", areas)
    return str(refused.value).splitlines()


def test_shipped_file_for_beijing_is_taken_with_areas_that_exist_and_says_that_it_is_illustrative() -> None:
    city = City.from_toml(CITIES / "beijing.toml")
    areas = city.load_areas()
    assert areas is not None
    path = CITIES / "beijing_notices.toml"
    found = read_notices(path, areas.names())
    assert {notice.kind for notice in found} == {"works", "closure", "event", "holiday"}
    for notice in found:
        assert city.usable(notice.lat, notice.lng) or notice.lat is None
        if notice.kind == "holiday":
            assert set(notice.titles) == set(city.languages)
            assert notice.starts_at.astimezone(city.time_zone).strftime("%m-%d") in ("01-01", "05-01", "10-01")
        else:
            assert "Illustrative" in notice.details["en"]
            assert "示例" in notice.details["zh"]
    assert "ILLUSTRATIVE" in path.read_text(encoding="utf-8").splitlines()[0]
    assert "beijing_notices" not in city_ids()


def test_local_times_dates_and_offsets_become_instants() -> None:
    holiday = WORKS.replace("works-1", "day").replace("2026-05-01T22:00:00", "2026-05-01")
    holiday = holiday.replace("2026-05-02T06:00:00+08:00", "2026-05-01")
    works, day = notices_from((HEAD + WORKS + holiday).encode(), "plan.toml")
    assert works.starts_at == datetime(2026, 5, 1, 14, tzinfo=UTC)
    assert works.ends_at == datetime(2026, 5, 1, 22, tzinfo=UTC)
    assert day.starts_at == datetime(2026, 4, 30, 16, tzinfo=UTC)
    assert day.ends_at == datetime(2026, 5, 1, 16, tzinfo=UTC)


def test_whole_day_has_the_length_of_that_day() -> None:
    text = WORKS.replace("2026-05-01T22:00:00", "2026-10-25").replace("2026-05-02T06:00:00+08:00", "2026-10-25")
    (day,) = notices_from(('zone = "Europe/Berlin"\n' + text).encode(), "plan.toml")
    assert (day.ends_at - day.starts_at).total_seconds() == 25 * 3600


def test_rings_are_closed_and_the_files_owner_holds_where_a_notice_names_none() -> None:
    text = HEAD + 'owner = "water"\n' + WORKS + "polygons = [[[39.9, 116.4], [39.91, 116.4], [39.91, 116.41]]]\n"
    (works,) = notices_from(text.encode(), "plan.toml")
    assert works.polygons[0][0] == works.polygons[0][-1]
    assert works.owner == "water"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", 'zone: needed, e.g. "Asia/Shanghai"'),
        ('zone = "Mars/Olympus"', "zone: "),
        ("zone = ", "not TOML"),
        (HEAD + "nottice = 1", "nottice is not a key, did you mean notice?"),
        (HEAD + "notice = 1", "write each as a table [[notice]]"),
        (HEAD + WORKS.replace('id = "works-1"', ""), "notice 1 (without id): id: needed"),
        (HEAD + WORKS.replace('"works-1"', '"a b"'), "id: 'a b' is none"),
        (HEAD + WORKS + WORKS, "notice 2 (works-1): id: another notice has it"),
        (HEAD + WORKS.replace('"works"', '"party"'), "kind: 'party' is none of works, closure, event, holiday"),
        (HEAD + WORKS.replace("2026-05-01T22:00:00", '"soon"'), "starts: needs a date or time"),
        (HEAD + WORKS.replace("ends = 2026-05-02T06:00:00+08:00", ""), "ends: needs a date or time"),
        (HEAD + WORKS.replace("2026-05-01T22", "2026-05-03T22"), "ends: must come after starts"),
        (HEAD + WORKS.replace("2026-05-01T22", "1066-05-03T22"), "not between the years"),
        (HEAD + WORKS.replace("2026-05-02T06:00:00+08:00", "9999-12-31"), "not in the calendar"),
        (HEAD + WORKS.replace('{ zh = "夜间施工", en = "Night works" }', "{}"), "titles: needs one at least"),
        (HEAD + WORKS.replace('"Night works"', '" "'), "titles: needs texts by language"),
        (HEAD + WORKS.replace("zh =", "chinese ="), "titles: 'chinese' is no language tag"),
        (HEAD + WORKS + "lat = 39.9", "lat, lng: give both or neither"),
        (HEAD + WORKS + "lat = 139.9\nlng = 116.4", "lat: 139.9 is not a number of degrees"),
        (HEAD + WORKS + "lat = nan\nlng = 116.4", "lat: nan is not a number of degrees"),
        (HEAD + WORKS + "lat = true\nlng = 116.4", "lat: True is not a number"),
        (HEAD + WORKS + "polygons = [[[39.9, 116.4], [39.9, 116.5]]]", "a ring needs three points"),
        (HEAD + WORKS + "polygons = [[39.9, 116.4]]", "polygons: needs rings of [lat, lng]"),
        (HEAD + WORKS + "areas = [1]", "areas: needs names"),
        (HEAD + WORKS + 'areas = ["Chaoyan"]', "the city has no 'Chaoyan', did you mean Chaoyang?"),
        (HEAD + WORKS + "owner = 7", "owner: needs a text"),
        (HEAD + WORKS + "colour = 7", "colour is not a key"),
        (HEAD + WORKS.replace("Night works", "x" * 70_000), "larger than 60 kB"),
    ],
)
def test_each_mistake_is_said_in_one_line_with_the_notice_and_the_key(text: str, words: str) -> None:
    (line,) = mistakes(text, ["Chaoyang"])
    assert line.startswith("plan.toml: ")
    assert words in line


def test_all_mistakes_are_said_at_once() -> None:
    text = (
        HEAD + WORKS.replace('"works"', '"party"') + WORKS.replace("works-1", "2").replace("2026-05-01T", "2027-05-01T")
    )
    assert [line.split(": ")[1] for line in mistakes(text)] == ["notice 1 (works-1)", "notice 2 (2)"]


def test_file_that_is_absent_too_large_or_no_text_is_refused_with_its_name(tmp_path: Path) -> None:
    with pytest.raises(NoticesError, match="No such file"):
        read_notices(tmp_path / "plan.toml")
    (tmp_path / "large.toml").write_bytes(b"#" * (MOST_BYTES + 1))
    with pytest.raises(NoticesError, match=r"large\.toml: larger than 2048 kB"):
        read_notices(tmp_path / "large.toml")
    (tmp_path / "latin.toml").write_bytes(b'zone = "\xff"')
    with pytest.raises(NoticesError, match=r"latin\.toml: not TOML in UTF-8"):
        read_notices(tmp_path / "latin.toml")


@settings(deadline=None)
@given(st.text(max_size=200))
def test_any_text_is_taken_or_refused_never_anything_else(text: str) -> None:
    with pytest.raises(NoticesError):
        notices_from((text + '\n[[notice]]\nid = ""').encode(), "plan.toml")
