"""Dispatched cases to the body that owns them: each one posted until it is taken, or visibly given up.

A crash between the body's answer and our note of it posts the case again, under the same `Idempotency-Key`. Dead
letters hold the number of the case and the reason, never its words: what is sent again is read anew.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import msgspec
import structlog

from dashboard.accounts.audit import Actor, Audit, Record
from dashboard.callers.sealing import Sealer, WrongKey
from dashboard.callers.stored import opened
from dashboard.open311.filing import MOST_DESCRIPTION
from dashboard.open311.onwards.bodies import DISPATCHED, PERSONAL, Body
from dashboard.open311.onwards.books import Book, Sent
from dashboard.open311.onwards.errands import Errand
from dashboard.outgoing.deliveries import Delivery, Entry
from dashboard.outgoing.posting import Answer, post
from dashboard.outgoing.webhooks import Runner, backoff_s
from hotline.cases import Case
from streams.events import CaseDispatched
from streams.feeds.open311.errors import NotNow
from streams.feeds.open311.parse import ID, parse_requests

log = structlog.get_logger(__name__)

MOST_ANSWER = 64 * 1024
LIVE = "live"
# Answers after which the same words will not be taken either.
HOPELESS = frozenset({400, 404, 405, 409, 410, 413, 415, 422})


@dataclass(kw_only=True)
class Sender(Runner):
    """Follows the log for one body."""

    body: Body
    api_key: str
    book: Book
    audit: Audit
    sealer: Sealer | None = None  # without it no number leaves

    def _settle(self, entry: Entry, mode: str) -> bool:
        entry_id, raw = entry
        event = self._understood(entry_id, raw)
        if event is not None and event.type == DISPATCHED and (mode == LIVE or self.body.simulation):
            told = msgspec.convert(event.data, CaseDispatched)
            if told.owner == self.body.agency and not self._pass_on(Errand(told.case_id, entry_id)):
                return False
        self._at = entry_id
        return True

    def _pass_on(self, errand: Errand) -> bool:
        """Post until it is taken, given up, or no longer theirs. True: settled."""
        delivery = errand.delivery(self.ledger.keys.city, self.body.agency)
        while not self.stop.is_set():
            reason, answer = self.attempt(errand, delivery)
            if not reason:
                self.ledger.took(delivery, self.now())
                return True
            attempts = self.ledger.failed(reason)
            said = {"body": self.body.agency, "case": errand.case_id, "reason": reason, "attempt": attempts}
            if attempts >= self.hook.attempts or answer is None or answer.status in HOPELESS:
                self.ledger.bury(delivery, reason, self.now())
                log.warning("a case could not be sent on; it is in the dead letters", **said)
                return True
            wait_s = backoff_s(attempts, self.pace, self.jitter(), answer.retry_after_s)
            log.info("sending on failed; trying again", again_in_s=round(wait_s, 1), **said)
            self.stop.wait(wait_s)
        return False

    def attempt(self, errand: Errand, delivery: Delivery) -> tuple[str, Answer | None]:
        """(why it was not taken, the answer) of one try; no answer when nothing was sent.

        No reason: it is with them, also from before, or moved on meanwhile.
        """
        case = self._case(errand.case_id)
        if case is None:
            return "the case is no longer in memory", None
        if case.owner != self.body.agency or not case.is_open or self.book.get(case.case_id) is not None:
            return "", None
        code = self.body.service_of(case.category)
        if not code:
            return f"no service of theirs for category {case.category!r}", None
        form = self._form(case, code)
        headers = {
            "Content-Type": "application/x-www-form-urlencoded",
            "Accept": "application/json",
            "Idempotency-Key": delivery.id,
            "User-Agent": "Hexwatch",
        }
        answer = post(self.hook, urlencode(form).encode(), headers, self.wire, MOST_ANSWER)
        return self._read(case, answer), answer

    def _read(self, case: Case, answer: Answer) -> str:
        """Note the number or token of an answer; why there is none."""
        if not answer.is_taken:
            return answer.words
        try:
            values = (parse_requests(answer.body)[0].values or {}) if answer.body else {}
        except (NotNow, IndexError) as error:
            return f"taken, but the answer is none of Open311: {error}"
        number, token = (values.get(ID) or "").strip(), (values.get("token") or "").strip()
        if not number and not token:
            return "taken, but neither service_request_id nor token came back"
        self.book.keep(Sent(case_id=case.case_id, request_id=number, token=token, sent_at=self.now()))
        return ""

    def _case(self, case_id: str) -> Case | None:
        raw: Any = self.ledger.client.hget(self.ledger.keys.cases, case_id)
        return msgspec.json.decode(raw, type=Case) if raw else None

    def _form(self, case: Case, code: str) -> dict[str, str]:
        """The standard's fields. That personal ones leave the house is written down before they do."""
        form = {"service_code": code, "api_key": self.api_key, "jurisdiction_id": self.body.jurisdiction}
        if case.lat is not None and case.lng is not None and case.cell:
            form |= {"lat": repr(case.lat), "long": repr(case.lng)}
        form |= self._personal(f"case:{case.case_id}")
        if "lat" not in form and "address_string" not in form:
            form["address_string"] = case.area or self.ledger.keys.city
        return {name: value for name, value in form.items() if value}

    def _personal(self, subject: str) -> dict[str, str]:
        raw: Any = self.ledger.client.hget(self.ledger.keys.private, subject)
        fields: Mapping[str, Any] = msgspec.json.decode(raw) if raw else {}
        if "phone" in self.body.fields:
            fields = {**fields, "phone": self._number(subject, fields)}
        sent = {name: str(fields[name]) for name in self.body.fields if fields.get(name)}
        if sent:
            by = Actor(f"onwards to {self.body.agency}", "process")
            self.audit.append(Record(by, "private.sent", subject, None, {"fields": sorted(sent)}))
        return {PERSONAL[name]: value[:MOST_DESCRIPTION] for name, value in sent.items()}

    def _number(self, subject: str, stored: Mapping[str, Any]) -> str:
        """The caller's number, which is kept sealed; a case goes on also where it cannot be opened."""
        try:
            return opened(self.sealer, subject, stored)
        except WrongKey as error:
            log.warning("a number cannot be opened and is not sent on", subject=subject, reason=str(error))
            return ""
