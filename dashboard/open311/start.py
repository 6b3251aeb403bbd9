"""The Open311 server as a web process runs it: with its settings, and with limits on how often one may ask."""

from __future__ import annotations

from flask import Blueprint
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address
from limits import RateLimitItemPerMinute

from dashboard.access_keys import digest_of
from dashboard.api.context import ApiContext
from dashboard.open311.context import Limit, open311_of
from dashboard.open311.formats import Fault
from dashboard.open311.routes import open311, sent_key
from dashboard.settings import Settings
from geo.cities import City

READS_PER_MINUTE = 600
MINUTE_S = 60


def open311_routes(settings: Settings, context: ApiContext, city: City, limiter: Limiter) -> Blueprint:
    """The blueprint. Raises ValueError for a catalogue or a file of questions that cannot be read."""
    server = open311_of(
        context,
        city,
        jurisdiction=settings.open311_jurisdiction,
        is_public=settings.open311_public,
        filing_limit=limit(limiter, context.keys.of("limits", "open311-filing"), settings.open311_per_minute),
        reading_limit=limit(limiter, context.keys.of("limits", "open311-reading"), READS_PER_MINUTE),
    )
    return open311(server)


def limit(limiter: Limiter, scope: str, most: int) -> Limit:
    """Counted by the limiter's own strategy in its own store, in one question to it.

    As a decorator it would ask three times, for headers that the standard does not know: a third of a request.
    """
    item = RateLimitItemPerMinute(most)

    def check() -> None:
        if not limiter.limiter.hit(item, scope, asker()):
            raise Fault(429, f"at most {most} requests a minute", retry_after_s=MINUTE_S)

    return check


def asker() -> str:
    """Whom a limit counts: the key that was sent, else the address."""
    key = sent_key()
    return f"key:{digest_of(key)}" if key else f"address:{get_remote_address()}"
