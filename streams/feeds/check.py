"""What a feed would do with the first rows of a file, without doing it: for people who write a preset."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from pathlib import Path

from streams.events import Envelope
from streams.feeds.answers import translate
from streams.feeds.preset import Preset
from streams.feeds.records import Entry, Rank, Rejected, Translator
from streams.feeds.rows import Health, open_rows

WORDS = ("kind", "category", "channel", "language", "grade", "priority", "agency", "area", "unit_kind")
SHOWN = 12
EXAMPLES = 3


@dataclass(frozen=True)
class Word:
    """One value of the source: how often it came, what it becomes, whether the preset names it."""

    found: str
    becomes: str
    count: int
    named: bool


@dataclass(frozen=True)
class CheckReport:
    """What `check` saw. `columns` maps each field to the file's columns that fill it; `missing` has none of its own.

    Shares are of the records read well; `rejects` maps a reason to (count, bytes of the first such row).
    """

    path: Path
    preset: Preset
    rows: int
    columns: dict[str, tuple[str, ...]]
    missing: tuple[str, ...]
    unused: tuple[str, ...]
    events: dict[str, int]
    first_at: datetime | None
    last_at: datetime | None
    never_closed: int
    records: int
    unlocated: int
    flags: dict[str, int]
    words: dict[str, tuple[Word, ...]]
    rejects: dict[str, tuple[int, bytes]]
    examples: tuple[Envelope, ...]
    refused_at: int | None

    @property
    def rejected(self) -> int:
        return sum(count for count, _ in self.rejects.values())

    def text(self) -> str:
        """The report for a terminal."""
        return "\n".join(_lines(self)) + "\n"

    __str__ = text


def check(path: Path, preset: Preset, rows: int = 1000) -> CheckReport:
    """Read the first `rows` records as the feed would. Raises FeedError for a file that does not fit at all."""
    translator = Translator(preset)
    seen = _Seen(translator)
    with open_rows(path, preset) as source:
        occurrences: Counter[bytes] = Counter()
        health = Health()
        for number, row in enumerate(islice(source.rows, rows), 1):
            answer = translate(translator, row, occurrences)
            seen.take(number, row.values or {}, answer)
            if health.is_lost(isinstance(answer, Rejected)) and seen.refused_at is None:
                seen.refused_at = number
        header = source.header
    return seen.report(path, header)


class _Seen:
    """Counts while the rows go by."""

    def __init__(self, translator: Translator) -> None:
        self.translator = translator
        self.rows = 0
        self.columns: Counter[str] = Counter()
        self.filled: Counter[str] = Counter()
        self.events: Counter[str] = Counter()
        self.flags: Counter[str] = Counter()
        self.words: dict[str, Counter[str]] = {}
        self.rejects: dict[str, tuple[int, bytes]] = {}
        self.times: list[datetime] = []
        self.located: dict[str, bool] = {}
        self.closed: set[str] = set()
        self.ids: set[str] = set()
        self.examples: list[Envelope] = []
        self.refused_at: int | None = None

    def take(self, number: int, values: dict[str, str | None], answer: list[Entry] | Rejected) -> None:
        self.rows = number
        for name, value in values.items():
            self.columns[name] += 1
            self.filled[name] += bool(value and value.strip())
        if isinstance(answer, Rejected):
            count, raw = self.rejects.get(answer.reason, (0, answer.raw))
            self.rejects[answer.reason] = count + 1, raw
            return
        self._take_words(values)
        for entry in answer:
            if entry.envelope.id not in self.ids:
                self.ids.add(entry.envelope.id)
                self._take_entry(entry)

    def _take_words(self, values: dict[str, str | None]) -> None:
        for field in WORDS:
            if field in self.translator.columns and (found := self.translator.value(values, field)):
                self.words.setdefault(field, Counter())[found] += 1

    def _take_entry(self, entry: Entry) -> None:
        envelope = entry.envelope
        self.events[envelope.type] += 1
        self.times.append(entry.occurred_at)
        self.flags.update(envelope.flags or ())
        if entry.rank is Rank.RECEIVED:
            self.located[entry.record] = "lat" in envelope.data
        if entry.rank in (Rank.CLOSED, Rank.CLEARED) and not entry.expired:
            self.closed.add(entry.record)
        if len(self.examples) < EXAMPLES:
            self.examples.append(envelope)

    def report(self, path: Path, header: Iterable[str]) -> CheckReport:
        present = set(header) | set(self.columns)
        wanted = self.translator.columns
        columns = {field: tuple(name for name in names if name in present) for field, names in wanted.items()}
        used = {name for names in wanted.values() for name in names}
        return CheckReport(
            path=path,
            preset=self.translator.preset,
            rows=self.rows,
            columns=columns,
            missing=tuple(field for field, names in columns.items() if not names),
            unused=tuple(sorted(present - used)),
            events=dict(sorted(self.events.items())),
            first_at=min(self.times, default=None),
            last_at=max(self.times, default=None),
            never_closed=len(self.located) - len(self.closed),
            records=len(self.located),
            unlocated=sum(not located for located in self.located.values()),
            flags=dict(self.flags),
            words={field: self._translated(field) for field in self.words},
            rejects=self.rejects,
            examples=tuple(self.examples),
            refused_at=self.refused_at,
        )

    def _translated(self, field: str) -> tuple[Word, ...]:
        name = self.translator.columns[field][0]
        return tuple(
            Word(found, self.translator.word({name: found}, field), count, self.translator.maps(field, found))
            for found, count in self.words[field].most_common()
        )


# as text


def _lines(report: CheckReport) -> list[str]:
    preset = report.preset
    lines = [
        f"{report.path.name} with preset {preset.name} ({preset.record} records of {preset.city}, {preset.zone})",
        f"rows read        {report.rows}, {report.rejected} of them malformed",
        f"events           {', '.join(f'{n} {kind}' for kind, n in report.events.items()) or 'none'}",
        f"time range       {_local(report.first_at, preset)} to {_local(report.last_at, preset)} (city time)",
        f"without place    {_of(report.unlocated, report.records)}",
        f"no closing given {_of(report.never_closed, report.records)}{_expiry(preset)}",
    ]
    lines += [f"flagged          {n} {flag}" for flag, n in report.flags.items()]
    lines += ["", "columns"]
    lines += [f"  {field:<12} {', '.join(names) or 'NOT IN THIS FILE'}" for field, names in report.columns.items()]
    lines += [f"  {field:<12} no column in the preset" for field in preset.fields if field not in report.columns]
    lines += [f"  not used     {', '.join(report.unused)}"] if report.unused else []
    for field, words in report.words.items():
        lines += ["", *_word_lines(field, words, bool(preset.values.get(field)))]
    lines += ["", "first events"]
    lines += [f"  {_local(e.occurred_at, preset)}  {e.type}  {e.id}  {_public(e)}" for e in report.examples]
    return lines + _reject_lines(report)


def _word_lines(field: str, words: tuple[Word, ...], has_values: bool) -> list[str]:
    new = sum(not word.named for word in words)
    heading = f"{field}: {len(words)} different" + (f", {new} that values.{field} does not name" if has_values else "")
    lines = [heading]
    for word in words[:SHOWN]:
        mark = "" if word.named or not has_values else "   NEW"
        shown = word.found if word.found == word.becomes else f"{word.found} -> {word.becomes}"
        lines.append(f"  {word.count:>7}  {shown}{mark}")
    return lines + ([f"           and {len(words) - SHOWN} more"] if len(words) > SHOWN else [])


def _reject_lines(report: CheckReport) -> list[str]:
    if not report.rejects:
        return []
    lines = ["", f"malformed: {report.rejected} rows, kept as dead letters"]
    for reason, (count, raw) in sorted(report.rejects.items(), key=lambda kv: -kv[1][0])[:SHOWN]:
        lines += [f"  {count:>7}  {reason}", f"           {raw[:100].decode('utf-8', 'backslashreplace').rstrip()}"]
    if report.refused_at is not None:
        lines.append(f"A replay would refuse this file: at row {report.refused_at} most of the rows were malformed.")
    return lines


def _public(envelope: Envelope) -> str:
    """What the event says, shortly and without the personal fields."""
    hidden = {"address", "text", "case_id", "incident_id", "unit_id"}
    return ", ".join(f"{k} {v}" for k, v in envelope.data.items() if k not in hidden)


def _local(at: datetime | None, preset: Preset) -> str:
    return "none" if at is None else at.astimezone(preset.tz).strftime("%Y-%m-%d %H:%M:%S")


def _of(n: int, total: int) -> str:
    """A share stands beside its numbers; of fewer than 20 none is shown."""
    return f"{n} of {total}" + (f" ({n / total:.1%})" if total >= 20 else "")


def _expiry(preset: Preset) -> str:
    hours = preset.expires_after_h
    return "" if hours is None else f"; they expire {hours:g} h after the last stamp"
