"""Numbers and names of parts that tell one thing from the next: building 3, bus 12, the east gate, exit B."""

from __future__ import annotations

import re
from collections.abc import Mapping

Marks = Mapping[str, frozenset[str]]  # kind of part -> which ones a report names

_DIGITS = {c: str(n) for n, c in enumerate("零一二三四五六七八九")} | {"两": "2", "〇": "0"}
_ZH_NUMBER = r"(?P<n>\d+|[零〇一二两三四五六七八九十百]+)"
_ZH_PARTS: tuple[tuple[str, str], ...] = (
    ("building", rf"{_ZH_NUMBER}(?:号楼|栋|幢|座|#楼|楼号)"),
    ("entrance", rf"{_ZH_NUMBER}(?:单元|号门)"),
    ("room", rf"{_ZH_NUMBER}(?:室|号房|户)(?!外|口)"),
    ("line", rf"{_ZH_NUMBER}(?:号线|路公交|路车|路巴士|路公共汽车|线公交)"),
    ("pole", rf"{_ZH_NUMBER}号(?:灯杆|杆|路灯|灯|井|闸|桩|箱)"),
    ("lift", rf"{_ZH_NUMBER}号(?:电梯|梯)"),
    ("exit", rf"(?:{_ZH_NUMBER}号|(?P<l>[a-h]))(?:出口|入口|口)"),
    ("building", r"(?P<l>[a-h])(?:座|栋|楼)"),
    ("house", rf"{_ZH_NUMBER}号(?!楼|院?线|线|门|房|灯|杆|井|闸|桩|箱|电梯|梯|路灯|出口|入口|口)"),
)
_NAMES = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")
_PLACES = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth")
_EN_WORDS = {name: str(n) for n, name in enumerate(_NAMES)} | {name: str(n) for n, name in enumerate(_PLACES, 1)}
_EN_NUMBER = rf"(?P<n>\d+[a-z]?|{'|'.join(_EN_WORDS)}|[a-h])\b"
_EN_PARTS: tuple[tuple[str, str], ...] = (
    ("building", rf"\b(?:building|block|tower) (?:no\.? ?|number |#)?{_EN_NUMBER}"),
    ("entrance", rf"\b(?:entrance|unit|gate|staircase) (?:no\.? ?|number |#)?{_EN_NUMBER}"),
    ("room", rf"\b(?:room|apartment|apt\.?|flat) (?:no\.? ?|number |#)?{_EN_NUMBER}"),
    ("line", rf"\b(?:bus|line|route|tram) (?:no\.? ?|number |#)?{_EN_NUMBER}"),
    ("pole", r"\b(?:pole|lamp ?post|lamp|hydrant|manhole|bin|bench) (?:no\.? ?|number |#)?(?P<n>\d+[a-z]?)\b"),
    ("lift", r"\b(?:lift|elevator|escalator) (?:no\.? ?|number |#)?(?P<n>\d+|[a-h])\b"),
    ("exit", rf"\b(?:exit|platform|stop) (?:no\.? ?|number |#)?{_EN_NUMBER}"),
    (
        "house",
        r"\b(?P<n>\d+[a-z]?) (?:[a-z]+ ){1,3}"
        r"(?:street|st|road|rd|avenue|ave|lane|boulevard|blvd|drive|way|place|alley)\b",
    ),
    ("house", r"\b(?:house|no\.?|number) ?(?P<n>\d+[a-z]?)\b"),
)
_SIDES = {"东": "east", "西": "west", "南": "south", "北": "north", "左": "left", "右": "right"}
_ZH_SIDE = re.compile(r"(?P<side>[东西南北左右])(?P<of>门|侧|口|区|广场|出口|入口|塔|楼|梯)")
_ZH_OF = {
    "门": "gate",
    "侧": "side",
    "口": "exit",
    "区": "part",
    "广场": "square",
    "出口": "exit",
    "入口": "entrance",
    "塔": "tower",
}
_EN_SIDE = re.compile(
    r"\b(?P<side>north|south|east|west|left|right)(?:ern)?(?:-hand)? "
    r"(?P<of>gate|side|exit|entrance|part|square|tower|wing|end|door|lane)\b"
)
_BOUND = re.compile(r"\b(?P<side>north|south|east|west)(?:-| )?bound\b")
_COMPILED = {
    "han": tuple((kind, re.compile(pattern)) for kind, pattern in _ZH_PARTS),
    "latin": tuple((kind, re.compile(pattern)) for kind, pattern in _EN_PARTS),
}


def marks_of(text: str, script: str) -> Marks:
    """The parts that a plain text names, by kind. Times, durations and floors are none."""
    found: dict[str, set[str]] = {}
    for kind, pattern in _COMPILED.get(script, ()):
        for part in pattern.finditer(text):
            said = part.groupdict()
            found.setdefault(kind, set()).add(_number(said.get("n") or said.get("l") or ""))
    for kind, side in _sides(text, script):
        found.setdefault(kind, set()).add(side)
    return {kind: frozenset(which) for kind, which in found.items()}


def _sides(text: str, script: str) -> list[tuple[str, str]]:
    if script == "han":
        return [(_ZH_OF.get(p["of"], p["of"]) + " of", _SIDES[p["side"]]) for p in _ZH_SIDE.finditer(text)]
    if script == "latin":
        named = [(p["of"] + " of", p["side"]) for p in _EN_SIDE.finditer(text)]
        return named + [("bound", p["side"]) for p in _BOUND.finditer(text)]
    return []


def other_thing(one: Marks, other: Marks) -> str:
    """The first kind of part of which both name some and share none, or ""."""
    return next((kind for kind in sorted(one.keys() & other.keys()) if one[kind].isdisjoint(other[kind])), "")


def _number(said: str) -> str:
    """A number in digits, however it was written: 十二, twelve and 012 are 12."""
    if said in _EN_WORDS:
        return _EN_WORDS[said]
    if said and said[0] in "零〇一二两三四五六七八九十百":
        return _from_chinese(said)
    return said.lstrip("0") or said


def _from_chinese(said: str) -> str:
    if "十" not in said and "百" not in said:
        return "".join(_DIGITS[c] for c in said)
    total, digit = 0, 0
    for c in said:
        if c == "百":
            total, digit = total + (digit or 1) * 100, 0
        elif c == "十":
            total, digit = total + (digit or 1) * 10, 0
        else:
            digit = int(_DIGITS[c])
    return str(total + digit)
