"""What a body's system says of the cases that it was sent: asked again and again, told as facts of that body."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import msgspec
import redis
import structlog

from dashboard.open311.onwards.bodies import Body
from dashboard.open311.onwards.books import Book, Sent
from dashboard.open311.onwards.errands import NOWHERE, Errand
from dashboard.outgoing.deliveries import Ledger
from streams.events import CaseAccepted, CaseClosed, CaseHandled, CaseNoted, CasePayload, Envelope, type_of
from streams.feeds.open311.envelopes import STATUSES
from streams.feeds.open311.errors import NotNow
from streams.feeds.open311.http import Http
from streams.feeds.open311.parse import ID, parse_requests
from streams.feeds.open311.waits import wait_s
from streams.feeds.preset import normal

log = structlog.get_logger(__name__)

AT_ONCE = 50  # numbers in one question
MOST_MISSES = 20  # then a case that the body does not know is a dead letter
MOST_NOTE = 4_000
ALIVE = timedelta(seconds=240)  # a body whose server answers is not a silent source
AFTER_FAULT_S = 5.0

Values = Mapping[str, str | None]


def news(body: Body, sent: Sent, values: Values, now: datetime) -> tuple[list[Envelope], Sent, bool]:
    """(facts, what is known now, whether it is finished) after one answer about one case: pure."""
    status = STATUSES.get(normal(values.get("status") or "open"), "open")
    at = _when(values.get("updated_datetime"), now)
    payloads: list[CasePayload] = []
    if not sent.is_accepted:
        payloads.append(CaseAccepted(case_id=sent.case_id))
    note = (values.get("status_notes") or "").strip()[:MOST_NOTE]
    digest = hashlib.blake2b(note.encode("utf-8", "replace"), digest_size=8).hexdigest() if note else ""
    if note and digest != sent.notes:
        note_id = f"{body.source}:{sent.request_id}:{digest}"[:200]
        payloads.append(CaseNoted(case_id=sent.case_id, note_id=note_id, text=note))
    is_done = status == "closed"
    if is_done:
        payloads.append(CaseHandled(case_id=sent.case_id, result="closed"))
        payloads += [CaseClosed(case_id=sent.case_id)] if body.closes else []
    after = msgspec.structs.replace(sent, is_accepted=True, notes=digest or sent.notes, misses=0)
    return [_fact(body, sent, payload, digest, at) for payload in payloads], after, is_done


def _fact(body: Body, sent: Sent, payload: CasePayload, digest: str, at: datetime) -> Envelope:
    """Under an id that the same news has again, should it be told twice."""
    kind = type_of(type(payload))
    told = digest if isinstance(payload, CaseNoted) else ""
    return Envelope(
        source=body.source,
        id=":".join(filter(None, (sent.case_id, kind.partition(".")[2], sent.request_id, told)))[:200],
        type=kind,
        occurred_at=at,
        actor=body.agency,
        data=msgspec.to_builtins(payload),
    )


def _when(text: str | None, now: datetime) -> datetime:
    """The body's own time where it says one that can be, else now."""
    try:
        at = datetime.fromisoformat((text or "").strip())
    except ValueError:
        return now
    return at if at.tzinfo is not None and now - timedelta(days=30) < at <= now else now


@dataclass
class Follower:
    """Asks one body about its open cases until `stop`."""

    body: Body
    api_key: str
    book: Book
    ledger: Ledger
    http: Http
    stop: threading.Event
    now: Callable[[], datetime]
    draw: Callable[[], float]
    _failures: int = field(default=0, init=False)
    _spoke_at: datetime | None = field(default=None, init=False)

    def run(self) -> None:
        while not self.stop.is_set():
            try:
                self.step()
                self._failures, delay_s = 0, self.body.every_s
            except NotNow as error:
                self._failures += 1
                delay_s = wait_s(error, self._failures, self.draw())
                log.warning("a body does not answer", body=self.body.agency, reason=str(error), again_in_s=delay_s)
            except (redis.ConnectionError, redis.TimeoutError) as error:
                log.warning("redis does not answer", error=str(error))
                delay_s = AFTER_FAULT_S
            except Exception:
                log.exception("following a body stumbled; it goes on", body=self.body.agency)
                delay_s = AFTER_FAULT_S
            self.stop.wait(delay_s)

    def step(self) -> None:
        """Ask once about everything. Raises NotNow."""
        for case_id, sent in self.book.all().items():
            if not sent.request_id:
                self._redeem(case_id, sent)
        known = {sent.request_id: sent for sent in self.book.all().values() if sent.request_id}
        numbers = list(known)
        for start in range(0, len(numbers), AT_ONCE):
            self._look(known, numbers[start : start + AT_ONCE])
        if numbers:
            self._say_alive()

    def _redeem(self, case_id: str, sent: Sent) -> None:
        """A token for its number, once the body has made one."""
        try:
            rows = self._get(f"tokens/{sent.token}", {})
        except NotNow as error:
            if error.status not in (400, 404):
                raise
            rows = []
        number = next((text for values in rows if (text := (values.get(ID) or "").strip())), "")
        if number:
            self.book.keep(msgspec.structs.replace(sent, request_id=number, misses=0))
        else:
            self._missed([sent])

    def _look(self, known: Mapping[str, Sent], numbers: Sequence[str]) -> None:
        told: dict[str, Values] = {}
        for values in self._get("requests", {"service_request_id": ",".join(numbers)}):
            told[(values.get(ID) or "").strip()] = values
        facts: list[Envelope] = []
        changed: list[Sent] = []
        done: list[str] = []
        for number in numbers:
            if number in told:
                some, after, is_done = news(self.body, known[number], told[number], self.now())
                facts += some
                changed += [after] if after != known[number] and not is_done else []
                done += [after.case_id] if is_done else []
        if facts or changed or done:
            self.book.tell(facts, changed, done)
        self._missed([known[number] for number in numbers if number not in told])

    def _missed(self, lost: Iterable[Sent]) -> None:
        """What a body does not know it may know a minute later, but not for ever."""
        for sent in lost:
            after = msgspec.structs.replace(sent, misses=sent.misses + 1)
            if after.misses < MOST_MISSES:
                self.book.keep(after)
                continue
            number = sent.request_id or sent.token
            words = f"the body does not know its {'request' if sent.request_id else 'token'} {number[:100]}"
            delivery = Errand(sent.case_id, NOWHERE).delivery(self.book.keys.city, self.body.agency)
            self.ledger.lose(delivery, words, self.now())
            self.book.tell([], done=[sent.case_id])

    def _get(self, resource: str, asked: Mapping[str, str]) -> list[Values]:
        common = {"jurisdiction_id": self.body.jurisdiction, "api_key": self.api_key}
        given = {name: value for name, value in {**common, **asked}.items() if value}
        answer = self.http.get(f"{self.body.base}/{resource}.json", given)
        return [row.values or {} for row in parse_requests(answer.body, answer.content_type)]

    def _say_alive(self) -> None:
        now = self.now()
        if self._spoke_at is not None and now - self._spoke_at < ALIVE:
            return
        self._spoke_at = now
        source = self.body.source
        data: dict[str, Any] = {"feed": source}
        said = Envelope(
            source=source,
            id=f"{source}:polled:{now.isoformat()}",
            type="feed.polled",
            occurred_at=now,
            data=data,
            subject=f"feed:{source}",
        )
        self.book.tell([said])
