"""What a publishing verb sees of a city, and arguments that it grants."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import msgspec

from dashboard.engine.publish_verbs import PUBLISH_VERBS
from dashboard.engine.request import Request
from emergency.alerts import Alert, fold_alert
from geo.cities import City, load_city
from hotline.notices import Notice, fold_notice
from streams.events import AlertPayload, Payload, Recording
from tests.support.engines import CORNER, NOON

LAT, LNG = CORNER
SQUARE = [[LAT, LNG], [LAT, LNG + 0.01], [LAT + 0.01, LNG + 0.01], [LAT + 0.01, LNG]]


def said(at: datetime) -> str:
    return at.isoformat()


def info(**more: Any) -> dict[str, Any]:
    return {
        "event": "Gas leak",
        "language": "en-US",
        "categories": ["Safety"],
        "response_types": ["Evacuate"],
        "urgency": "Immediate",
        "severity": "Severe",
        "certainty": "Observed",
        "expires_at": said(NOON + timedelta(hours=3)),
        "headline": "Gas leak in Roxbury",
        "areas": [area()],
        **more,
    }


def area(**more: Any) -> dict[str, Any]:
    return {"description": "Roxbury", "polygons": [SQUARE], **more}


def notice(**more: Any) -> dict[str, Any]:
    return {
        "kind": "closure",
        "starts_at": said(NOON + timedelta(hours=1)),
        "ends_at": said(NOON + timedelta(days=1)),
        "titles": {"en": "Bridge closed", "es": "Puente cerrado"},
        "polygons": [SQUARE],
        **more,
    }


@dataclass
class Desk:
    """The documents that verbs decide on, folded from what they decided before."""

    city: City = field(default_factory=lambda: load_city("boston"))
    now: datetime = NOON
    alerts: dict[str, Alert] = field(default_factory=dict)
    notices: dict[str, Notice] = field(default_factory=dict)
    seq: int = 0
    _numbers: Any = field(default_factory=lambda: itertools.count(1))

    def ask(self, verb: str, request_id: str = "", if_version: int | None = None, **args: Any) -> list[Payload]:
        """Decide and record; raises Refused."""
        request = Request(
            request_id=request_id or f"r-{next(self._numbers)}",
            verb=verb,
            actor="ann",
            role="leader",
            valid_until=self.now,
            args=msgspec.json.decode(msgspec.json.encode(args)),
            if_version=if_version,
        )
        facts: list[Payload] = PUBLISH_VERBS[verb](self, request)
        for fact in facts:
            self.record(fact)
        return facts

    def record(self, fact: Any, source: str = "desk") -> None:
        self.seq += 1
        recording = Recording(at=self.now, occurred_at=self.now, seq=self.seq, source=source)
        if isinstance(fact, AlertPayload):
            self.alerts[fact.alert_id] = fold_alert(self.alerts.get(fact.alert_id), fact, recording)  # type: ignore
        else:
            self.notices[fact.notice_id] = fold_notice(self.notices.get(fact.notice_id), fact, recording)  # type: ignore

    def alert(self, **more: Any) -> Alert:
        """Publish an alert; its document."""
        return self.alerts[self.ask("publish_alert", **{"infos": [info()], **more})[0].alert_id]  # type: ignore

    def notice(self, **more: Any) -> Notice:
        return self.notices[self.ask("publish_notice", **notice(**more))[0].notice_id]  # type: ignore
