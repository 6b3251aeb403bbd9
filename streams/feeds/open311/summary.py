"""What a run of the feed saw, in numbers, for people who look after it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta

from streams.events import Envelope
from streams.feeds.open311.envelopes import Report

NOTHING_NEW = "nothing new"
WORDS = {"case.received": "new", "case.amended": "changed", "case.closed": "closed", "case.reopened": "reopened"}


@dataclass
class Summary:
    """Counts of one run. Records are counted as often as they were read, events and dead letters once."""

    zone: str
    passes: int = 0
    questions: int = 0
    failures: int = 0
    services: int = 0
    records: int = 0
    dead: int = 0
    events: Counter[str] = field(default_factory=Counter)
    zones: Counter[str] = field(default_factory=Counter)
    unlocated: int = 0
    skew: timedelta = timedelta(0)
    incomplete: list[str] = field(default_factory=list)
    _said: Counter[str] = field(default_factory=Counter)
    _said_zones: set[str] = field(default_factory=set)

    def count(self, report: Report) -> None:
        """Take one version of a record."""
        self.records += 1
        self.unlocated += "lat" not in report.received.data
        if report.zone:
            self.zones[report.zone] += 1

    def told(self, envelopes: list[Envelope], dead: int) -> None:
        """Take what was appended."""
        self.events.update(envelope.type for envelope in envelopes)
        self.dead += dead

    def news(self) -> Iterator[str]:
        """Lines about what came since the last call; none when nothing did."""
        now = self.events + Counter({"dead": self.dead})
        new = now - self._said
        self._said = now
        words = [f"{n} {word}" for kind, word in (*WORDS.items(), ("dead", "malformed")) if (n := new[kind])]
        if words:
            yield ", ".join(words)
        for zone in sorted(self.zones.keys() - self._said_zones):
            self._said_zones.add(zone)
            yield self._zone_line(zone)

    def text(self) -> str:
        """The whole, for a terminal."""
        events = [f"{self.events[kind]} {word}" for kind, word in WORDS.items() if self.events[kind]]
        lines = [
            f"questions        {self.questions} in {self.passes} passes, {self.failures} without a usable answer",
            f"services         {self.services}",
            f"records read     {self.records}, {self.dead} more malformed",
            f"events           {', '.join(events) or NOTHING_NEW}",
            f"without place    {self.unlocated} of {self.records}",
        ]
        lines += [f"zones            {self._zone_line(zone)}" for zone in sorted(self.zones)]
        if self.skew:
            lines.append(f"server's clock   {self.skew.total_seconds():+.0f} s against ours")
        lines += [f"INCOMPLETE       {why}" for why in self.incomplete]
        return "\n".join(lines) + "\n"

    def _zone_line(self, zone: str) -> str:
        n = self.zones[zone]
        if zone == "none":
            return f"{n} records without a zone, read as {self.zone}"
        return f"{n} records with an offset that {self.zone} does not have on that day, taken as written"
