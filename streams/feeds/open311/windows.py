"""Which stretches of time to ask for: pure, so that a plan follows from the clock and the cursor alone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Literal

import msgspec

from streams.feeds.open311.endpoint import MAX_WINDOW_DAYS, Endpoint

Field = Literal["requested", "updated"]

WIDEST = timedelta(days=MAX_WINDOW_DAYS)
SECOND = timedelta(seconds=1)
PARAMETERS: dict[Field, tuple[str, str]] = {
    "requested": ("start_date", "end_date"),
    "updated": ("updated_after", "updated_before"),
}
# How far each question reaches back over the one before. By the time of request it is a whole day, because changes of
# young records come in this way, and because servers that misread the zone of a filter are off by up to 14 hours.
OVERLAP_S: dict[Field, float] = {"requested": 86_400, "updated": 3600}
# How often all windows are asked again: for changes, or only for records that were published long after their stamps.
SWEEP_S: dict[Field, float] = {"requested": 3600, "updated": 86_400}


class Window(msgspec.Struct, frozen=True):
    """A stretch of the server's time, ends included. The newest one (`is_last`) is asked without an end."""

    field: Field
    start: datetime
    end: datetime
    is_last: bool = False
    service: str = ""

    @property
    def width(self) -> timedelta:
        return self.end - self.start

    def parameters(self) -> dict[str, str]:
        """The filters of a query; whole seconds, because some servers refuse fractions."""
        start, end = PARAMETERS[self.field]
        asked = {start: stamp(self.start)}
        if not self.is_last:
            asked[end] = stamp(self.end)
        return asked | ({"service_code": self.service} if self.service else {})


def stamp(at: datetime) -> str:
    """An instant as GeoReport v2 writes it. Takes UTC."""
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")


def history(now: datetime, days: float) -> list[Window]:
    """What a first start asks for: the last `days`, oldest first, the last window open."""
    return _cut("requested", now - timedelta(days=days), now)


def remaining(until: datetime, now: datetime) -> list[Window]:
    """What is left to load of the past after a restart."""
    return _cut("requested", min(until, now), now)


def since(until: datetime, now: datetime, field: Field, endpoint: Endpoint) -> list[Window]:
    """What is new since `until`, which both are the server's time; its clock may have been put back meanwhile."""
    return _cut(field, min(until, now) - timedelta(seconds=overlap_s(field, endpoint)), now)


def overlap_s(field: Field, endpoint: Endpoint) -> float:
    """Seconds that a question reaches back over the one before."""
    return OVERLAP_S[field] if endpoint.overlap_s is None else endpoint.overlap_s


def sweep(now: datetime, days: float, young_s: float) -> list[Window]:
    """What is asked again now and then: all but the young records, whose windows come anyway."""
    end = now - timedelta(seconds=young_s)
    windows = _cut("requested", now - timedelta(days=days), end) if days * 86_400 > young_s else []
    return [msgspec.structs.replace(window, is_last=False) for window in windows]


def _cut(field: Field, start: datetime, end: datetime) -> list[Window]:
    """Windows of at most 90 days that touch, on whole seconds, oldest first."""
    start, end = start.replace(microsecond=0), end.replace(microsecond=0) + SECOND
    cuts = [start]
    while end - cuts[-1] > WIDEST:
        cuts.append(cuts[-1] + WIDEST)
    return [Window(field, a, b, is_last=b == end) for a, b in zip(cuts, [*cuts[1:], end], strict=True)]


def halves(window: Window, stamps: Sequence[datetime]) -> list[Window]:
    """The window in two, cut at the middle one of the stamps seen in it; empty when it is too narrow to cut.

    Cutting where the records are leaves about half of them on either side, so that each answer gets through the
    server's limit after few questions, whatever the limit and whatever its order.
    """
    end = max([window.end, *(s.replace(microsecond=0) + SECOND for s in stamps)]) if window.is_last else window.end
    if end - window.start <= SECOND:
        return []
    inside = sorted(s for s in stamps if window.start <= s <= end)
    middle = inside[len(inside) // 2] if inside else window.start + (end - window.start) / 2
    cut = min(max(middle.replace(microsecond=0), window.start + SECOND), end - SECOND)
    older = msgspec.structs.replace(window, end=cut, is_last=False)
    return [older, msgspec.structs.replace(window, start=cut, end=end)]


def by_service(window: Window, codes: Sequence[str]) -> Iterator[Window]:
    """The same stretch once for each service: the only cut left for a second that holds too many records."""
    for code in codes:
        yield msgspec.structs.replace(window, service=code)
