"""Sealed numbers: opened with the right key under the right subject, and by nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.callers.keys import FILE, sealer_of
from dashboard.callers.numbers import dialling_of
from dashboard.callers.sealing import Sealer, WrongKey
from dashboard.callers.stored import opened, told
from dashboard.settings import read_settings
from geo.cities import load_city

BEIJING = load_city("beijing")
KEY = b"one key of the tests, and a long one"
SEALER = Sealer(KEY, dialling_of(BEIJING))
NUMBER = "138 0013 8000"


@given(st.text(min_size=1, max_size=40), st.text(min_size=1, max_size=20))
def test_a_sealed_number_opens_under_its_subject_only(phone: str, subject: str) -> None:
    sealed = SEALER.seal(subject, phone)
    assert SEALER.open(subject, sealed) == phone
    with pytest.raises(WrongKey, match="another subject"):
        SEALER.open(subject + "!", sealed)


def test_the_record_holds_nothing_of_the_number() -> None:
    record = SEALER.sealed("case:1", {"phone": NUMBER, "name": "Miriam"})
    assert set(record) == {"phone", "caller", "tail", "name"}
    assert not any(part in str(record) for part in ("13800138000", "0013", "8000"))
    assert SEALER.sealed("case:1", {"phone": NUMBER})["phone"] != record["phone"]  # no two alike


def test_one_caller_has_one_name_however_the_number_is_written() -> None:
    record = SEALER.sealed("case:1", {"phone": NUMBER})
    assert record["caller"] == SEALER.caller_of("+86 13800138000") != SEALER.caller_of("13800138001")
    assert record["tail"] == SEALER.tail_of("8000") != SEALER.tail_of("8001")
    assert SEALER.caller_of("no number") == SEALER.tail_of("80") == ""


def test_another_key_finds_and_opens_nothing() -> None:
    other, record = Sealer(KEY[::-1], dialling_of(BEIJING)), SEALER.sealed("case:1", {"phone": NUMBER})
    assert other.caller_of(NUMBER) != record["caller"]
    with pytest.raises(WrongKey, match="another key"):
        other.open("case:1", record["phone"])
    altered = record["phone"][:-6] + ("A" if record["phone"][-6] != "A" else "B") + record["phone"][-5:]
    with pytest.raises(WrongKey, match="altered"):
        SEALER.open("case:1", altered)
    with pytest.raises(ValueError, match="at least 16"):
        Sealer(b"short")


def test_a_record_without_number_stays_as_it_is_and_old_clear_ones_can_be_read() -> None:
    assert SEALER.sealed("case:1", {"name": "Miriam"}) == {"name": "Miriam"}
    assert opened(SEALER, "case:1", {"phone": NUMBER}) == NUMBER


def test_of_a_case_four_digits_are_told_and_of_an_incident_the_number() -> None:
    fields = {"phone": NUMBER, "name": "Miriam"}
    case, incident = SEALER.sealed("case:1", fields), SEALER.sealed("incident:1", fields)
    assert told(SEALER, "case:1", case) == {"name": "Miriam", "caller": case["caller"], "tail": "8000"}
    assert told(SEALER, "incident:1", incident) == fields
    assert told(None, "incident:1", incident) == {"name": "Miriam"}


def test_the_key_is_made_once_and_only_its_owner_reads_it(tmp_path: Path) -> None:
    settings = read_settings({}, data=tmp_path)
    sealed = sealer_of(settings, BEIJING).seal("case:1", NUMBER)
    assert sealer_of(settings, BEIJING).open("case:1", sealed) == NUMBER
    assert (tmp_path / FILE).stat().st_mode & 0o777 == 0o600
    own = read_settings({"HEXWATCH_CALLER_KEY": "a key of my own, long"}, data=tmp_path / "other")
    with pytest.raises(WrongKey):
        sealer_of(own, BEIJING).open("case:1", sealed)
    assert not (tmp_path / "other").exists()
