"""A personal field in an event of any type, known or not to that type, is told by nothing that leaves the city."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import pyarrow.parquet as parquet
import pytest

from dashboard.briefing.document import Rules, make_briefing
from dashboard.briefing.period import Span, period_of
from dashboard.engine.decide import OWN
from dashboard.health import health
from emergency.plans import load_plans
from emergency.segments import load_target_file
from streams.archive.view import Archive
from streams.events import PRIVATE_FIELDS, TYPES, Payload
from tests.api.conftest import Door
from tests.api.test_planted_values import AS_CAME, flat
from tests.support.archives import archiver_of, catch_up
from tests.support.engines import NOON, everything

MARK = b"qvzx"  # in every planted word, and in nothing else
BESIDE = {"call.said": ("translated",), "case.answered": ("answer",)}  # personal under a name of their own
BEGINNINGS = ("received", "listed", "offered", "issued", "published", "raised", "opened", "reported", "flagged")
KNOWN: dict[str, dict[str, Any]] = {
    "agent.changed": {"state": "available"},
    "caller.flagged": {"until": NOON + timedelta(days=3)},
}


def planted_in(type_: str, number: int) -> dict[str, str]:
    """The personal fields of one event, each with a value of its own."""
    words = sorted((PRIVATE_FIELDS | {*BESIDE.get(type_, ())}) - {"phone"})
    return {name: f"{MARK.decode()}{number}{name}" for name in words} | {"phone": phone_of(number)}


def phone_of(number: int) -> str:
    return f"617555{number:04d}"


def least_of(type_: str, payload: type[Payload]) -> dict[str, Any]:
    """What an event of this type must say, and no more."""
    values: dict[type, Any] = {
        msgspec.inspect.StrType: "one",
        msgspec.inspect.IntType: 2,
        msgspec.inspect.FloatType: 42.35,
        msgspec.inspect.BoolType: True,
        msgspec.inspect.DateTimeType: NOON + timedelta(hours=3),
        msgspec.inspect.DictType: {"en": "Works"},
        msgspec.inspect.VarTupleType: ["one"],
    }
    told = msgspec.inspect.type_info(payload)
    assert isinstance(told, msgspec.inspect.StructType)
    return {field.name: values[type(field.type)] for field in told.fields if field.required} | KNOWN.get(type_, {})


def plant(door: Door) -> dict[str, int]:
    """One event of every type, those that begin something first; the number of each."""
    city, numbers = door.city, {}
    ordered = sorted(TYPES, key=lambda type_: (type_.partition(".")[2] not in BEGINNINGS, type_))
    for number, type_ in enumerate(ordered):
        numbers[type_] = number
        source = "warner" if type_.startswith("warning.") else "planter"
        city.post(type_, source=source, **least_of(type_, TYPES[type_]) | planted_in(type_, number))
        city.turn()
    door.settle()
    return numbers


def told_by(door: Door) -> Iterator[bytes]:
    """What the API answers to those who may not know, what lists and exports say to anybody, and the metrics."""
    door.app.register_blueprint(health(door.city.client, door.city.keys, lambda: 0.0, lambda: 0))
    blind = (
        "/picture",
        "/cases",
        "/cases/one",
        "/cases/one/history",
        "/incidents",
        "/incidents/one",
        "/units",
        "/tasks",
    )
    shared = ("/cases/rows?list=open", "/worklists", "/situations", "/matters", "/warnings", "/channels", "/hospitals")
    for role, paths in {"viewer": blind, "hotline": shared}.items():
        for path in paths:
            yield answered(door, path, role)
    for form in ("csv", "html", "xlsx"):
        sheet = answered(door, f"/cases/export.{form}?list=open", "hotline")
        yield from unpacked(sheet) if form == "xlsx" else [sheet]
    yield door.client.get("/metrics").get_data()


def answered(door: Door, path: str, role: str) -> bytes:
    answer = door.get(path, role)
    assert answer.status_code == 200, (path, answer.get_data())
    return answer.get_data()


def unpacked(workbook: bytes) -> Iterator[bytes]:
    with zipfile.ZipFile(io.BytesIO(workbook)) as parts:
        yield from (parts.read(name) for name in parts.namelist())


def archived(door: Door, folder: Path) -> Iterator[bytes]:
    """Every file of an archive that took all of it, and the briefing of the day made from that."""
    catch_up(archiver_of(door.city, folder))
    for path in folder.rglob("*"):
        if path.suffix == ".parquet":
            yield repr(parquet.read_table(path).to_pylist()).encode()
        elif path.is_file():
            yield path.read_bytes()
    city = door.city.city
    period = period_of(Span.DAY, NOON.date(), city.zone, None)
    with Archive(folder).view() as view:
        briefing = make_briefing(view, city, period, Rules(load_plans(), load_target_file(), {}), NOON, "")
    yield msgspec.json.encode(briefing)


def found_in(texts: Iterable[bytes], numbers: Iterable[int]) -> list[str]:
    whole = b"\n".join(texts)
    phones = [phone_of(number) for number in numbers if phone_of(number).encode() in whole]
    return [*phones, *([f"…{whole[at - 60 : at + 40]!r}"] if (at := whole.find(MARK)) >= 0 else [])]


def test_a_personal_field_of_any_event_type_is_told_by_nothing(
    door: Door, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    numbers = plant(door)
    recorded = {fact["type"] for fact in door.city.events(alarms=True)}
    missing = TYPES.keys() - recorded
    # Nobody outside may tell of these, nor tell a live city the time.
    assert {TYPES[type_].ENTITY for type_ in missing} <= OWN | {"clock"}, sorted(missing)
    stored = everything(door.city.client, door.city.keys)
    for key, value in stored.items():
        noun, texts = key.split(":")[2], list(flat(value))
        if noun == "private":
            assert MARK in b"".join(texts)  # they were planted, and kept apart
            texts = [text.replace(MARK, b"") for text in texts]
        assert noun in AS_CAME or not found_in(texts, numbers.values()), noun
    assert found_in(told_by(door), numbers.values()) == []
    assert found_in(archived(door, tmp_path / "archive"), numbers.values()) == []
    logged = capfd.readouterr()
    assert found_in([logged.out.encode(), logged.err.encode()], numbers.values()) == []
