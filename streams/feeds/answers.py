"""What a preset makes of the records of a file, one by one and in the file's order."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

from streams.feeds.preset import Preset
from streams.feeds.records import Entry, Rejected, Translator
from streams.feeds.rows import RawRow, open_rows

TOLD_EVERY = 1_000  # rows


def answers(path: Path, preset: Preset, progress: Callable[[float], None]) -> Iterator[list[Entry] | Rejected]:
    """The answer to each record; `progress` hears the share of the file that was read. Raises FeedError for a file
    that does not fit the preset at all."""
    translator, occurrences = Translator(preset), Counter[bytes]()
    with open_rows(path, preset) as source:
        for number, row in enumerate(source.rows):
            if number % TOLD_EVERY == 0:
                progress(source.share())
            yield translate(translator, row, occurrences)
    progress(1.0)


def translate(translator: Translator, row: RawRow, occurrences: Counter[bytes]) -> list[Entry] | Rejected:
    """The answer to one record of the file; rows without id are told apart by counting equal ones."""
    if row.values is None:
        return Rejected(row.reason, row.raw)
    occurrence = 1
    fingerprint = translator.fingerprint(row.values)
    if fingerprint is not None:
        occurrences[fingerprint] += 1
        occurrence = occurrences[fingerprint]
    answer = translator.entries(row.values, occurrence)
    return Rejected(answer.reason, row.raw) if isinstance(answer, Rejected) else answer
