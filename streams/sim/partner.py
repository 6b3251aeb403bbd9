"""A partner of the simulated city: an app whose reports come through its own Open311 server, a few every minute."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta

import numpy as np

from streams.sim.contacts import MINUTE_MS, Contact, Contacts, Demand
from streams.sim.laws import Laws
from streams.sim.open311_server import Open311Server, PublishedReport
from streams.sim.randomness import stream
from streams.sim.scenes import Report, Scene
from streams.sim.steps import instant, milliseconds
from streams.sim.texts import Words

SHARE = Demand(surge=0.02)  # of the hotline's contacts
KEPT = timedelta(hours=24)  # of published reports
CLOSED_AFTER = timedelta(hours=5)
AGENCY = "Partner app"


def contacts_of(laws: Laws) -> Contacts:
    """Who reports to the partner: people like those who contact the hotline, `SHARE` of them."""
    return Contacts(laws.profile, f"{laws.seed}:partner", laws.places, laws.zone)


class Partner:
    """Publishes reports by the city's time. Pure in seed and time: made anew it publishes the same ones."""

    def __init__(self, laws: Laws, words: Words, port: int, now: Callable[[], datetime]) -> None:
        self._contacts = contacts_of(laws)
        self._seed, self._words = laws.seed, words
        self._now, self._port = now, port
        self._server: Open311Server | None = None
        self._published: dict[str, PublishedReport] = {}
        self._until: datetime | None = None

    @property
    def url(self) -> str:
        """Where the server listens; empty before it was started."""
        return self._server.url if self._server else ""

    def start(self) -> None:
        """Serve what was published, and what will be."""
        self._server = Open311Server(self._now, reports=self._published.values(), port=self._port).start()
        self._published.clear()

    def stop(self) -> None:
        if self._server:
            self._server.stop()

    def _publish(self, report: PublishedReport) -> None:
        if self._server:
            self._server.publish(report)
        else:
            self._published[report.service_request_id] = report

    def advance(self, now: datetime, scene: Scene | None = None, name: str = "", began: datetime | None = None) -> None:
        """Publish what came up to `now`, at first of a whole day, and the reports of a scene that `began`."""
        since = self._until or now - KEPT
        for contact in self._between(since, now):
            self._publish(self._report(contact, instant(contact.at_ms), None))
        # Those that came some hours ago are dealt with.
        for contact in self._between(since - CLOSED_AFTER, now - CLOSED_AFTER):
            at = instant(contact.at_ms)
            self._publish(self._report(contact, at, at + CLOSED_AFTER))
        for report in _of_scene(scene, name, began, now) if scene and began else ():
            self._publish(report)
        self._until = now

    def _between(self, since: datetime, until: datetime) -> list[Contact]:
        """Contacts after `since` and up to `until`; a day of them is one question."""
        law, first_ms, last_ms = self._contacts, milliseconds(since), milliseconds(until)
        minutes = np.arange(first_ms // MINUTE_MS, last_ms // MINUTE_MS + 1)
        columns = law.columns(law.numbers(minutes, SHARE), SHARE)
        return law.contacts(columns.where((columns.at_ms > first_ms) & (columns.at_ms <= last_ms)))

    def _report(self, contact: Contact, at: datetime, closed_at: datetime | None) -> PublishedReport:
        random = stream(self._seed, "partner", contact.number)
        text = self._words.text_for(random, contact.about, contact.language, opposite=contact.opposite)
        return PublishedReport(
            service_request_id=f"P{contact.number}",
            service_code=contact.category,
            service_name=contact.category,
            requested_datetime=at,
            updated_datetime=closed_at or at,
            status="closed" if closed_at else "open",
            description=text,
            agency_responsible=AGENCY,
            lat=contact.lat,
            long=contact.lng,
        )


def _of_scene(scene: Scene, name: str, began: datetime, now: datetime) -> Iterable[PublishedReport]:
    for number, report in enumerate(scene.report):
        at = began + timedelta(seconds=report.after_s)
        if report.via == "open311" and at <= now:
            yield _published(report, f"P{name}-{began:%y%m%d%H%M%S}-{number}", at)


def _published(report: Report, request_id: str, at: datetime) -> PublishedReport:
    return PublishedReport(
        service_request_id=request_id,
        service_code=report.category,
        service_name=report.category,
        requested_datetime=at,
        updated_datetime=at,
        description=report.text,
        agency_responsible=AGENCY,
        address=report.address,
        lat=report.lat,
        long=report.lng,
    )
