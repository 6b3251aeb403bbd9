"""The CAP feed at work: looks at its source, brings what is new into the inbox, and waits, longer when it fails."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import redis

from streams.feeds.cap.facts import SOURCE, facts_of
from streams.feeds.cap.fetch import FetchFailed
from streams.feeds.cap.ledger import Ledger
from streams.feeds.cap.sources import Offer, Source
from streams.feeds.cap.tree import Refused
from streams.keys import Keys

EVERY_S = 60.0
MOST_PAUSE_S = 900.0
MOST_MISSES = 3  # documents in a row that cannot be fetched: then the source itself is in trouble
# A source without news speaks this often all the same, or it would be taken for silent after ten minutes.
ALIVE_EVERY = timedelta(minutes=4)


@dataclass
class Look:
    """What one look at the source brought. `failed` says why it could not be read this time.

    `missed` documents could not be fetched and are tried again.
    """

    taken: int = 0
    events: int = 0
    dead: int = 0
    ignored: int = 0
    known: int = 0
    missed: int = 0
    misses_in_a_row: int = 0
    after_s: float = 0.0
    failed: str = ""
    notes: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        said = f"{self.taken} taken ({self.events} events), {self.ignored} ignored, {self.dead} dead letters"
        said += f", {self.missed} not reached" if self.missed else ""
        return f"{said}; failed: {self.failed}" if self.failed else said


def feed_name(source: str, place: str) -> str:
    """`<source>-<hash of the place>`: the same as long as both are, so a cursor never belongs to another place."""
    return f"{source}-{hashlib.blake2b(place.encode(), digest_size=6).hexdigest()}"


def open_ledger(
    client: redis.Redis, keys: Keys, place: str, now: Callable[[], datetime], source: str = SOURCE
) -> Ledger:
    """The ledger of one place. Raises redis errors."""
    return Ledger(client, keys, feed_name(source, place), source, now)


def look(source: Source, ledger: Ledger, missed: set[str] | None = None) -> Look:
    """Take what the source offers and the ledger does not know; each document is one commit.

    A document that cannot be understood goes to the dead letters, once; one that cannot be fetched now is tried at
    the next look, after the others (`missed` keeps their keys from look to look). What the source no longer has is
    forgotten, so the memory is as large as the source. Raises FeedTaken and redis errors.
    """
    said, again = Look(), set() if missed is None else missed
    offered: set[str] = set()
    try:
        for offer in _missed_last(source.offers(ledger.memory.keys()), again):
            offered.add(offer.key)
            if offer.key in ledger.memory:
                said.known += 1
            else:
                _take(offer, ledger, said, again)
    except FetchFailed as failure:
        said.failed, said.after_s = str(failure), max(said.after_s, failure.after_s)
    else:
        if source.is_whole:
            for key in ledger.memory.keys() - offered:
                ledger.forget(key)
            again &= offered
            ledger.commit()
    return said


def _missed_last(offers: Iterable[Offer], missed: set[str]) -> Iterator[Offer]:
    """A few addresses that never answer must not stand before those that do."""
    later = []
    for offer in offers:
        if offer.key in missed:
            later.append(offer)
        else:
            yield offer
    yield from later


def _take(offer: Offer, ledger: Ledger, said: Look, missed: set[str]) -> None:
    try:
        facts = facts_of(offer.read(), ledger.source)
    except FetchFailed as failure:
        _miss(offer, failure, said, missed)
        return
    except Refused as refused:
        ledger.bury(offer.raw(), f"{offer.name}: {refused}")
        said.dead += 1
        said.notes.append(f"{offer.name}: {refused}")
    else:
        for envelope in facts.envelopes:
            ledger.say(envelope)
        said.events += len(facts.envelopes)
        said.taken += not facts.ignored
        said.ignored += bool(facts.ignored)
        said.notes.extend(f"{offer.name}: {note}" for note in (*facts.notes, *filter(None, [facts.ignored])))
    missed.discard(offer.key)
    said.misses_in_a_row = 0
    ledger.remember(offer.key, ledger.now().isoformat())
    ledger.commit()


def _miss(offer: Offer, failure: FetchFailed, said: Look, missed: set[str]) -> None:
    missed.add(offer.key)
    said.missed += 1
    said.misses_in_a_row += 1
    said.after_s = max(said.after_s, failure.after_s)
    said.notes.append(f"{offer.name}: {failure}")
    if said.misses_in_a_row >= MOST_MISSES:
        raise FetchFailed(f"{said.misses_in_a_row} documents in a row cannot be read, the last: {failure}")


def pause_s(every_s: float, failures: int, after_s: float = 0.0) -> float:
    """Seconds until the next look: doubled with each failure in a row, as long as the source asks, a quarter hour at
    most unless the usual pause or the source's own wish is longer.
    """
    doubled = every_s * 2.0 ** min(failures, 30)
    return max(min(doubled, max(MOST_PAUSE_S, every_s)), after_s)


def watch(
    source: Source,
    opened: Callable[[], Ledger],
    *,
    wait: Callable[[float], None],
    stopping: Callable[[], bool],
    report: Callable[[Look], None] = lambda said: None,
    every_s: float = EVERY_S,
) -> None:
    """Look again and again until asked to stop. Raises FeedTaken when another process reads the same place.

    A source or a Redis that cannot be reached is tried again after `pause_s`; a broken connection may hide a commit
    that went through, so the ledger is then opened anew.
    """
    ledger: Ledger | None = None
    alive_at: datetime | None = None
    failures, missed = 0, set[str]()
    while not stopping():
        try:
            ledger = ledger or opened()
            said = look(source, ledger, missed)
            if not said.failed:
                alive_at = say_alive(ledger, alive_at)
        except redis.RedisError as error:
            ledger, said = None, Look(failed=f"Redis: {error}")
        failures = failures + 1 if said.failed else 0
        report(said)
        wait(pause_s(every_s, failures, said.after_s))


def say_alive(ledger: Ledger, before: datetime | None) -> datetime:
    now = ledger.now()
    if before is not None and now - before < ALIVE_EVERY:
        return before
    ledger.tell("polled")
    ledger.commit()
    return now
