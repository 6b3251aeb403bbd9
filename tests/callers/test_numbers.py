"""Numbers: however they are written, one caller has one."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.callers.numbers import dialling_of, is_written_as_number, normal_number, tail_of
from geo.cities import load_city

BEIJING, BOSTON = (dialling_of(load_city(name)) for name in ("beijing", "boston"))


@pytest.mark.parametrize(
    ("written", "number"),
    [
        ("138 0013 8000", "+8613800138000"),
        ("+86 138-0013-8000", "+8613800138000"),
        ("0086 13800138000", "+8613800138000"),
        ("86 13800138000", "+8613800138000"),
        ("013800138000", "+8613800138000"),
        ("\uff11\uff13\uff18\uff10\uff10\uff11\uff13\uff18\uff10\uff10\uff10", "+8613800138000"),
        ("(010) 6555 1234", "+861065551234"),
        ("65551234", "+861065551234"),
        ("+86 (0)10 6555-1234", "+861065551234"),
        ("010-65551234转12", "+861065551234"),
        ("010-65551234 分机 12", "+861065551234"),
        ("0755-12345678", "+8675512345678"),
        ("+44 20 7946 0958", "+442079460958"),
        ("12345", "12345"),
        ("anonymous", ""),
        ("", ""),
        ("1" * 40, ""),
    ],
)
def test_numbers_of_beijing(written: str, number: str) -> None:
    assert normal_number(written, BEIJING) == number


@pytest.mark.parametrize(
    ("written", "number"),
    [
        ("617-555-0100", "+16175550100"),
        ("(617) 555-0100 x12", "+16175550100"),
        ("1 617 555 0100", "+16175550100"),
        ("+1-617-555-0100", "+16175550100"),
        ("011 86 10 6555 1234", "+861065551234"),
        ("555-0100", "5550100"),
        ("911", "911"),
    ],
)
def test_numbers_of_boston(written: str, number: str) -> None:
    assert normal_number(written, BOSTON) == number


@given(st.text(max_size=40))
def test_what_is_normal_stays_so(written: str) -> None:
    for dialling in (BEIJING, BOSTON):
        number = normal_number(written, dialling)
        assert normal_number(number, dialling) in (number, "")
        assert number.lstrip("+").isascii()
        assert number.lstrip("+").isdigit() or not number


@given(st.from_regex(r"1[3-9][0-9]{9}", fullmatch=True), st.lists(st.sampled_from(" -.()"), min_size=11, max_size=11))
def test_marks_between_digits_change_nothing(mobile: str, marks: list[str]) -> None:
    written = "".join(digit + mark for digit, mark in zip(mobile, marks, strict=True))
    assert normal_number(written, BEIJING) == "+86" + mobile
    assert tail_of("+86" + mobile) == mobile[-4:]


def test_what_is_typed_as_a_number() -> None:
    assert all(map(is_written_as_number, ("8000", "138 0013 8000", "+1 (617) 555-0100", "2026.03.04")))
    assert not any(map(is_written_as_number, ("", "800", "No 8000", "12 Main Street", "c-8000", "垃圾")))
