"""A partner of the simulated city: an app whose reports come through its own Open311 server, a few every minute."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta

from streams.sim.contacts import Contact, Contacts, Demand
from streams.sim.laws import Laws
from streams.sim.lives import instant
from streams.sim.open311_server import Open311Server, PublishedReport
from streams.sim.randomness import stream
from streams.sim.scenes import Report, Scene
from streams.sim.texts import Words

MINUTE = timedelta(minutes=1)
SHARE = Demand(surge=0.02)  # of the hotline's contacts
KEPT = timedelta(hours=24)  # of published reports
CLOSED_AFTER = timedelta(hours=5)
AGENCY = "Partner app"


class Partner:
    """Publishes reports by the city's time. Pure in seed and time: made anew it publishes the same ones."""

    def __init__(self, laws: Laws, words: Words, port: int, now: Callable[[], datetime]) -> None:
        self._contacts = Contacts(laws.profile, f"{laws.seed}:partner", laws.places, laws.zone)
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
        minute = since.replace(second=0, microsecond=0)
        while minute <= now:
            for contact in self._contacts.arrivals(minute, SHARE):
                at = instant(contact.at_ms)
                if since < at <= now:
                    self._publish(self._report(contact, at, None))
            minute += MINUTE
        self._close(since, now)
        for report in _of_scene(scene, name, began, now) if scene and began else ():
            self._publish(report)
        self._until = now

    def _close(self, since: datetime, now: datetime) -> None:
        """Those that came some hours ago are dealt with."""
        minute = (since - CLOSED_AFTER).replace(second=0, microsecond=0)
        while minute <= now - CLOSED_AFTER:
            for contact in self._contacts.arrivals(minute, SHARE):
                at = instant(contact.at_ms)
                if at <= now - CLOSED_AFTER:
                    self._publish(self._report(contact, at, at + CLOSED_AFTER))
            minute += MINUTE

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
