"""The engine as a process: active at once, or waiting as a standby until the active one is gone."""

from __future__ import annotations

import gc
import threading
from datetime import datetime, timedelta
from pathlib import Path

import redis
import structlog

from dashboard.callers.keys import sealer_of
from dashboard.connect import connect, durability_complaint
from dashboard.engine.clock import Mode
from dashboard.engine.engine import Engine
from dashboard.engine.loading import Warm, warm_up
from dashboard.engine.store import Store
from dashboard.neighbours import is_gone, own_name
from dashboard.settings import Settings
from emergency.alarm_rules import Settings as AlarmSettings
from emergency.alarm_rules import load_settings as load_alarm_settings
from emergency.plans import Plans, load_plans
from geo.areas import Areas
from geo.cities import City, load_city
from hotline.case_rules import CaseRules, load_case_rules
from streams.keys import Keys

log = structlog.get_logger("engine")

STANDBY_LOOK_S = 0.1


def load_areas(settings: Settings, city: City) -> Areas | None:
    """The areas of a city: the file that a setting names, else the city's own, else none."""
    cache = settings.data / "cache"
    if settings.areas:
        return Areas.load(Path(settings.areas), settings.area_name, cache_dir=cache)
    return city.load_areas(cache_dir=cache)


def load_own_plans(settings: Settings) -> Plans | None:
    """The plans that a setting names, or None. What cannot be read is left aside: an engine must not stay away."""
    try:
        return load_plans(Path(settings.plans)) if settings.plans else None
    except ValueError as error:
        log.warning("the plans that come with Hexwatch are used: HEXWATCH_PLANS cannot be", reason=str(error))
        return None


def load_own_alarms(settings: Settings) -> AlarmSettings | None:
    """The alarm settings that a setting names, or None, as above."""
    try:
        return load_alarm_settings(Path(settings.alarms)) if settings.alarms else None
    except ValueError as error:
        log.warning("the alarm settings that come with Hexwatch are used: HEXWATCH_ALARMS cannot be", reason=str(error))
        return None


def load_own_rules(settings: Settings) -> CaseRules | None:
    """The rules of case life that a setting names, or None, as above."""
    try:
        return load_case_rules(Path(settings.hotline_rules)) if settings.hotline_rules else None
    except ValueError as error:
        log.warning("the rules that come with Hexwatch are used: HEXWATCH_HOTLINE_RULES cannot be", reason=str(error))
        return None


def run_engine(
    settings: Settings, mode: Mode, start_at: datetime | None, take_over: bool, stop: threading.Event
) -> None:
    """Run until told to stop. With `take_over` at once, else when no active engine holds the lease.

    Raises Fenced when another engine takes over, ValueError when the city cannot run in this mode.
    """
    client = connect(settings)
    keys = Keys(settings.city)
    wait = settings.archive_wait if settings.archive else 0
    store = Store(client, keys, own_name(), settings.events_kept, wait)
    if complaint := durability_complaint(client):
        log.warning("this Redis may lose acknowledged entries", reason=complaint)
    city = load_city(settings.city)
    engine = Engine(
        store,
        city,
        load_areas(settings, city),
        mode,
        start_at,
        plans=load_own_plans(settings),
        alarms=load_own_alarms(settings),
        rules=load_own_rules(settings),
        sealer=sealer_of(settings, city),
        call_kept=timedelta(minutes=settings.call_kept_min),
    )
    # Documents live long: letting the collector walk half a million of them again and again costs a fifth of the time.
    gc.set_threshold(50_000, 20, 100)
    warm = None if take_over else _stand_by(store, city, stop)
    if stop.is_set():
        return
    engine.run(stop, warm)


def _stand_by(store: Store, city: City, stop: threading.Event) -> Warm | None:
    """Wait until no active engine holds the lease, keeping the memory warm meanwhile.

    A lease outlives its holder by a second or two. Where the holder is seen to be dead nobody waits for that; whoever
    errs is fenced by the epoch as ever.
    """
    holder = store.lease_holder()
    if holder is None or is_gone(holder):
        return None
    log.info("standing by", active=holder)
    warm: Warm | None = None
    while not stop.wait(STANDBY_LOOK_S):
        try:
            holder = store.lease_holder()
            if holder is None or is_gone(holder):
                return warm
            warm = warm or warm_up(store, city)
            if warm is not None:
                warm.catch_up(store.position())
        except (redis.ConnectionError, redis.TimeoutError):
            warm = None  # what was committed meanwhile is not known: read it anew
        except LookupError as error:
            log.warning("standby reads the documents anew", reason=str(error))
            warm = None
    return None
