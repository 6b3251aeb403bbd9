"""The webhook process: each hook follows the log at its own pace, in order, and tells its receiver at least once.

A hook's cursor moves when its receiver has taken an event, or the event went to the hook's dead letters. A kill
between the two repeats a delivery under the same id. One thread per hook: a slow receiver delays nobody else.
"""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import Enum

import redis
import structlog

from dashboard.outgoing.deliveries import Delivery, Entry, Ledger, delivery_of
from dashboard.outgoing.hooks import Hook
from dashboard.outgoing.posting import GONE, Answer, Wire, post
from dashboard.outgoing.signing import DELIVERY_HEADER, SIGNATURE_HEADER, sign
from streams.codec import Malformed, decode_envelope
from streams.events import Envelope
from streams.keys import Keys

log = structlog.get_logger(__name__)

RETRY_S = 1.0
AFTER_FAULT_S = 5.0
BLOCK_MS = 250


class Step(Enum):
    """What one look at the log came to."""

    MOVED = "moved"
    IDLE = "idle"  # nothing new
    DISABLED = "disabled"  # or about to stop


@dataclass(frozen=True)
class Pace:
    """How long to wait after a failed try: doubling from `first_s`, at most `most_s`."""

    first_s: float = 1.0
    most_s: float = 300.0


def backoff_s(attempts: int, pace: Pace, jitter: float, asked_s: float = 0.0) -> float:
    """Seconds until the next try after `attempts` failed ones; `jitter` in [0, 1).

    Between half and all of the doubled step, so that receivers that fell together are not asked together; not
    before the receiver's own `Retry-After`, within reason.
    """
    step = min(pace.most_s, pace.first_s * 2.0 ** min(attempts - 1, 60))
    return max(step * (0.5 + jitter / 2), min(asked_s, pace.most_s))


def send(hook: Hook, delivery: Delivery, wire: Wire, now: datetime) -> Answer:
    """One signed try. The signature carries the time of this try, the delivery id that of all tries."""
    signature = sign(hook.secret, int(now.timestamp()), delivery.body)
    headers = {SIGNATURE_HEADER: signature, DELIVERY_HEADER: delivery.id, "User-Agent": "Hexwatch"}
    return post(hook, delivery.body, headers, wire)


def trial_delivery(hook: Hook, city: str, mode: str, now: datetime, new_id: str) -> Delivery:
    """A delivery that tells nothing: to see whether a receiver answers and accepts the signature."""
    event = Envelope(source="webhook", id=new_id, type="webhook.test", occurred_at=now, data={}, recorded_at=now)
    return delivery_of(hook, f"0-{new_id}", event, city, mode)


@dataclass
class Runner:
    """Delivers for one hook until `stop`."""

    hook: Hook
    ledger: Ledger
    stop: threading.Event
    wire: Wire
    pace: Pace = Pace()
    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    jitter: Callable[[], float] = random.random
    _at: str = field(default="", init=False)

    def run(self) -> None:
        """Go on for ever; neither Redis nor an error of ours ends it in silence."""
        while not self.stop.is_set():
            try:
                self._rest(self.step())
            except (redis.ConnectionError, redis.TimeoutError) as error:
                log.warning("redis does not answer; webhook waits", hook=self.hook.name, error=str(error))
                self._start_over(RETRY_S)
            except Exception:
                log.exception("webhook stumbled; it goes on from its cursor", hook=self.hook.name)
                self._start_over(AFTER_FAULT_S)

    def _rest(self, step: Step) -> None:
        if step is Step.IDLE:
            self.ledger.wait(self._at, BLOCK_MS)
        elif step is Step.DISABLED:
            self.stop.wait(RETRY_S)

    def _start_over(self, after_s: float) -> None:
        self._at = ""
        self.stop.wait(after_s)

    def step(self) -> Step:
        """Settle what follows the cursor, one batch."""
        if self.ledger.progress().disabled:
            return Step.DISABLED
        self._at = self._at or self.ledger.begin()
        look = self.ledger.read(self._at)
        if look.missing:
            log.warning("webhook lost events; it goes on with what there is", hook=self.hook.name, lost=look.missing)
            self.ledger.miss(look.missing, self.now())
            self._at = self._at if look.entries else look.end
        elif not look.entries:
            return Step.IDLE
        mode = self.ledger.mode()
        for entry in look.entries:
            if not self._settle(entry, mode):
                return Step.DISABLED
        self.ledger.skip(self._at)
        return Step.MOVED

    def _settle(self, entry: Entry, mode: str) -> bool:
        """Deliver one event if it is wanted; False when the hook must stop before it."""
        entry_id, raw = entry
        event = self._understood(entry_id, raw)
        if event is not None and self.hook.wants(event.type):
            delivery = delivery_of(self.hook, entry_id, event, self.ledger.keys.city, mode)
            if not self._deliver(delivery):
                return False
        self._at = entry_id
        return True

    def _understood(self, entry_id: str, raw: bytes) -> Envelope | None:
        try:
            return decode_envelope(raw)
        except Malformed as error:
            log.warning("entry of the log not understood", id=entry_id, reason=str(error))
            return None

    def _deliver(self, delivery: Delivery) -> bool:
        """Try until it is taken, dead or no longer ours to send. True: settled."""
        while not self.stop.is_set():
            answer = send(self.hook, delivery, self.wire, self.now())
            if answer.is_taken:
                self.ledger.took(delivery, self.now())
                return True
            if answer.status == GONE:
                self.ledger.disable(f"HTTP {GONE} at {self.now().isoformat(timespec='seconds')}")
                log.warning("receiver is gone; webhook disabled", hook=self.hook.name, delivery=delivery.id)
                return False
            attempts = self.ledger.failed(answer.words)
            said = {"hook": self.hook.name, "delivery": delivery.id, "reason": answer.words, "attempt": attempts}
            if attempts >= self.hook.attempts:
                self.ledger.bury(delivery, answer.words, self.now())
                log.warning("delivery given up; it is in the dead letters", **said)
                return True
            wait_s = backoff_s(attempts, self.pace, self.jitter(), answer.retry_after_s)
            log.info("delivery failed; trying again", again_in_s=round(wait_s, 1), **said)
            self.stop.wait(wait_s)
        return False


def run_webhooks(
    client: redis.Redis,
    keys: Keys,
    hooks: Sequence[Hook],
    stop: threading.Event,
    *,
    pace: Pace = Pace(),
    wire: Wire | None = None,
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
    jitter: Callable[[], float] = random.random,
) -> None:
    """Deliver for all hooks until `stop` is set. Run one such process per city: two would tell everything twice."""
    shared = wire or Wire(time.monotonic)
    threads = []
    for hook in hooks:
        runner = Runner(hook, Ledger(client, keys, hook.name), stop, shared, pace, now, jitter)
        thread = threading.Thread(target=runner.run, name=f"webhook-{hook.name}", daemon=True)
        thread.start()
        threads.append(thread)
        log.info("webhook follows the log", hook=hook.name, to=hook.origin, events=",".join(hook.events))
    stop.wait()
    for thread in threads:
        thread.join(timeout=_longest(hooks))


def _longest(hooks: Sequence[Hook]) -> float:
    return max((hook.timeout_s for hook in hooks), default=0.0) + RETRY_S
