"""A warner for the city of the settings."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime
from functools import partial

import redis

from dashboard.city_time import committed_clock
from dashboard.engine.clock import Mode
from dashboard.settings import Settings
from dashboard.warner.apart import learn_apart
from dashboard.warner.learning import Learner
from dashboard.warner.marks import marks_now
from dashboard.warner.process import Warner
from geo.cities import load_city
from streams.keys import Keys


def maker(
    settings: Settings, client: redis.Redis, stop: threading.Event, begins_at: datetime | None = None
) -> Callable[[], Warner]:
    """Makes one; the city is read once. `begins_at`: of a simulated city that is yet to begin, when it will; its usual
    days can be learnt while its past is being written.
    """
    city, keys = load_city(settings.city), Keys(settings.city)
    owners = {key: category.owner for key, category in city.load_catalogue().categories.items()}

    def mode() -> Mode:
        clock = committed_clock(client, keys)
        unborn = Mode.LIVE if begins_at is None else Mode.SIMULATION
        return clock.mode if clock else unborn

    def make() -> Warner:
        settings.data.mkdir(mode=0o700, parents=True, exist_ok=True)
        learner = Learner(settings.data / f"warnings-{settings.city}.model", partial(learn_apart, mode))
        if begins_at is not None and committed_clock(client, keys) is None:
            learner.begin(begins_at)
        return Warner(
            client, keys, settings.data, learner, owners, marks_at=partial(marks_now, client, keys, city), stop=stop
        )

    return make
