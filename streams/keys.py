"""Names of all Redis keys: `hexwatch:{<city>}:<noun>[:<id>]`.

The braces are a cluster hash tag: all keys of a city live in one slot, so one transaction may touch them all.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

# Where documents that left the engine's memory wait for late facts: entity -> noun, one hash per day.
CLOSED_NOUNS = {"case": "closed", "incident": "closed-incidents"}
CITY_ID = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")


@dataclass(frozen=True)
class Keys:
    """All keys of one city. Raises ValueError for an id that could leave its hash tag."""

    city: str

    def __post_init__(self) -> None:
        if not CITY_ID.fullmatch(self.city):
            raise ValueError(f"city id {self.city!r}: use lower-case letters, digits and hyphens")

    def of(self, noun: str, *rest: str) -> str:
        return ":".join((f"hexwatch:{{{self.city}}}", noun, *rest))

    # streams
    @property
    def inbox(self) -> str:
        """Everything feeds and intake append; trimmed only below what engine and archive passed."""
        return self.of("inbox")

    @property
    def requests(self) -> str:
        """What operators ask for; read before the inbox at each turn."""
        return self.of("requests")

    @property
    def replies(self) -> str:
        """Answers to requests, tailed by the web processes; each also stands under `reply(id)` for a day."""
        return self.of("replies")

    @property
    def events(self) -> str:
        """Facts, entry id `<seq>-<index>`."""
        return self.of("events")

    @property
    def frames(self) -> str:
        """What changed on the screens, entry id `<seq>-0`."""
        return self.of("frames")

    @property
    def dead(self) -> str:
        """What could not be understood, with reason and original bytes."""
        return self.of("dead")

    # documents (hashes: id -> JSON)
    @property
    def cases(self) -> str:
        return self.of("cases")

    @property
    def incidents(self) -> str:
        return self.of("incidents")

    @property
    def units(self) -> str:
        return self.of("units")

    @property
    def hours(self) -> str:
        """UTC hour -> cases received per minute; the curve, the band and yesterday come from it."""
        return self.of("hours")

    @property
    def splits(self) -> str:
        """UTC hour -> category or area -> cases received per minute."""
        return self.of("splits")

    @property
    def calls(self) -> str:
        return self.of("calls")

    @property
    def agents(self) -> str:
        return self.of("agents")

    @property
    def alerts(self) -> str:
        return self.of("alerts")

    @property
    def notices(self) -> str:
        return self.of("notices")

    @property
    def quarters(self) -> str:
        """UTC quarter of an hour -> channel -> its calls, counted."""
        return self.of("quarters")

    @property
    def acts(self) -> str:
        """Person -> what they did last, so that they can undo it."""
        return self.of("acts")

    @property
    def sources(self) -> str:
        return self.of("sources")

    @property
    def held(self) -> str:
        """Entries that claim to happen in the near future, until due."""
        return self.of("held")

    @property
    def private(self) -> str:
        """Subject -> personal fields. Nothing else holds them."""
        return self.of("private")

    # the engine's own
    @property
    def position(self) -> str:
        """Hash: epoch, seq, stream positions, clock. Watched by every transaction."""
        return self.of("position")

    @property
    def lease(self) -> str:
        """Who is the active engine, for a few seconds; a courtesy to standbys, not the fence."""
        return self.of("lease")

    @property
    def grid(self) -> str:
        """List of every finest cell ever occupied; its index is the cell's number in frames."""
        return self.of("grid")

    @property
    def view_names(self) -> str:
        """Set of topic names that have a view."""
        return self.of("views")

    @property
    def access(self) -> str:
        """Hash: digest of an access key -> {name, role}."""
        return self.of("access")

    @property
    def archive(self) -> str:
        """Hash: how far the archive's files reach, and the range of the log that is being written."""
        return self.of("archive")

    def view(self, topic: str) -> str:
        """Hash: the committed picture of one topic, key -> JSON value."""
        return self.of("view", topic)

    def seen(self, day: str) -> str:
        """Set of digests of `source` + `id` taken on that UTC day."""
        return self.of("seen", day)

    def reply(self, request_id: str) -> str:
        return self.of("reply", request_id)

    def cursor(self, feed: str) -> str:
        """Hash: how far a feed has come; moved in the transaction that appends its entries."""
        return self.of("cursor", feed)
