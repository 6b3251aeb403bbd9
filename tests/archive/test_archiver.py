"""The archiver beside an engine: what it writes is the log, whoever dies and whenever."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import redis as redis_module

from dashboard.archiver import Archiver, LogIsOlder
from streams.archive import query
from streams.archive.checkpoints import load
from streams.archive.lists import cases_behind
from streams.archive.longest import longest_waiting
from streams.archive.view import Archive
from tests.support.archives import archiver_of, catch_up, complaints, rows_of
from tests.support.engines import TestCity


@pytest.fixture
def city(redis: redis_module.Redis) -> TestCity:
    return TestCity(redis)


def _live(city: TestCity, turns: int, start: int = 0) -> None:
    """Cases come and close; an incident is worked; one case is amended and one reopened."""
    for n in range(start, start + turns):
        city.case(f"c{n}", category=("Trees", "Noise")[n % 2], phone="555-0100", text="a tree fell on me", name="Ann")
        if n % 3 == 0 and n > start:
            city.post("case.closed", case_id=f"c{n - 1}")
        if n % 4 == 3:
            city.post("case.amended", case_id=f"c{n}", category="Streets")
        if n % 5 == 4:
            city.post("case.closed", case_id=f"c{n}")
            city.post("case.reopened", case_id=f"c{n}")
        city.turn()


def _after(city: TestCity) -> datetime:
    """Just after what was recorded last: stocks hold what was recorded before."""
    return city.wall.at + timedelta(microseconds=1)


def test_the_archive_is_the_log(city: TestCity, tmp_path: Path) -> None:
    archiver = archiver_of(city, tmp_path)
    _live(city, 12)
    city.post("incident.received", incident_id="i1", kind="fire", priority=1)
    city.post("unit.dispatched", incident_id="i1", unit_id="E1")
    city.post("unit.arrived", incident_id="i1", unit_id="E1")
    city.post("call.offered", call_id="k1")
    city.turn()
    catch_up(archiver)
    found, overlap = complaints(city.client, city.keys, tmp_path, city.city.zone)
    assert found == []
    assert overlap.compared == city.client.xlen(city.keys.events)
    assert rows_of(tmp_path, "SELECT unit_id, ended, on_scene_at FROM rows", "assignments")[0]["unit_id"] == "E1"
    assert [row["channel"] for row in rows_of(tmp_path, "SELECT channel FROM rows", "calls")] == ["phone"]


def test_no_personal_field_enters_the_archive(city: TestCity, tmp_path: Path) -> None:
    archiver = archiver_of(city, tmp_path)
    _live(city, 6)
    catch_up(archiver)
    archiver.take_checkpoint()
    rows = rows_of(tmp_path, "SELECT data FROM rows", "events")
    assert rows
    assert not any("555-0100" in row["data"] or "tree fell" in row["data"] or "Ann" in row["data"] for row in rows)
    checkpoint = load(tmp_path, archiver.manifest)
    assert checkpoint is not None
    held = b"".join(raw for noun in checkpoint.documents.values() for raw in noun.values())
    assert b"c1" in held
    assert b"555-0100" not in held
    assert b"tree fell" not in held


class Died(Exception):
    """The process ended here."""


@pytest.mark.parametrize("step", ["range told", "files written", "manifest replaced"])
def test_a_kill_at_any_step_of_a_range_loses_and_doubles_nothing(
    city: TestCity, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    archiver = archiver_of(city, tmp_path)
    _live(city, 5)
    catch_up(archiver)
    _live(city, 5, start=5)
    where = {"range told": "_fold", "files written": "_change", "manifest replaced": "_tell"}[step]
    _dies_in(archiver, monkeypatch, where)
    with pytest.raises(Died):
        catch_up(archiver)
    _live(city, 3, start=10)  # facts after the range that was written down must not slip into it
    again = archiver_of(city, tmp_path)
    again.clean()
    catch_up(again)
    found, overlap = complaints(city.client, city.keys, tmp_path, city.city.zone)
    assert found == []
    assert overlap.compared == city.client.xlen(city.keys.events)


def _dies_in(archiver: Archiver, monkeypatch: pytest.MonkeyPatch, where: str) -> None:
    def die(*_: Any, **__: Any) -> None:
        raise Died

    monkeypatch.setattr(archiver, where, die)


def test_days_that_end_are_counted_compacted_and_checkpointed(city: TestCity, tmp_path: Path) -> None:
    archiver = archiver_of(city, tmp_path, range_most=4)
    due = (city.wall.at + timedelta(hours=30)).isoformat()
    for n in range(3):
        _live(city, 6, start=10 * n)
        city.case(f"due{n}", target_at=due)
        city.turn()
        catch_up(archiver)
        city.wall.pass_(hours=24)
        city.turn()
    catch_up(archiver)
    assert archiver.manifest.rolled
    assert max(len(archiver.manifest.of("events", [day])) for day in archiver.manifest.days("events")[:-1]) == 1
    assert len(archiver.manifest.of("checkpoints")) >= 3
    found, _ = complaints(city.client, city.keys, tmp_path, city.city.zone)
    assert found == []
    with Archive(tmp_path).view() as view:
        counted = query.stock(view, _after(city))[0]
        assert counted == query.stock(view, _after(city), from_rows=True)[0]
        assert query.stocks(view, [_after(city)]) == [[counted]]
        whole = cases_behind(view, "open", city.wall.at, _after(city), order="oldest", from_rows=True).rows
        assert longest_waiting(view, "open", _after(city), most=4) == whole[:4] != []
        figures = city.figures()
        assert counted["open"] == figures["cases.open"]
        assert counted["overdue"] == figures["cases.overdue"]


def test_the_memory_after_a_restart_is_that_of_one_that_never_stopped(city: TestCity, tmp_path: Path) -> None:
    archiver = archiver_of(city, tmp_path)
    _live(city, 8)
    catch_up(archiver)
    archiver.take_checkpoint()
    _live(city, 8, start=8)
    catch_up(archiver)
    again = archiver_of(city, tmp_path)
    assert again.memory.documents == archiver.memory.documents


def test_a_city_that_lived_before_is_joined_as_it_stands(city: TestCity, tmp_path: Path) -> None:
    _live(city, 7)
    city.client.xtrim(city.keys.events, maxlen=2, approximate=False)
    archiver = archiver_of(city, tmp_path)
    _live(city, 4, start=7)
    catch_up(archiver)
    found, _ = complaints(city.client, city.keys, tmp_path, city.city.zone)
    assert found == []
    with Archive(tmp_path).view() as view:
        assert query.stock(view, _after(city), from_rows=True)[0]["open"] == city.figures()["cases.open"]


def test_a_log_trimmed_too_early_is_said_to_be_a_gap_and_followed_on(city: TestCity, tmp_path: Path) -> None:
    archiver = archiver_of(city, tmp_path)
    _live(city, 5)
    catch_up(archiver)
    _live(city, 5, start=5)
    city.client.xtrim(city.keys.events, maxlen=1, approximate=False)
    _live(city, 5, start=10)
    catch_up(archiver)
    assert len(archiver.manifest.gaps) == 1
    assert complaints(city.client, city.keys, tmp_path, city.city.zone)[0] == []
    with Archive(tmp_path).view() as view:
        assert query.stock(view, _after(city), from_rows=True)[0]["open"] == city.figures()["cases.open"]


def test_a_log_older_than_its_archive_is_not_written_over(city: TestCity, tmp_path: Path) -> None:
    archiver = archiver_of(city, tmp_path)
    _live(city, 3)
    catch_up(archiver)
    city.client.hset(city.keys.position, "seq", "1")
    with pytest.raises(LogIsOlder):
        archiver.step()


def test_the_engine_trims_only_what_the_archive_has_passed(city: TestCity, tmp_path: Path) -> None:
    city.engine.store.events_kept, city.engine.store.archive_wait = 10, 10_000
    archiver = archiver_of(city, tmp_path)
    for n in range(150):
        city.case(f"c{n}")
        city.turn()
    assert city.client.xlen(city.keys.events) == len(city.events(alarms=True)) >= 150
    catch_up(archiver)
    city.turn()
    city.turn()
    assert city.client.xlen(city.keys.events) < 150
    assert complaints(city.client, city.keys, tmp_path, city.city.zone)[0] == []


def test_without_an_archiver_the_log_is_trimmed_as_ever(city: TestCity) -> None:
    city.engine.store.events_kept, city.engine.store.archive_wait = 10, 10_000
    for n in range(150):
        city.case(f"c{n}")
        city.turn()
    assert city.client.xlen(city.keys.events) < 150


def test_erasing_a_person_changes_no_count(city: TestCity, tmp_path: Path) -> None:
    archiver = archiver_of(city, tmp_path)
    _live(city, 6)
    catch_up(archiver)
    with Archive(tmp_path).view() as view:
        before = query.stock(view, _after(city), from_rows=True)
    at = _after(city)
    city.post("subject.erased", erased="case:c1")
    city.turn()
    assert not city.client.hexists(city.keys.private, "case:c1")
    catch_up(archiver)
    with Archive(tmp_path).view() as view:
        assert query.stock(view, at, from_rows=True) == before
        assert query.stock(view, _after(city), from_rows=True) == before
    assert complaints(city.client, city.keys, tmp_path, city.city.zone)[0] == []
