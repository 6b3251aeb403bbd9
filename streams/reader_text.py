"""Text as overlapping pairs of characters, so that a full-text index finds parts of words in any script.

SQLite's own tokenizers cut at spaces, which Chinese does not write, and its trigrams miss words of two characters
such as 垃圾. Here "potholes" becomes `po ot th ho ol le es` and a search for "hole" the phrase `ho ol le`.
Tokens are joined by spaces for the `ascii` tokenizer, which takes every character beyond ASCII as part of a word.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

_RUNS = re.compile(r"[^\W_]+")
# At every character of a run: it and the next one; at the last one alone where single characters are words (any
# script but Latin), and a run of one character as it is. One pass in C: this is most of what indexing costs.
_TOKENS = re.compile(r"(?=([^\W_]{2}|(?<![^\W_])[^\W_](?![^\W_])|[^\W_\x00-\x7f](?![^\W_])))")
MAX_INDEXED = 4_000  # characters per field; what follows is kept and shown, but not found


def bigrams(text: str) -> str:
    """What the index holds of a text: per run of letters and digits its pairs, space-separated."""
    return " ".join(_TOKENS.findall(_fold(text[:MAX_INDEXED])))


def runs(text: str) -> list[str]:
    """The words of a text without case, accents or width variants."""
    return _RUNS.findall(_fold(text))


def match_expression(query: str, columns: Sequence[str] = ()) -> str | None:
    """FTS5 expression that finds texts holding every word of `query` as part of a word; None if it has no word.

    `columns` narrows the search to those fields. Only letters and digits reach the expression, always quoted.
    """
    words = runs(query)
    if not words:
        return None
    found = " AND ".join(_phrase(word) for word in dict.fromkeys(words))
    return f"{{{' '.join(columns)}}} : ({found})" if columns else found


def _fold(text: str) -> str:
    if text.isascii():
        return text.lower()
    bare = "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))
    return unicodedata.normalize("NFC", bare).casefold()


def _phrase(word: str) -> str:
    if len(word) > 1:
        return f'"{" ".join(word[i : i + 2] for i in range(len(word) - 1))}"'
    # A single Latin letter or digit must be a word of its own: as a beginning it would find half of all texts.
    return f'"{word}"' if word.isascii() else f'"{word}"*'
