"""Telling others that a briefing is written: each webhook that asks for it once, with new tries until it takes it."""

from __future__ import annotations

import os
import random
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import redis
import structlog

from dashboard.blocking import run_blocking
from dashboard.briefing.document import Briefing
from dashboard.outgoing.deliveries import Delivery, Ledger, delivery_of
from dashboard.outgoing.hooks import BRIEFING, BadHooks, Hook, load_hooks, unlock
from dashboard.outgoing.posting import GONE, Answer, Wire
from dashboard.outgoing.webhooks import Pace, backoff_s, send
from streams.events import Envelope
from streams.keys import Keys

log = structlog.get_logger(__name__)

NOUN = "briefing-webhook"  # how far each hook has come with briefings; its dead letters stand with the others
PACE = Pace(first_s=30.0, most_s=3600.0)


def hooks_for_briefings(path: str) -> list[Hook]:
    """The hooks of a file that ask for briefings, with their secrets; none without a file, or with one of no use."""
    if not path:
        return []
    try:
        return [unlock(hook, os.environ) for hook in load_hooks(Path(path)) if hook.wants(BRIEFING)]
    except BadHooks as error:
        log.error("nobody is told of briefings", reason=str(error))
        return []


@dataclass
class Telling:
    """Who is told of the morning's briefing. It asks Redis from its own thread and posts from the thread pool."""

    client: redis.Redis
    keys: Keys
    hooks: Sequence[Hook]
    wire: Wire
    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    jitter: Callable[[], float] = random.random
    _again_at: dict[str, float] = field(default_factory=dict)

    def tell(self, briefing: Briefing, files: Iterable[Path]) -> None:
        """One try for each hook that has not taken this revision and whose next try is due."""
        names = sorted(path.name for path in files)
        for hook in self.hooks:
            ledger = Ledger(self.client, self.keys, hook.name, NOUN)
            delivery = self._delivery(hook, briefing, names, ledger.mode())
            is_early = self.wire.monotonic() < self._again_at.get(hook.name, 0.0)
            if (
                ledger.progress().at != delivery.entry_id
                and not is_early
                and not self._of_log(hook).progress().disabled
            ):
                answer = run_blocking(send, hook, delivery, self.wire, self.now())
                self._settle(hook, ledger, delivery, answer)

    def _of_log(self, hook: Hook) -> Ledger:
        return Ledger(self.client, self.keys, hook.name)

    def _settle(self, hook: Hook, ledger: Ledger, delivery: Delivery, answer: Answer) -> None:
        said = {"hook": hook.name, "delivery": delivery.id}
        if answer.is_taken:
            ledger.took(delivery, self.now())
            log.info("told of a briefing", **said)
            return
        if answer.status == GONE:
            self._of_log(hook).disable(f"HTTP {GONE} at {self.now().isoformat(timespec='seconds')}")
            log.warning("receiver is gone; webhook disabled", **said)
            return
        attempts = ledger.failed(answer.words)
        if attempts >= hook.attempts:
            self._of_log(hook).lose(delivery, answer.words, self.now())
            ledger.skip(delivery.entry_id)
            log.warning("delivery given up; it is in the dead letters", reason=answer.words, **said)
            return
        wait_s = backoff_s(attempts, PACE, self.jitter(), answer.retry_after_s)
        self._again_at[hook.name] = self.wire.monotonic() + wait_s
        log.info("delivery failed; trying again", again_in_s=round(wait_s), reason=answer.words, **said)

    def _delivery(self, hook: Hook, briefing: Briefing, names: list[str], mode: str) -> Delivery:
        """As of an event of the log, without a place in it: what the file allows of `data`, figures by their names."""
        name = f"{briefing.id}-r{briefing.revision}"
        data = {
            "briefing": briefing.id,
            "revision": briefing.revision,
            "span": briefing.span,
            "first": briefing.first,
            "last": briefing.last,
            "cut_off": briefing.cut_off,
            "figures": {figure: said.value for figure, said in briefing.figures.items()},
            "files": names,
        }
        event = Envelope(
            source="briefing",
            id=name,
            type=BRIEFING,
            occurred_at=briefing.cut_off,
            recorded_at=briefing.made_at,
            subject=f"briefing:{briefing.id}",
            data=data,
        )
        return delivery_of(hook, f"0-{name}", event, self.keys.city, mode)
