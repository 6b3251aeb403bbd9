"""Damaged files: named, set aside, and made anew where the log or the archive itself still tells what they held."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import redis as redis_module
from click.testing import CliRunner

from dashboard.archive_check import Repair
from dashboard.archive_seed import keep_seed
from dashboard.archiver import Archiver
from dashboard.cli.archive import archive
from streams.archive.files import read
from streams.archive.manifest import File, load_for
from streams.archive.verify import check
from tests.support.archives import archiver_of, catch_up, complaints
from tests.support.engines import TestCity
from tests.support.messy_files import write_boston

TABLES = ("events", "case_events", "incident_events", "incidents", "assignments", "calls", "cases", "daily_cases")


@pytest.fixture
def city(redis: redis_module.Redis) -> TestCity:
    return TestCity(redis)


def _two_days(city: TestCity, folder: Path) -> Archiver:
    archiver = archiver_of(city, folder)
    for day in range(2):
        for n in range(4):
            city.case(f"c{day}{n}", target_at=(city.wall.at + timedelta(hours=5)).isoformat())
            city.turn()
        city.post("case.closed", case_id=f"c{day}0")
        city.post("incident.received", incident_id=f"i{day}", kind="fire")
        city.post("unit.dispatched", incident_id=f"i{day}", unit_id="E1")
        city.post("call.offered", call_id=f"k{day}")
        city.turn()
        catch_up(archiver)
        city.wall.pass_(hours=24)
        city.turn()
    catch_up(archiver)
    return archiver


def _spoil(folder: Path, file: File) -> None:
    path = folder / file.path
    raw = bytearray(path.read_bytes())
    raw[len(raw) // 2] ^= 0xFF
    path.write_bytes(bytes(raw))


def test_each_damaged_file_is_named_set_aside_and_made_anew(city: TestCity, tmp_path: Path) -> None:
    archiver = _two_days(city, tmp_path)
    mender = Repair(tmp_path, archiver.manifest, city.keys, city.client)
    for table in TABLES:
        file = mender.manifest.of(table)[0]
        before = _content(tmp_path, file)
        _spoil(tmp_path, file)
        findings = check(tmp_path, mender.manifest)
        assert [finding.file for finding in findings] == [file]
        assert file.path in findings[0].what
        assert "made anew" in mender.file(file)
        assert (tmp_path / "aside" / file.path).exists()
        assert _content(tmp_path, mender.manifest.of(table, [file.day])[0]) == before
    found, overlap = complaints(city.client, city.keys, tmp_path, city.city.zone)
    assert found == []
    assert overlap.compared == city.client.xlen(city.keys.events)


def _content(folder: Path, file: File) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = read(folder, [file], file.table).to_pylist()
    return sorted(rows, key=str)


def _after_calls(city: TestCity, folder: Path) -> Archiver:
    """An archive that begins when some calls are over already and nothing but counts tells of them."""
    for n in range(3):
        city.post("call.offered", call_id=f"k{n}", channel="phone")
        city.post("call.abandoned" if n else "call.answered", call_id=f"k{n}")
    city.turn()
    city.client.delete(city.keys.calls, city.keys.events)
    keep_seed(city.client, city.keys)
    city.case("c1")
    city.turn()
    archiver = archiver_of(city, folder)
    catch_up(archiver)
    return archiver


def test_calls_that_were_over_before_the_archive_are_counted_anew_from_its_beginning(
    city: TestCity, tmp_path: Path
) -> None:
    archiver = _after_calls(city, tmp_path)
    [file] = archiver.manifest.of("found_calls")
    before = _content(tmp_path, file)
    assert [(row["offered"], row["answered"], row["abandoned"]) for row in before] == [(3, 1, 2)]
    _spoil(tmp_path, file)
    mender = Repair(tmp_path, archiver.manifest, city.keys, city.client)
    assert "made anew, 1 rows" in mender.file(file)
    [again] = mender.manifest.of("found_calls")
    assert _content(tmp_path, again) == before
    assert check(tmp_path, mender.manifest) == []


def test_without_the_beginning_it_is_said_which_calls_are_lost(city: TestCity, tmp_path: Path) -> None:
    archiver = _after_calls(city, tmp_path)
    [file] = archiver.manifest.of("found_calls")
    for lost in (file, next(one for one in archiver.manifest.of("checkpoints") if one.last == file.last)):
        _spoil(tmp_path, lost)
    mender = Repair(tmp_path, archiver.manifest, city.keys, city.client)
    assert "calls that were over when the archive began are missing" in mender.file(file)
    assert mender.manifest.of("found_calls") == []


def test_where_the_log_no_longer_reaches_the_loss_is_said(city: TestCity, tmp_path: Path) -> None:
    archiver = _two_days(city, tmp_path)
    file = archiver.manifest.of("events")[0]
    _spoil(tmp_path, file)
    city.client.xtrim(city.keys.events, maxlen=1, approximate=False)
    mender = Repair(tmp_path, archiver.manifest, city.keys, city.client)
    assert "no longer reaches" in mender.file(file)
    assert load_for(tmp_path, city.keys.city, city.city.zone).aside == (file.path,)


def test_commands_import_prove_mend_and_copy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HEXWATCH_DATA", str(tmp_path / "data"))
    path = write_boston(tmp_path / "file.csv", 120)
    folder = tmp_path / "archive"

    def run(*words: str, code: int = 0) -> str:
        result = CliRunner().invoke(archive, [*words, "--folder", str(folder)])
        assert result.exit_code == code, result.output
        return result.output

    assert "cases in" in run("import", str(path), "--preset", "boston-311")
    assert "boston-311" in run("status")
    assert "counts and rows agree" in run("verify")
    spoilt = next((folder / "cases").rglob("*.parquet"))
    spoilt.write_bytes(b"not parquet")
    assert str(spoilt.relative_to(folder)) in run("verify", code=1)
    assert "made anew" in run("verify", "--repair")
    assert "rows of cases" in run(
        "export", str(tmp_path / "cases.csv"), "--from", "2011-08-27", "--until", "2011-08-28"
    )
    assert "rows of cases" in run("export", str(tmp_path / "cases.parquet"), "--format", "geoparquet")
    assert "one file a table" in run("compact")
    header, *lines = (tmp_path / "cases.csv").read_text().splitlines()
    assert header.startswith("case_id,")
    assert lines
