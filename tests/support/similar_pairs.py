"""Pairs of reports of which it is known whether they are one matter: made of `similar_pairs.toml`, by a seed.

What a caller says is drawn from several ways to say it, with the small differences that real reports have (where
somebody stands, a greeting, widths of letters, traditional characters); place and time differ as they do between two
callers who see the same thing.
"""

from __future__ import annotations

import random
import tomllib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any, Literal, NamedTuple

import h3

from geo.features import METRES_PER_DEGREE
from hotline.similar.score import Report
from hotline.similar.text import words_of

FILE = Path(__file__).with_name("similar_pairs.toml")
NOON = datetime(2026, 3, 4, 4, 0, tzinfo=UTC)
CENTRE = (39.92, 116.44)
KINDS = {
    "same": 0.45,  # one matter, two callers
    "foreign": 0.05,  # the same, one in Chinese and one in English
    "opposite": 0.15,  # one says that it is over, or the other way round
    "number": 0.10,  # the same words about the next building, the next bus
    "elsewhere": 0.10,  # the same words from another street, or another part of the city
    "another": 0.15,  # the same place, another matter
}
Kind = Literal["same", "foreign", "opposite", "number", "elsewhere", "another"]


class Pair(NamedTuple):
    """Two reports, why they were made, and whether they are one matter."""

    kind: str
    one: Report
    other: Report
    texts: tuple[str, str]
    is_same: bool


@cache
def subjects(fit: bool) -> tuple[dict[str, Any], ...]:
    """The matters that weights are fitted on, or those that they are tested on."""
    with FILE.open("rb") as file:
        return tuple(s for s in tomllib.load(file)["subject"] if s.get("fit", False) is fit)


def pairs(n: int, seed: int, *, fit: bool = False) -> Iterator[Pair]:
    """`n` pairs of the subjects of one half."""
    draw = random.Random(seed)
    for number in range(n):
        kind = draw.choices(list(KINDS), list(KINDS.values()))[0]
        yield _MAKERS[kind](draw, subjects(fit), number)


def _same(draw: random.Random, known: tuple[dict[str, Any], ...], number: int) -> Pair:
    subject, lang = draw.choice(known), draw.choice(("zh", "en"))
    one, other = draw.sample(subject[lang], 2)
    return _pair(
        draw, "same", number, (one, other), (lang, lang), (subject["category"], _category(draw, subject)), True
    )


def _foreign(draw: random.Random, known: tuple[dict[str, Any], ...], number: int) -> Pair:
    subject = draw.choice(known)
    texts = draw.choice(subject["zh"]), draw.choice(subject["en"])
    return _pair(draw, "foreign", number, texts, ("zh", "en"), (subject["category"],) * 2, True)


def _opposite(draw: random.Random, known: tuple[dict[str, Any], ...], number: int) -> Pair:
    subject, lang = draw.choice(known), draw.choice(("zh", "en"))
    texts = draw.choice(subject[lang]), draw.choice(subject[f"{lang}_opposite"])
    made = _pair(draw, "opposite", number, texts, (lang, lang), (subject["category"],) * 2, False, is_over=True)
    return made if draw.random() < 0.8 else made._replace(one=made.other, other=made.one)


def _number(draw: random.Random, known: tuple[dict[str, Any], ...], number: int) -> Pair:
    subject, lang = draw.choice(known), draw.choice(("zh", "en"))
    what = draw.choice(_PLACES[lang])
    here, there = draw.sample(range(1, 20), 2)
    texts = tuple(what.format(n=n, text=draw.choice(subject[lang])) for n in (here, there))
    return _pair(draw, "number", number, (texts[0], texts[1]), (lang, lang), (subject["category"],) * 2, False)


def _elsewhere(draw: random.Random, known: tuple[dict[str, Any], ...], number: int) -> Pair:
    """The same words from far away; or another thing of the kind a few streets on, told in other words."""
    subject, lang = draw.choice(known), draw.choice(("zh", "en"))
    categories = (subject["category"],) * 2
    if draw.random() < 0.3:
        one, other = draw.sample(subject[lang], 2)
        away_m = draw.uniform(250, 500)
    else:
        one = other = draw.choice(subject[lang])
        away_m = draw.uniform(450, 8_000)
    return _pair(draw, "elsewhere", number, (one, other), (lang, lang), categories, False, away_m)


def _another(draw: random.Random, known: tuple[dict[str, Any], ...], number: int) -> Pair:
    """Of the same category for one in three: the neighbourhood has two troubles with its water at once."""
    subject, lang = draw.choice(known), draw.choice(("zh", "en"))
    spoken = lang if draw.random() < 0.75 else draw.choice(("zh", "en"))
    other = subject
    texts = subject[f"{spoken}_other"]
    if draw.random() >= 1 / 3:
        other = draw.choice([s for s in known if s["category"] != subject["category"]])
        texts = [*other[spoken], *other[f"{spoken}_other"]]
    said = draw.choice(subject[lang]), draw.choice(texts)
    return _pair(draw, "another", number, said, (lang, spoken), (subject["category"], other["category"]), False)


_MAKERS: dict[str, Any] = {
    "same": _same,
    "foreign": _foreign,
    "opposite": _opposite,
    "number": _number,
    "elsewhere": _elsewhere,
    "another": _another,
}
_PLACES = {
    "zh": ("我在{n}号楼，{text}", "{text}地点是{n}栋楼下。", "{n}单元，{text}", "{text}靠近{n}号院。"),
    "en": (
        "I live in building {n}. {text}",
        "{text} It is at gate {n}.",
        "Block {n}: {text}",
        "{text} I am at exit {n}.",
    ),
}
_GREETINGS = {
    "zh": ("", "", "您好，", "我反映一下，", "请问有人管吗？", "喂，你好，"),
    "en": ("", "", "Hello, ", "Good morning. ", "I want to report this: ", "Can somebody come? "),
}
_ENDINGS = {
    "zh": ("", "", "请尽快处理。", "麻烦派人来看看。", "希望有人管管。", "谢谢。"),
    "en": ("", "", " Please send somebody.", " Thanks.", " This has been so for a while.", " Please call me back."),
}
_THANKS = {"zh": ("", "谢谢。"), "en": ("", " Thanks.")}
_TRADITIONAL = str.maketrans(
    "灯红绿坏气电门开车楼号线这边过没无来时间点现经应该会场", "燈紅綠壞氣電門開車樓號線這邊過沒無來時間點現經應該會場"
)


def _pair(
    draw: random.Random,
    kind: str,
    number: int,
    texts: tuple[str, str],
    langs: tuple[str, str],
    categories: tuple[str, str],
    is_same: bool,
    away_m: float | None = None,
    is_over: bool = False,
) -> Pair:
    lat, lng = CENTRE[0] + draw.uniform(-0.1, 0.1), CENTRE[1] + draw.uniform(-0.1, 0.1)
    first = NOON + timedelta(seconds=draw.randrange(86_400))
    long_after = kind in ("another", "elsewhere") and draw.random() < 0.5
    later = first + timedelta(hours=draw.uniform(0, 72) if long_after else draw.expovariate(1 / 5))
    said = _as_said(draw, texts[0], langs[0]), _as_said(draw, texts[1], langs[1], is_over)
    there = _moved(draw, lat, lng, _apart_m(draw) if away_m is None else away_m)
    one = _report(f"p{number}a", categories[0], lat, lng, first, said[0], langs[0])
    other = _report(f"p{number}b", categories[1], *there, later, said[1], langs[1])
    return Pair(kind, one, other, (said[0], said[1]), is_same)


def _apart_m(draw: random.Random) -> float:
    """How far two callers about one thing are apart: mostly at it, some across the street, few along the block."""
    return abs(draw.gauss(0, draw.choices((30, 90, 180), (0.6, 0.3, 0.1))[0]))


def _moved(draw: random.Random, lat: float, lng: float, metres: float) -> tuple[float, float]:
    north = draw.uniform(-1, 1) * metres
    east = draw.choice((-1, 1)) * (metres**2 - north**2) ** 0.5
    return lat + north / METRES_PER_DEGREE, lng + east / (METRES_PER_DEGREE * 0.767)


def _as_said(draw: random.Random, text: str, lang: str, is_over: bool = False) -> str:
    """Nobody asks for help with what is over."""
    said = draw.choice(_GREETINGS[lang][: 4 if is_over else None]) + text
    said += draw.choice(_THANKS[lang] if is_over else _ENDINGS[lang])
    how = draw.random()
    if lang == "zh" and how < 0.1:
        return said.translate(_TRADITIONAL)
    if lang == "en" and how < 0.1:
        return said.upper() if how < 0.05 else "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in said)
    return said


def _category(draw: random.Random, subject: dict[str, Any]) -> str:
    """One in twelve agents files it under something else."""
    return "other" if draw.random() < 1 / 12 else subject["category"]


def _report(case_id: str, category: str, lat: float, lng: float, at: datetime, text: str, lang: str) -> Report:
    cell = h3.latlng_to_cell(lat, lng, 9)
    return Report(case_id, category, cell, lat, lng, at, words_of(text), language=lang)
