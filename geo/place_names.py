"""How names of places are compared: without case, accents or punctuation, Chinese by any of its characters."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

# Characters of scripts that are written without spaces: a name is found by any part of it.
_UNSPACED = r"\u3040-\u30ff\u3005\u3007\u3400-\u9fff"
_WORDS = re.compile(rf"[{_UNSPACED}]+|[^\W_{_UNSPACED}]+")
_APOSTROPHES = re.compile(r"(?<=\w)['’ʼ`´](?=\w)")
_HOUSE = re.compile(r"(\d+)\s*[号號栋座弄楼室院]+")
_IS_UNSPACED = re.compile(rf"[{_UNSPACED}]")

# Words of street names that are written short or long; either finds the other.
SHORT_FORMS = {
    "avenue": "ave",
    "boulevard": "blvd",
    "circle": "cir",
    "court": "ct",
    "drive": "dr",
    "east": "e",
    "highway": "hwy",
    "lane": "ln",
    "north": "n",
    "park": "pk",
    "parkway": "pkwy",
    "place": "pl",
    "plaza": "plz",
    "road": "rd",
    "saint": "st",
    "south": "s",
    "square": "sq",
    "street": "st",
    "terrace": "ter",
    "turnpike": "tpke",
    "west": "w",
}
_LONG_FORMS: dict[str, tuple[str, ...]] = {}
for _long, _short in SHORT_FORMS.items():
    _LONG_FORMS[_short] = (*_LONG_FORMS.get(_short, ()), _long)


def fold(text: str) -> str:
    """A text without case, accents, width variants and apostrophes inside words: `Xin’an Lù` -> `xinan lu`."""
    joined = _APOSTROPHES.sub("", text)
    if joined.isascii():
        return joined.lower()
    bare = "".join(c for c in unicodedata.normalize("NFKD", joined) if not unicodedata.combining(c))
    return unicodedata.normalize("NFC", bare).casefold()


def words(text: str) -> list[str]:
    """The words of a text, folded; a run of Chinese characters is one word. `12号院` says the number 12."""
    return _WORDS.findall(_HOUSE.sub(r" \1 ", fold(text)))


def phrase(found: list[str]) -> str:
    """Words as one text in which long forms became short: equal for `Main Street` and `MAIN ST.`"""
    return " ".join(SHORT_FORMS.get(word, word) for word in found)


def is_unspaced(word: str) -> bool:
    """Whether a word is of a script that is written without spaces."""
    return _IS_UNSPACED.match(word) is not None


def tokens(found: list[str]) -> Iterator[str]:
    """What a name is found by: its words, their other forms, and every tail of a run of Chinese characters.

    A name fits a typed word when one of these begins with it.
    """
    for word in found:
        if is_unspaced(word):
            yield from (word[start:] for start in range(len(word)))
            continue
        yield word
        if word in SHORT_FORMS:
            yield SHORT_FORMS[word]
        yield from _LONG_FORMS.get(word, ())
