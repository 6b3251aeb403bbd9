"""What the API is given by the running program."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import redis

from dashboard.access import Access
from dashboard.callers.sealing import Sealer
from dashboard.forecasting import Forecaster
from dashboard.hotline_files import HotlineFiles
from dashboard.recommending import Recommender
from dashboard.similar.file import SimilarReader
from emergency.segments import TargetFile
from geo.gazetteer import Gazetteer
from layouts.texts import Language
from streams.keys import Keys
from streams.reader import Reader

CaseNames = Mapping[str, Mapping[str, str]]  # column of a case -> code -> word


def _wall() -> datetime:
    return datetime.now(UTC)


def _new_id() -> str:
    return "r-" + secrets.token_hex(16)


@dataclass(frozen=True)
class ApiContext:
    """Redis, the reader's file, who may do what, and the limits of intake."""

    client: redis.Redis
    keys: Keys
    reader: Reader
    access: Access
    max_backlog: int = 200_000  # inbox entries
    max_memory_mb: int = 0  # of Redis; 0: not watched
    recommender: Recommender | None = None  # None: one that knows no settings
    targets: TargetFile | None = None  # of response times; None: those that come with Hexwatch
    gazetteer: Callable[[], Gazetteer] | None = None  # None: no places are known
    sealer: Sealer | None = None  # of callers' numbers; None: no number can be opened, nor searched
    own_language: str = "en"  # of the city: callers who speak another are on the list of foreign languages
    zone: ZoneInfo = field(default_factory=lambda: ZoneInfo("UTC"))
    hotline: HotlineFiles | None = None  # dispatch catalogue and rankings; None: what comes with Hexwatch
    similar: SimilarReader | None = None  # file of similar cases; None: none are known
    warnings: Path | None = None  # what early warning last saw; None: nothing
    forecaster: Forecaster | None = None  # of missed deadlines; None: nothing is forecast
    called: Callable[[Language], CaseNames] | None = None  # what codes are called in files; None: as they are
    eido_domain: str = ""  # ends this city's identifiers in EIDO
    now: Callable[[], datetime] = _wall
    new_id: Callable[[], str] = _new_id
    sleep: Callable[[float], None] = time.sleep
    monotonic: Callable[[], float] = time.monotonic
