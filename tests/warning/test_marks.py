"""Times that are not like others: what counts as one, from what is in force and from the archive, and what it does."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import msgspec
import pytest
import redis as redis_module

from dashboard.warner.field import field_of, read_seen
from dashboard.warner.learning import Learner, Learnt, learn_here
from dashboard.warner.marks import archived_marks, marks_now, marks_of, merged
from dashboard.warner.past import Past
from dashboard.warner.process import Warner
from emergency.alerts import Alert, alert_span
from geo.cities import load_city
from geo.warning.baseline import Mark
from hotline.notices import Notice
from hotline.warning_model import PastCase, learn_model
from streams.archive.view import Archive
from streams.events import AlertInfo
from tests.support.archives import archiver_of, catch_up
from tests.support.engines import NOON, TestCity
from tests.warning.made import CELLS, ZONE

HOUR = timedelta(hours=1)
CITY = load_city("boston")
INFO = AlertInfo(event="High Wind Warning", expires_at=NOON + 6 * HOUR)
ALERT = Alert(alert_id="met,1", sent_at=NOON, infos=(INFO,))
NOTICE = Notice(notice_id="n1", kind="event", starts_at=NOON, ends_at=NOON + 4 * HOUR)


def _spans(notices: list[Notice] = [], alerts: list[Alert] = []) -> list[tuple[str, float, float]]:  # noqa: B006
    """Names with hours from noon."""
    noon = NOON.timestamp()
    found = marks_of(CITY, (NOON - 9 * HOUR, NOON + 9 * HOUR), notices, alerts)
    return [(mark.name, (mark.from_s - noon) / 3600, (mark.until_s - noon) / 3600) for mark in found]


def test_a_holiday_of_the_city_is_the_local_day() -> None:
    city = msgspec.structs.replace(
        CITY, holidays=(date(2026, 8, 3),), workdays=(date(2026, 11, 1),), public_holidays=""
    )
    holiday, moved = marks_of(city, (NOON, NOON + timedelta(days=300)), [], [])
    assert (holiday.name, moved.name) == ("holiday", "workday")
    assert datetime.fromtimestamp(holiday.from_s, UTC) == datetime(2026, 8, 3, 4, tzinfo=UTC)
    assert moved.until_s - moved.from_s == 25 * 3600, "the clocks are put back that day"


def test_a_notice_of_one_street_and_what_lasts_for_weeks_are_no_marks() -> None:
    replace = msgspec.structs.replace
    assert _spans([NOTICE]) == [("notice:event", 0, 4)]
    assert _spans([replace(NOTICE, kind="holiday")]) == [("holiday", 0, 4)]
    assert _spans([replace(NOTICE, areas=("Roxbury",))]) == _spans([replace(NOTICE, lat=42.3, lng=-71.0)]) == []
    assert _spans([replace(NOTICE, ends_at=NOON + timedelta(days=30))]) == []
    assert _spans([replace(NOTICE, withdrawn_at=NOON + HOUR)]) == [("notice:event", 0, 1)]
    assert _spans([replace(NOTICE, withdrawn_at=NOON - HOUR)]) == []


def test_an_alert_holds_until_it_ends_or_is_taken_back_and_an_exercise_never_does() -> None:
    replace = msgspec.structs.replace
    assert _spans([], [ALERT]) == [("alert:high wind warning", 0, 6)]
    assert _spans([], [replace(ALERT, cancelled_at=NOON + 2 * HOUR)]) == [("alert:high wind warning", 0, 2)]
    assert _spans([], [replace(ALERT, status="Exercise")]) == []
    assert _spans([], [replace(ALERT, infos=())]) == []
    later = replace(
        ALERT, alert_id="met,2", sent_at=NOON + 5 * HOUR, infos=(replace(INFO, expires_at=NOON + 9 * HOUR),)
    )
    assert _spans([], [later, ALERT]) == [("alert:high wind warning", 0, 9)], "two for one storm are one"
    with pytest.raises(ValueError, match="no time"):
        alert_span(replace(ALERT, infos=()))


def test_merged_marks_never_overlap_and_lose_no_instant() -> None:
    marks = [Mark("a", 5, 9), Mark("a", 0, 5), Mark("b", 1, 2), Mark("a", 7, 8), None, Mark("a", 20, 21)]
    assert merged(marks) == [Mark("a", 0, 9), Mark("b", 1, 2), Mark("a", 20, 21)]


def test_official_days_off_of_the_country_are_holidays_too() -> None:
    city = msgspec.structs.replace(CITY, public_holidays="CN", zone="Asia/Shanghai")
    found = marks_of(city, (datetime(2026, 9, 20, tzinfo=UTC), datetime(2026, 10, 20, tzinfo=UTC)), [], [])
    begins = {datetime.fromtimestamp(mark.from_s, UTC) for mark in found}
    assert {mark.name for mark in found} == {"holiday"}
    assert datetime(2026, 9, 30, 16, tzinfo=UTC) in begins, "the national holiday, from midnight in Beijing"


def test_the_archive_and_the_documents_know_the_same_marks(redis: redis_module.Redis, tmp_path: Path) -> None:
    city = TestCity(redis)
    archiver = archiver_of(city, tmp_path)
    info = msgspec.to_builtins(INFO)
    said: dict[str, Any] = {"alert_id": "met,1", "sender": "met", "identifier": "1", "sent_at": NOON, "infos": [info]}
    city.post("alert.issued", source="cap", **said)
    fair: dict[str, Any] = {"kind": "event", "starts_at": NOON, "ends_at": NOON + 4 * HOUR, "titles": {"en": "Fair"}}
    city.post("notice.issued", source="plans", notice_id="n1", **fair)
    city.post("notice.issued", source="plans", notice_id="n2", **fair)
    city.turn()
    city.wall.pass_(hours=2)
    city.post("notice.withdrawn", source="plans", notice_id="n1")
    city.turn()
    catch_up(archiver)
    with Archive(tmp_path).view() as view:
        kept = archived_marks(view, city.city, NOON - HOUR, NOON + 3 * HOUR)
        assert archived_marks(view, city.city, NOON + timedelta(days=9), NOON + timedelta(days=10)) == []
    assert kept == marks_now(city.client, city.keys, city.city, NOON + 3 * HOUR)
    assert {mark.name for mark in kept} == {"alert:high wind warning", "notice:event"}


def test_what_an_alert_brings_is_expected_while_it_lasts(redis: redis_module.Redis, tmp_path: Path) -> None:
    city = TestCity(redis)
    days, wind = 16, "alert:high wind warning"
    begin = NOON.timestamp() - days * 86_400
    past = [PastCase(begin + n * 3_600, CELLS[n % len(CELLS)], "trees") for n in range(days * 24)]
    storms = [Mark(wind, begin + day * 86_400, begin + day * 86_400 + 21_600) for day in (4, 9)]
    past += [PastCase(storm.from_s + n * 60, CELLS[n % len(CELLS)], "trees") for storm in storms for n in range(360)]
    model = learn_model(past, ZONE, NOON, marks=storms)
    learner = Learner(tmp_path / "model", partial(learn_here, lambda now, tell: Past([], None, "archive"), ZONE))
    learner._fresh = Learnt(model, "archive", [])
    warner = Warner(
        city.client,
        city.keys,
        tmp_path,
        learner,
        marks_at=partial(marks_now, city.client, city.keys, city.city),
    )
    warner.start(city.engine.clock.at)

    def expected() -> float:
        city.wall.pass_(minutes=5)
        city.turn()
        while warner.step():
            pass
        seen = read_seen(next(tmp_path.glob("*.seen")))
        return sum(field_of(seen, "trees", "expected", seen.at, 1, 7).values())

    quiet = expected()
    city.post("alert.issued", source="cap", alert_id="met,1", sender="met", identifier="1", sent_at=city.wall.at,
              infos=[{"event": "High Wind Warning", "expires_at": NOON + 6 * HOUR}])  # fmt: skip
    city.turn()
    city.wall.pass_(hours=1)
    assert expected() > 10 * quiet > 0
