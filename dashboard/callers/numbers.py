"""Telephone numbers as people and systems write them, brought to one form, so that equal numbers are equal text."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from geo.cities import City

SHORTEST, LONGEST = 3, 15  # digits; E.164 allows 15
TAIL = 4
_EXTENSION = re.compile(r"(?:ext\.?|extension|x|#|;|,|转|轉|分机)\s*:?=?\s*\d*\s*$", re.IGNORECASE)
_NOT_A_NUMBER = re.compile(r"[^\d+]")
_MARKS = str.maketrans("", "", " -().")
_CHINESE_MOBILE = re.compile(r"1[3-9]\d{9}")
_WRITTEN = re.compile(r"[\d\s()+.\-/\u00b7\u2013\u2014]+")  # what a number is written with


@dataclass(frozen=True)
class Dialling:
    """How numbers are dialled in a city: country code, prefix abroad, prefix within the country, own area code."""

    country: str = ""
    abroad: str = "00"
    trunk: str = ""
    area: str = ""


_NORTH_AMERICA = Dialling("1", "011", "1")
# By the beginning of a city's time zone.
_BY_ZONE = {
    "Asia/Shanghai": Dialling("86", "00", "0"),
    "Asia/Urumqi": Dialling("86", "00", "0"),
    "America/": _NORTH_AMERICA,
    "US/": _NORTH_AMERICA,
}
_AREA_CODES = {"beijing": "10"}  # by the beginning of a city's id, where numbers are dialled without it


def dialling_of(city: City) -> Dialling:
    """How people of this city write their own numbers; of a country that is not known here digits stay as they are."""
    found = next((known for zone, known in _BY_ZONE.items() if city.zone.startswith(zone)), Dialling())
    area = next((code for name, code in _AREA_CODES.items() if city.id.startswith(name)), "")
    return Dialling(found.country, found.abroad, found.trunk, area)


def normal_number(written: str, dialling: Dialling) -> str:
    """The number as `+<country><number>` where that can be told, else its digits; empty when it is none.

    Extensions are left out: a switchboard is one caller. Short service numbers stay short.
    """
    bare = written.translate(_MARKS)
    if not (bare.isascii() and bare.isdigit()):  # most are plain, and the engine does this for every caller
        text = _EXTENSION.sub("", unicodedata.normalize("NFKC", written).strip())
        bare = "".join(map(_western, _NOT_A_NUMBER.sub("", text)))
    digits = bare.replace("+", "")
    if not SHORTEST <= len(digits) <= LONGEST + len(dialling.abroad):
        return ""
    if bare.startswith("+"):
        return "+" + _without_trunk(digits, dialling)
    if dialling.abroad and digits.startswith(dialling.abroad) and len(digits) > 10:
        return "+" + _without_trunk(digits.removeprefix(dialling.abroad), dialling)
    if dialling.country == "86":
        return _chinese(digits, dialling)
    if dialling.country == "1":
        return _north_american(digits)
    return digits


def tail_of(number: str) -> str:
    """The last four digits, empty when there are fewer."""
    return number[-TAIL:] if len(number.lstrip("+")) >= TAIL else ""


def is_written_as_number(text: str) -> bool:
    """Whether somebody who types this means a number, or its last four digits."""
    return bool(_WRITTEN.fullmatch(unicodedata.normalize("NFKC", text))) and sum(map(str.isdigit, text)) >= TAIL


def _without_trunk(digits: str, dialling: Dialling) -> str:
    """`+86 (0)10 …` is `+8610…`."""
    country, trunk = dialling.country, dialling.trunk
    if country == "86" and digits.startswith(country):
        return country + digits.removeprefix(country).lstrip(trunk)
    return digits


def _western(character: str) -> str:
    """A digit of any script as 0 to 9."""
    return str(unicodedata.decimal(character)) if character.isdecimal() else character


def _chinese(digits: str, dialling: Dialling) -> str:
    if digits.startswith("86") and _CHINESE_MOBILE.fullmatch(digits[2:]):
        return "+" + digits
    bare = digits.removeprefix("0")
    if _CHINESE_MOBILE.fullmatch(bare):
        return "+86" + bare
    if digits.startswith("0") and 9 <= len(bare) <= 11:  # area code of two or three digits and the number
        return "+86" + bare
    if dialling.area and len(digits) in (7, 8):
        return f"+86{dialling.area}{digits}"
    return digits


def _north_american(digits: str) -> str:
    if len(digits) == 11 and digits.startswith("1"):
        return "+" + digits
    return "+1" + digits if len(digits) == 10 else digits
