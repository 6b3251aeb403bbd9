"""A warner for the city of the settings."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime

import redis

from dashboard.city_time import committed_clock
from dashboard.engine.clock import Mode
from dashboard.settings import Settings
from dashboard.warner.learning import Learner
from dashboard.warner.past import Past, past_of
from dashboard.warner.process import Warner
from geo.cities import load_city
from streams.keys import Keys


def maker(settings: Settings, client: redis.Redis, stop: threading.Event) -> Callable[[], Warner]:
    """Makes one; the city is read once."""
    city, keys = load_city(settings.city), Keys(settings.city)
    owners = {key: category.owner for key, category in city.load_catalogue().categories.items()}

    def past(now: datetime, tell: Callable[[float], None]) -> Past:
        clock = committed_clock(client, keys)
        return past_of(settings, city, clock.mode if clock else Mode.LIVE, now, tell)

    def make() -> Warner:
        path = settings.data / f"warnings-{settings.city}.model"
        return Warner(client, keys, settings.data, Learner(path, city.zone, past), owners, stop=stop)

    return make
